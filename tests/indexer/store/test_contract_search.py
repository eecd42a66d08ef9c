"""What every store finds, agreed with the slow and obvious way under any filter: run on each store."""

import math
from collections import Counter
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import QueryError
from indexer.spelling import edits, signs
from indexer.store import Store
from indexer.tokens import split
from indexer.types import Candidate, Field, Filter, IndexedFile, Kind, Terms
from tests.indexer.store.samples import (
    EVERYTHING,
    GLOBS,
    MODEL,
    WORDS,
    World,
    a_chunk,
    a_file,
    encode_pending,
    exact_scores,
    holders,
    ids,
    is_under,
    one_chunk_files,
    symbol_score,
    unit_vectors,
)


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


terms = st.builds(
    Terms,
    repos=some(["alpha", "beta", "gamma"]),
    languages=some(["python", "markdown", "cobol"]),
    kinds=st.lists(st.sampled_from(list(Kind)), max_size=3).map(tuple),
    paths=some(list(GLOBS)),
    symbols=some(["send", "SESSION.send", "retry", "requests.Session.send", "end", "nothing"]),
)
# Most filters of five filled fields let nothing through: let each side be empty half the time.
filters = st.builds(Filter, only=st.just(Terms()) | terms, without=st.just(Terms()) | terms)


# As they are asked for: "retri" of "retry".
asked_tokens = st.lists(
    st.sampled_from(split(" ".join([*WORDS, "shared", "guide", "send", "readme", "nowhere", "7"]))), max_size=4
)


def is_sorted(candidates: list[Candidate]) -> bool:
    scores = [candidate.score for candidate in candidates]
    return scores == sorted(scores, reverse=True) and len(set(ids(candidates))) == len(candidates)


@settings(max_examples=60, deadline=None)
@given(where=filters, limit=st.integers(0, 40), seed=st.integers(0, 99))
def test_dense_agrees_with_exact_search_under_any_filter(world: World, where: Filter, limit: int, seed: int) -> None:
    query = unit_vectors(1, seed=seed)[0]
    exact = exact_scores(world.chunks, world.vectors, query, where)
    found = world.store.dense(query, model=MODEL, where=where, limit=limit)
    assert is_sorted(found)
    assert [one.score for one in found] == pytest.approx(sorted(exact.values(), reverse=True)[:limit], abs=2e-3)
    assert [one.score for one in found] == pytest.approx([exact[one.id] for one in found], abs=2e-3)


@settings(max_examples=60, deadline=None)
@given(where=filters, tokens=asked_tokens)
def test_lexical_finds_every_holder_under_any_filter(world: World, where: Filter, tokens: list[str]) -> None:
    expected = holders(world.chunks, tokens, where)
    found = world.store.lexical(tokens, where=where, limit=1_000)
    assert is_sorted(found)
    assert set(ids(found)) == expected
    assert ids(world.store.lexical(tokens, where=where, limit=3)) == ids(found)[:3]


@settings(max_examples=60, deadline=None)
@given(where=filters, tokens=asked_tokens, limit=st.integers(1, 40))
def test_each_field_is_searched_by_itself_under_any_filter(
    world: World, where: Filter, tokens: list[str], limit: int
) -> None:
    found = world.store.fields(tokens, where=where, limit=1_000)
    for field in Field:
        candidates = found.get(field, [])
        assert is_sorted(candidates)
        assert set(ids(candidates)) == holders(world.chunks, tokens, where, field=field)
    few = world.store.fields(tokens, where=where, limit=limit)
    for field, some in found.items():  # of equal scores at the limit any may be left out
        assert [one.score for one in few[field]] == [one.score for one in some[:limit]]
        assert set(few[field]) <= set(some)
        assert is_sorted(few[field])


@given(tokens=asked_tokens)
def test_a_token_is_as_rare_as_few_chunks_hold_it(world: World, tokens: list[str]) -> None:
    expected = {}
    for token in tokens:
        held = len(holders(world.chunks, [token], EVERYTHING))
        expected[token] = math.log(1 + (len(world.chunks) - held + 0.5) / (held + 0.5))
    assert world.store.rarity(tokens) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(
    where=filters, names=st.lists(st.sampled_from(["send", "session.SEND", "Retry", "ns.retry", "x", ""]), max_size=3)
)
def test_symbols_score_by_how_much_of_the_symbol_is_named(world: World, where: Filter, names: list[str]) -> None:
    scores = {chunk.id: max((symbol_score(chunk, name) for name in names if name), default=0) for chunk in world.chunks}
    expected = {chunk.id: scores[chunk.id] for chunk in world.chunks if scores[chunk.id] and is_under(chunk, where)}
    found = world.store.symbols(names, where=where, limit=1_000)
    assert is_sorted(found)
    assert {one.id: one.score for one in found} == expected
    assert ids(world.store.symbols(names, where=where, limit=2)) == ids(found)[:2]


@settings(max_examples=60, deadline=None)
@given(
    where=filters, words=st.lists(st.sampled_from(["src", "core", "a", "readme", "main.py", "%", "zzz"]), max_size=4)
)
def test_paths_give_the_first_chunk_of_files_by_share_of_words(world: World, where: Filter, words: list[str]) -> None:
    asked = set(words)
    expected: dict[tuple[str, PurePosixPath], tuple[str, float]] = {}
    for chunk in sorted(world.chunks, key=lambda chunk: -chunk.start):
        held = sum(word in str(chunk.path).lower() for word in asked)
        if held and is_under(chunk, where):
            expected[chunk.repo, chunk.path] = chunk.id, held / len(asked)
    found = world.store.paths(words, where=where, limit=1_000)
    assert is_sorted(found)
    assert {one.id: one.score for one in found} == pytest.approx(dict(expected.values()))
    assert ids(world.store.paths(words, where=where, limit=2)) == ids(found)[:2]


@settings(max_examples=60, deadline=None)
@given(
    where=filters,
    name=st.sampled_from(
        ["sned", "send", "Sesion.send", "session.sned", "Sesssion.sendd", "RETRY", "retri", "ns.retyr", "resent"]
    ),
)
def test_near_names_are_those_of_the_fewest_edits_under_any_filter(world: World, where: Filter, name: str) -> None:
    apart, parts = {}, name.count(".") + 1
    for chunk in world.chunks:
        tail = (chunk.symbol or "").split(".")[-parts:]
        if chunk.symbol and is_under(chunk, where) and len(tail) == parts:
            counts = [edits(asked, part) for asked, part in zip(name.split("."), tail, strict=True)]
            if None not in counts:
                apart[".".join(tail)] = sum(filter(None, counts)), signs(name, ".".join(tail))
    fewest = min(apart.values(), default=(0, 0))
    found = world.store.near(name, where=where, limit=10)
    assert found == {full: fewest[0] for full in apart if apart[full] == fewest}
    assert list(world.store.near(name, where=where, limit=1)) == list(found)[:1]


@settings(max_examples=60, deadline=None)
@given(where=filters, words=asked_tokens)
def test_holding_gives_the_text_of_every_chunk_with_all_words(world: World, where: Filter, words: list[str]) -> None:
    found = list(world.store.holding(words, where=where))
    texts = {chunk.id: chunk.text for chunk in world.chunks if is_under(chunk, where)}
    holding = [holders(world.chunks, [word], where) for word in words]
    expected = set(texts).intersection(*holding)
    assert is_sorted([candidate for candidate, _ in found])
    assert {candidate.id: text for candidate, text in found} == {id: texts[id] for id in expected}


def test_reading_what_holds_words_can_be_stopped(world: World) -> None:
    texts = world.store.holding([], where=EVERYTHING)
    next(texts)
    del texts
    assert world.store.count(EVERYTHING) == len(world.chunks)


def test_new_names_are_near_as_soon_as_they_are_written(store: Store) -> None:
    store.put_files("alpha", [a_file("a.py", [a_chunk("x", symbol="resolve_redirects")])])
    assert store.near("resolv_redirects", where=EVERYTHING, limit=5) == {"resolve_redirects": 1}
    store.put_files("alpha", [a_file("a.py", [a_chunk("y", symbol="Client.resolveRedirect")])])
    assert store.near("resolv_redirect", where=EVERYTHING, limit=5) == {"resolveRedirect": 1}


@settings(max_examples=60, deadline=None)
@given(where=filters)
def test_count_and_facets_agree_with_the_chunks_under_any_filter(world: World, where: Filter) -> None:
    chunks = [chunk for chunk in world.chunks if is_under(chunk, where)]
    assert world.store.count(where) == len(chunks)
    facets = world.store.facets(where)
    assert facets == {
        "repos": Counter(chunk.repo for chunk in chunks),
        "languages": Counter(chunk.language for chunk in chunks),
        "kinds": Counter(chunk.kind.value for chunk in chunks),
        "folders": Counter(chunk.path.parts[0] if len(chunk.path.parts) > 1 else "." for chunk in chunks),
    }
    for counts in facets.values():
        assert list(counts.values()) == sorted(counts.values(), reverse=True)


def test_the_chunk_with_the_rare_word_comes_first(store: Store) -> None:
    texts = {f"f{number}.py": "common words of every file" for number in range(20)}
    files = one_chunk_files({**texts, "z.py": "common words and resolve_redirects"})
    store.put_files("alpha", files)
    found = store.lexical(split("common words resolve_redirects"), where=EVERYTHING, limit=5)
    assert ids(found)[0] == files[-1].chunks[0].id
    assert found[0].score > found[1].score


def test_a_word_counts_more_in_the_symbol_than_in_the_text(store: Store) -> None:
    chunks = [
        a_chunk("upload here in the text", start=1),
        a_chunk("something else in the text", start=2, symbol="Client.upload"),
    ]
    store.put_files("alpha", [a_file("src/a.py", chunks), *one_chunk_files({f"{n}.py": "other" for n in range(9)})])
    assert ids(store.lexical(["upload"], where=EVERYTHING, limit=5)) == [chunks[1].id, chunks[0].id]


def test_a_name_counts_as_much_in_a_long_definition_as_in_a_short_one(store: Store) -> None:
    short = a_chunk("def upload(): pass", start=1, symbol="upload", signature="def upload()", docstring="Upload it.")
    long = a_chunk(
        "\n".join(f"step {number} of many" for number in range(300)),
        start=2,
        symbol="upload",
        signature="def upload()",
        docstring="Upload it.",
    )
    store.put_files("alpha", [a_file("src/a.py", [short, long]), *one_chunk_files({f"{n}.py": "x" for n in range(9)})])
    found = store.fields(["upload"], where=EVERYTHING, limit=9)
    for field in (Field.SYMBOL, Field.SIGNATURE, Field.TITLE):
        assert set(ids(found[field])) == {short.id, long.id}
        assert found[field][0].score == found[field][1].score > 0
    assert ids(found[Field.BODY]) == [short.id]


def test_what_was_removed_is_in_no_field_and_what_replaced_it_is(store: Store) -> None:
    def version(word: str) -> IndexedFile:
        names = {"symbol": word, "signature": f"def {word}()", "docstring": f"Has {word}."}
        return a_file(f"{word}/a.py", [a_chunk(word, path=PurePosixPath(f"{word}/a.py"), **names)])

    old, new = version("oldword"), version("newword")
    store.put_files("alpha", [old, *one_chunk_files({f"{n}.py": "x" for n in range(9)})])
    store.remove_files("alpha", [old.state.path])
    store.put_files("alpha", [new])
    for _ in ("as written", "compacted"):
        assert not any(store.fields(["oldword"], where=EVERYTHING, limit=9).values())
        found = store.fields(["newword"], where=EVERYTHING, limit=9)
        assert {field: ids(found[field]) for field in Field} == {field: [new.chunks[0].id] for field in Field}
        store.compact()
    assert store.rarity(["oldword"]) == pytest.approx({"oldword": math.log(1 + 10.5 / 0.5)})


@pytest.mark.parametrize(
    "tokens", [[""], ['"'], ["AND"], ["NEAR("], ["q*"], ["-"], ["col:x"], ["\0"], ["🎉"], ["\ud800"], ["'--"], ["()"]]
)
def test_strange_tokens_get_an_answer(store: Store, tokens: list[str]) -> None:
    files = one_chunk_files({"a.py": "real", "b.py": "other"})
    store.put_files("alpha", files)
    assert store.lexical(tokens, where=EVERYTHING, limit=5) == []
    assert ids(store.lexical([*tokens, "real"], where=EVERYTHING, limit=5)) == [files[0].chunks[0].id]
    assert not any(store.fields(tokens, where=EVERYTHING, limit=5).values())
    assert ids(store.fields([*tokens, "real"], where=EVERYTHING, limit=5)[Field.BODY]) == [files[0].chunks[0].id]
    assert store.rarity([*tokens, "real"]).keys() == {*tokens, "real"}
    assert store.symbols(tokens, where=EVERYTHING, limit=5) == []
    assert store.near(tokens[0], where=EVERYTHING, limit=5) == {}
    assert all(text in ("real", "other") for _, text in store.holding(tokens, where=EVERYTHING))
    assert store.count(Filter(only=Terms(repos=tuple(tokens)))) == 0


def test_a_query_of_thousands_of_words_is_answered_by_its_rarest(store: Store) -> None:
    files = one_chunk_files({f"{n}.py": f"common w{n}" for n in range(50)} | {"z.py": "needle"})
    store.put_files("alpha", files)
    words = ["common", *(f"absent{n}" for n in range(5_000)), *split("needle")]
    assert ids(store.lexical(words, where=EVERYTHING, limit=3))[0] == files[-1].chunks[0].id
    assert ids(store.fields(words, where=EVERYTHING, limit=3)[Field.BODY])[0] == files[-1].chunks[0].id
    assert len(store.rarity(words)) == len(words)
    assert store.symbols(words, where=EVERYTHING, limit=3) == []
    assert store.paths(words, where=EVERYTHING, limit=3) == []


def test_a_limit_below_one_asks_for_nothing(world: World) -> None:
    for limit in (0, -1):
        assert world.store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=limit) == []
        assert world.store.lexical(["upload"], where=EVERYTHING, limit=limit) == []
        assert not any(world.store.fields(["upload"], where=EVERYTHING, limit=limit).values())
        assert world.store.symbols(["send"], where=EVERYTHING, limit=limit) == []
        assert world.store.near("sned", where=EVERYTHING, limit=limit) == {}
        assert world.store.paths(["src"], where=EVERYTHING, limit=limit) == []
        assert world.store.pending(MODEL, limit=limit) == []


def test_a_filter_of_thousands_of_values_is_answered(world: World) -> None:
    many = tuple(f"name{number}" for number in range(3_000))
    assert world.store.count(Filter(only=Terms(symbols=(*many, "send")))) > 0
    assert world.store.count(Filter(only=Terms(repos=(*many, "alpha")), without=Terms(languages=many))) > 0


def test_a_glob_that_git_refuses_is_an_error_that_names_it(store: Store) -> None:
    with pytest.raises(QueryError, match="!"):
        store.count(Filter(only=Terms(paths=("!",))))


def test_an_empty_store_answers_everything_with_nothing(store: Store) -> None:
    assert store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=3) == []
    assert store.lexical(["a", "b"], where=EVERYTHING, limit=3) == []
    assert not any(store.fields(["a", "b"], where=EVERYTHING, limit=3).values())
    assert not any(store.fields([], where=EVERYTHING, limit=3).values())
    assert store.rarity(["a"]) == pytest.approx({"a": math.log(2)})
    assert store.rarity([]) == {}
    assert store.symbols(["a"], where=EVERYTHING, limit=3) == []
    assert store.near("name", where=EVERYTHING, limit=3) == {}
    assert list(store.holding([], where=EVERYTHING)) == list(store.holding(["a"], where=EVERYTHING)) == []
    assert store.paths(["a"], where=EVERYTHING, limit=3) == []
    assert store.facets(EVERYTHING) == {"folders": {}, "kinds": {}, "languages": {}, "repos": {}}
    assert (store.count(EVERYTHING), store.models(), store.count_pending(MODEL)) == (0, {}, 0)
    store.compact()


def test_statistics_count_what_is_stored(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
    encode_pending(store)
    statistics = store.statistics()
    assert {name: statistics[name] for name in ("repos", "files", "chunks", "vectors")} == {
        "repos": 1,
        "files": 2,
        "chunks": 2,
        "vectors": 2,
    }


@settings(max_examples=60, deadline=None)
@given(where=filters)
def test_each_gives_every_chunk_under_any_filter_once_and_in_order(world: World, where: Filter) -> None:
    found = list(world.store.each(where))
    assert {chunk.id: chunk for chunk in found} == {one.id: one for one in world.chunks if is_under(one, where)}
    places = [(chunk.repo, str(chunk.path), chunk.start) for chunk in found]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_each_sees_one_state_while_files_are_replaced(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({f"f{number:03}.py": f"old {number}" for number in range(700)}))
    reading = store.each(EVERYTHING)
    first = next(reading)
    store.put_files("alpha", one_chunk_files({f"f{number:03}.py": f"new {number}" for number in range(700)}))
    assert {chunk.text.split()[0] for chunk in [first, *reading]} == {"old"}
    assert {chunk.text.split()[0] for chunk in store.each(EVERYTHING)} == {"new"}


def test_vectors_come_back_by_key_to_the_stored_precision(world: World) -> None:
    keys = [chunk.key for chunk in world.chunks]
    found = world.store.vectors(MODEL, [*keys, b"unknown"])
    assert set(found) == set(world.vectors)
    for key, vector in found.items():
        assert vector == pytest.approx(world.vectors[key], abs=2e-3)
    assert world.store.vectors("another-model", keys) == {}
    assert world.store.vectors(MODEL, []) == {}
