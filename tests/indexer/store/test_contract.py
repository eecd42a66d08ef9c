"""What every store does: one suite, run on each of them."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedder.types import Vectors
from indexer.errors import QueryError, StoreError
from indexer.store import Store, open_store
from indexer.types import Candidate, Chunk, FileState, Filter, IndexedFile, Kind, Terms
from tests.indexer.store.samples import (
    EVERYTHING,
    GLOBS,
    MODEL,
    WORDS,
    a_chunk,
    a_file,
    a_repo,
    encode_pending,
    exact_scores,
    holders,
    is_under,
    one_chunk_files,
    sample_files,
    symbol_score,
    unit_vectors,
)

STORES = ["local"]


def opened(kind: str, folder: Path) -> Store:
    assert kind == "local"
    return open_store(folder / "index", create=True)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with the empty repository alpha."""
    store = opened(request.param, tmp_path)
    store.put_repo(a_repo(), expected_files=0)
    yield store
    store.close()


@pytest.fixture(scope="module", params=STORES)
def scratch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that one test writes over and over."""
    store = opened(request.param, tmp_path_factory.mktemp("scratch"))
    store.put_repo(a_repo(), expected_files=0)
    yield store
    store.close()


class World:
    """A store and what was put into it."""

    def __init__(self, store: Store, chunks: list[Chunk], vectors: dict[bytes, Vectors]) -> None:
        self.store = store
        self.chunks = chunks
        self.vectors = vectors


@pytest.fixture(scope="module", params=STORES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two repositories that share texts, half of the passages with vectors. Only read by tests."""
    store = opened(request.param, tmp_path_factory.mktemp("world"))
    rng = random.Random(7)
    chunks = []
    for name in ("alpha", "beta"):
        files = sample_files(name, rng, files=30)
        store.put_repo(a_repo(name), expected_files=30)
        store.put_files(name, files)
        chunks += [chunk for file in files for chunk in file.chunks]
    pending = store.pending(MODEL, limit=10_000)
    half = rng.sample(pending, len(pending) // 2)
    vectors = unit_vectors(len(half))
    store.put_vectors(MODEL, [one.key for one in half], vectors)
    yield World(store, chunks, {one.key: vector for one, vector in zip(half, vectors, strict=True)})
    store.close()


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


def ids(candidates: list[Candidate]) -> list[str]:
    return [candidate.id for candidate in candidates]


def is_sorted(candidates: list[Candidate]) -> bool:
    scores = [candidate.score for candidate in candidates]
    return scores == sorted(scores, reverse=True) and len(set(ids(candidates))) == len(candidates)


# -- values --------------------------------------------------------------------------------------


def test_a_chunk_comes_back_as_it_was_put(store: Store) -> None:
    plain = a_chunk(
        "def send(self):\n    return 'naïve 🎉 \u202e'\n",
        kind=Kind.METHOD,
        start=3,
        end=5,
        symbol="Session.send",
        signature="def send(self)",
        docstring="Send it.\nTwice.",
    )
    odd = [
        a_chunk("", start=7, passage=""),
        a_chunk("body", start=8, passage="the passage does not hold the text"),
        a_chunk("nul \0 inside\r\n\u2028", start=9, passage="header\nnul \0 inside\r\n\u2028"),
        a_chunk("page", start=10, page=12, kind=Kind.PAGE, language="pdf", title="Guide > Ünïcode > 中文"),
        a_chunk("'; DROP TABLE chunks; --", start=11, symbol='"', signature="%_", docstring=""),
    ]
    store.put_files("alpha", [a_file("src/a.py", [plain, *odd])])
    chunks = [plain, *odd]
    assert store.chunks([chunk.id for chunk in chunks]) == {chunk.id: chunk for chunk in chunks}
    assert store.file_chunks("alpha", PurePosixPath("src/a.py")) == chunks


@settings(max_examples=30, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    header=st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
)
def test_any_text_comes_back_exactly(scratch: Store, text: str, header: str) -> None:
    chunk = a_chunk(text, passage=header + text, symbol=header, title=text)
    scratch.put_files("alpha", [a_file("src/a.py", [chunk])])
    assert scratch.chunks([chunk.id]) == {chunk.id: chunk}


def test_chunks_that_are_not_there_are_left_out(store: Store) -> None:
    file = one_chunk_files({"a.py": "one"})[0]
    store.put_files("alpha", [file])
    chunk = file.chunks[0]
    assert store.chunks(["no such id", chunk.id, "'"]) == {chunk.id: chunk}
    assert store.chunks([]) == {}
    assert store.file_chunks("alpha", PurePosixPath("b.py")) == []
    assert store.file_chunks("beta", PurePosixPath("a.py")) == []


def test_file_chunks_come_by_line(store: Store) -> None:
    chunks = [a_chunk(f"text {line}", start=line, end=line) for line in (9, 2, 30)]
    store.put_files("alpha", [a_file("src/a.py", chunks)])
    assert [chunk.start for chunk in store.file_chunks("alpha", PurePosixPath("src/a.py"))] == [2, 9, 30]


def test_a_chunk_id_that_comes_twice_is_one_chunk(store: Store) -> None:
    chunk = a_chunk("pass")
    store.put_files("alpha", [a_file("src/a.py", [chunk, chunk])])
    assert store.count(EVERYTHING) == 1
    assert ids(store.lexical(["pass"], where=EVERYTHING, limit=5)) == [chunk.id]


def test_a_path_that_comes_twice_is_its_last_file(store: Store) -> None:
    first, last = one_chunk_files({"a.py": "first"})[0], one_chunk_files({"a.py": "last"})[0]
    store.put_files("alpha", [first, last])
    assert store.file_chunks("alpha", PurePosixPath("a.py")) == list(last.chunks)
    assert store.files("alpha") == {last.state.path: last.state}


# -- repositories and files -----------------------------------------------------------------------


def test_repository_status_says_what_is_stored(store: Store) -> None:
    beta = replace(a_repo("beta"), remote=None, branch=None, commit=None)
    store.put_repo(beta, expected_files=3)
    markdown = replace(a_file("b.md", [a_chunk("docs", repo="beta", path=PurePosixPath("b.md"))]), language="markdown")
    store.put_files("beta", [*one_chunk_files({"a.py": "one", "c.py": "two"}, repo="beta"), markdown])
    alpha, status = store.repos(model=MODEL)
    assert (alpha.repo, alpha.files, alpha.chunks, alpha.pending, dict(alpha.languages)) == (a_repo(), 0, 0, 0, {})
    assert status.repo == beta
    assert (status.files, status.expected_files, status.chunks, status.pending) == (3, 3, 3, 3)
    assert dict(status.languages) == {"python": 2, "markdown": 1}
    encode_pending(store)
    assert [status.pending for status in store.repos(model=MODEL)] == [0, 0]
    assert [status.pending for status in store.repos(model="another")] == [0, 3]
    assert [status.pending for status in store.repos()] == [0, 3]


def test_a_repository_is_complete_from_finish_to_the_next_put(store: Store) -> None:
    assert [(status.complete, status.indexed_at) for status in store.repos()] == [(False, 0.0)]
    store.finish_repo("alpha", indexed_at=1234.5)
    assert [(status.complete, status.indexed_at) for status in store.repos()] == [(True, 1234.5)]
    moved = replace(a_repo(), root=Path("/elsewhere"), commit="f00d")
    store.put_repo(moved, expected_files=9)
    (status,) = store.repos()
    assert (status.repo, status.complete, status.indexed_at, status.expected_files) == (moved, False, 1234.5, 9)


def test_writing_into_an_unknown_repository_is_an_error(store: Store) -> None:
    file = a_file()
    with pytest.raises(StoreError, match="gamma"):
        store.put_files("gamma", [file])
    with pytest.raises(StoreError, match="gamma"):
        store.touch_files("gamma", [file.state])
    with pytest.raises(StoreError, match="gamma"):
        store.remove_files("gamma", [file.state.path])
    with pytest.raises(StoreError, match="gamma"):
        store.finish_repo("gamma", indexed_at=1.0)
    store.remove_repo("gamma")
    assert store.files("gamma") == {}


def test_touching_changes_size_and_time_only_of_unchanged_content(store: Store) -> None:
    same, other = one_chunk_files({"a.py": "one", "b.py": "two"})
    store.put_files("alpha", [same, other])
    touched = replace(same.state, size=77, mtime_ns=2**62)
    store.touch_files("alpha", [touched, replace(other.state, mtime_ns=5, digest=b"another content!")])
    assert store.files("alpha") == {same.state.path: touched, other.state.path: other.state}
    assert store.count(EVERYTHING) == 2


def test_replacing_a_file_leaves_no_trace_of_it(store: Store) -> None:
    old, other = one_chunk_files({"a.py": "oldword common", "b.py": "common"})
    store.put_files("alpha", [old, other])
    encode_pending(store)
    new = a_file("a.py", [a_chunk("newword common", path=PurePosixPath("a.py"), symbol="Fresh")], content="new")
    store.put_files("alpha", [new])
    assert store.files("alpha") == {new.state.path: new.state, other.state.path: other.state}
    assert store.chunks([old.chunks[0].id]) == {}
    assert store.lexical(["oldword"], where=EVERYTHING, limit=9) == []
    assert ids(store.lexical(["newword"], where=EVERYTHING, limit=9)) == [new.chunks[0].id]
    assert ids(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == [other.chunks[0].id]
    assert store.count(EVERYTHING) == 2


def test_removing_files_and_repositories_leaves_no_trace(store: Store) -> None:
    store.put_repo(a_repo("beta"), expected_files=1)
    store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
    store.put_files("beta", one_chunk_files({"a.py": "three"}, repo="beta"))
    encode_pending(store)
    store.remove_files("alpha", [PurePosixPath("a.py"), PurePosixPath("never there")])
    assert list(store.files("alpha")) == [PurePosixPath("b.py")]
    assert store.lexical(["one"], where=EVERYTHING, limit=9) == []
    store.remove_repo("alpha")
    assert [status.repo.name for status in store.repos()] == ["beta"]
    assert store.files("alpha") == {}
    assert store.count(EVERYTHING) == 1
    assert len(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == 1
    store.remove_repo("beta")
    store.compact()
    assert (store.repos(), store.count(EVERYTHING), store.models()) == ([], 0, {})


def test_random_writes_agree_with_a_dictionary(store: Store) -> None:
    rng = random.Random(3)
    store.put_repo(a_repo("beta"), expected_files=0)
    have: dict[str, dict[PurePosixPath, IndexedFile]] = {"alpha": {}, "beta": {}}
    for _ in range(40):
        repo = rng.choice(["alpha", "beta"])
        match rng.choice(["put", "put", "remove", "compact", "encode"]):
            case "put":
                files = sample_files(repo, rng, files=rng.randint(0, 6))
                store.put_files(repo, files)
                have[repo].update({file.state.path: file for file in files})
            case "remove":
                gone = rng.sample(sorted(have[repo]), len(have[repo]) // 3)
                store.remove_files(repo, gone)
                have[repo] = {path: file for path, file in have[repo].items() if path not in gone}
            case "compact":
                store.compact()
            case "encode":
                encode_pending(store, seed=rng.randrange(99))
        chunks = [chunk for files_ in have.values() for file in files_.values() for chunk in file.chunks]
        assert store.count(EVERYTHING) == len(chunks)
        assert store.chunks([chunk.id for chunk in chunks]) == {chunk.id: chunk for chunk in chunks}
        for repo, files_ in have.items():
            assert store.files(repo) == {path: file.state for path, file in files_.items()}
        word = rng.choice(WORDS)
        assert set(ids(store.lexical([word], where=EVERYTHING, limit=999))) == holders(chunks, [word], EVERYTHING)
        waiting = {pending.key for pending in store.pending(MODEL, limit=999)}
        assert len(waiting) == store.count_pending(MODEL)
        found = set(ids(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=999)))
        assert found == {chunk.id for chunk in chunks if chunk.key not in waiting}


# -- vectors --------------------------------------------------------------------------------------


def test_a_passage_is_pending_until_its_model_has_a_vector(store: Store) -> None:
    files = one_chunk_files({"a.py": "one", "b.py": "two", "c.py": "one"})
    store.put_files("alpha", files)
    pending = store.pending(MODEL, limit=9)
    assert {one.key: one.passage for one in pending} == {file.chunks[0].key: file.chunks[0].passage for file in files}
    assert (len(pending), store.count_pending(MODEL)) == (2, 2)
    assert len(store.pending(MODEL, limit=1)) == 1
    store.put_vectors(MODEL, [pending[0].key], unit_vectors(1))
    assert store.pending(MODEL, limit=9) == [pending[1]]
    assert (store.count_pending(MODEL), store.count_pending("another")) == (1, 2)
    assert store.models() == {MODEL: 1}


def test_pending_of_one_repository(store: Store) -> None:
    store.put_repo(a_repo("beta"), expected_files=1)
    store.put_files("alpha", one_chunk_files({"a.py": "one"}))
    store.put_files("beta", one_chunk_files({"a.py": "two"}, repo="beta"))
    assert [one.passage for one in store.pending(MODEL, limit=9, repo="beta")] == ["header\ntwo"]
    assert store.count_pending(MODEL, repo="alpha") == 1
    assert (store.pending(MODEL, limit=9, repo="gamma"), store.count_pending(MODEL, repo="gamma")) == ([], 0)


def test_definitions_and_documents_are_pending_before_tests_and_leftovers(store: Store) -> None:
    order = [
        ("tests/test_a.py", Kind.FUNCTION, "a test"),
        ("src/a.txt", Kind.BLOCK, "a block"),
        ("src/a.py", Kind.MODULE, "a remainder"),
        ("README.md", Kind.SECTION, "a document"),
        ("src/z.py", Kind.METHOD, "a definition"),
    ]
    store.put_files(
        "alpha", [a_file(path, [a_chunk(text, path=PurePosixPath(path), kind=kind)]) for path, kind, text in order]
    )
    found = [one.passage.removeprefix("header\n") for one in store.pending(MODEL, limit=9)]
    assert set(found[:2]) == {"a document", "a definition"}
    assert found[2:] == ["a remainder", "a block", "a test"]


def test_vectors_put_before_their_text_are_found_with_it(store: Store) -> None:
    file = one_chunk_files({"a.py": "later"})[0]
    store.put_vectors(MODEL, [file.chunks[0].key], unit_vectors(1))
    assert store.pending(MODEL, limit=9) == []
    store.put_files("alpha", [file])
    assert store.count_pending(MODEL) == 0
    assert ids(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == [file.chunks[0].id]


def test_putting_a_vector_again_changes_nothing(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
    vectors = encode_pending(store)
    store.put_vectors(MODEL, list(vectors), np.stack(list(vectors.values())))
    store.put_vectors(MODEL, [], np.empty((0, 16), dtype=np.float32))
    assert store.models() == {MODEL: 2}
    assert len(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == 2


def test_vectors_of_a_wrong_shape_are_refused(store: Store) -> None:
    store.put_vectors(MODEL, [b"k" * 16], unit_vectors(1))
    for keys, vectors in (
        ([b"l" * 16], unit_vectors(1, dim=8)),
        ([b"l" * 16], unit_vectors(2)),
        ([b"l" * 16], unit_vectors(1)[0]),
        ([b"l" * 16], np.full((1, 16), np.nan, dtype=np.float32)),
    ):
        with pytest.raises(ValueError, match=r"."):
            store.put_vectors(MODEL, keys, vectors)
    with pytest.raises(ValueError, match="8"):
        store.dense(unit_vectors(1, dim=8)[0], model=MODEL, where=EVERYTHING, limit=3)
    assert store.models() == {MODEL: 1}


def test_models_never_mix(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
    first = encode_pending(store, model="model-a", seed=1)
    one_key = next(iter(first))
    store.put_vectors("model-b", [one_key], unit_vectors(1, dim=8))
    assert store.models() == {"model-a": 2, "model-b": 1}
    assert len(store.dense(unit_vectors(1)[0], model="model-a", where=EVERYTHING, limit=9)) == 2
    assert len(store.dense(unit_vectors(1, dim=8)[0], model="model-b", where=EVERYTHING, limit=9)) == 1
    assert store.dense(unit_vectors(1)[0], model="model-c", where=EVERYTHING, limit=9) == []


def test_two_repositories_share_a_vector_and_the_last_one_takes_it_along(store: Store) -> None:
    store.put_repo(a_repo("beta"), expected_files=1)
    in_alpha, in_beta = one_chunk_files({"a.py": "shared"})[0], one_chunk_files({"a.py": "shared"}, repo="beta")[0]
    store.put_files("alpha", [in_alpha])
    store.put_files("beta", [in_beta])
    vector = next(iter(encode_pending(store).values()))
    assert store.models() == {MODEL: 1}
    found = store.dense(vector, model=MODEL, where=EVERYTHING, limit=9)
    assert sorted(ids(found)) == sorted([in_alpha.chunks[0].id, in_beta.chunks[0].id])
    store.remove_repo("alpha")
    assert ids(store.dense(vector, model=MODEL, where=EVERYTHING, limit=9)) == [in_beta.chunks[0].id]
    assert store.models() == {MODEL: 1}
    store.remove_repo("beta")
    assert store.models() == {}


def test_vectors_of_removed_files_wait_for_them_until_compact(store: Store) -> None:
    file = one_chunk_files({"a.py": "one"})[0]
    store.put_files("alpha", [file])
    encode_pending(store)
    store.remove_files("alpha", [file.state.path])
    store.put_files("alpha", [file])
    assert store.count_pending(MODEL) == 0
    store.remove_files("alpha", [file.state.path])
    store.compact()
    assert store.models() == {}
    store.put_files("alpha", [file])
    assert store.count_pending(MODEL) == 1


# -- candidates -------------------------------------------------------------------------------------


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
@given(where=filters, tokens=st.lists(st.sampled_from([*WORDS, "shared", "guide", "send", "nowhere", "7"]), max_size=4))
def test_lexical_finds_every_holder_under_any_filter(world: World, where: Filter, tokens: list[str]) -> None:
    expected = holders(world.chunks, tokens, where)
    found = world.store.lexical(tokens, where=where, limit=1_000)
    assert is_sorted(found)
    assert set(ids(found)) == expected
    assert ids(world.store.lexical(tokens, where=where, limit=3)) == ids(found)[:3]


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
    found = store.lexical(["common", "words", "resolveredirects"], where=EVERYTHING, limit=5)
    assert ids(found)[0] == files[-1].chunks[0].id
    assert found[0].score > found[1].score


def test_a_word_counts_more_in_the_symbol_than_in_the_text(store: Store) -> None:
    chunks = [
        a_chunk("upload here in the text", start=1),
        a_chunk("something else in the text", start=2, symbol="Client.upload"),
    ]
    store.put_files("alpha", [a_file("src/a.py", chunks), *one_chunk_files({f"{n}.py": "other" for n in range(9)})])
    assert ids(store.lexical(["upload"], where=EVERYTHING, limit=5)) == [chunks[1].id, chunks[0].id]


@pytest.mark.parametrize(
    "tokens", [[""], ['"'], ["AND"], ["NEAR("], ["q*"], ["-"], ["col:x"], ["\0"], ["🎉"], ["\ud800"], ["'--"], ["()"]]
)
def test_strange_tokens_get_an_answer(store: Store, tokens: list[str]) -> None:
    files = one_chunk_files({"a.py": "real", "b.py": "other"})
    store.put_files("alpha", files)
    assert store.lexical(tokens, where=EVERYTHING, limit=5) == []
    assert ids(store.lexical([*tokens, "real"], where=EVERYTHING, limit=5)) == [files[0].chunks[0].id]
    assert store.symbols(tokens, where=EVERYTHING, limit=5) == []
    assert store.count(Filter(only=Terms(repos=tuple(tokens)))) == 0


def test_a_query_of_thousands_of_words_is_answered_by_its_rarest(store: Store) -> None:
    files = one_chunk_files({f"{n}.py": f"common w{n}" for n in range(50)} | {"z.py": "needle"})
    store.put_files("alpha", files)
    words = ["common", *(f"absent{n}" for n in range(5_000)), "needle"]
    assert ids(store.lexical(words, where=EVERYTHING, limit=3))[0] == files[-1].chunks[0].id
    assert store.symbols(words, where=EVERYTHING, limit=3) == []
    assert store.paths(words, where=EVERYTHING, limit=3) == []


def test_a_limit_below_one_asks_for_nothing(world: World) -> None:
    for limit in (0, -1):
        assert world.store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=limit) == []
        assert world.store.lexical(["retry"], where=EVERYTHING, limit=limit) == []
        assert world.store.symbols(["send"], where=EVERYTHING, limit=limit) == []
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
    assert store.symbols(["a"], where=EVERYTHING, limit=3) == []
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


# -- many at once -----------------------------------------------------------------------------------


def test_readers_see_the_old_or_the_new_and_never_a_mix(store: Store) -> None:
    def version(number: int) -> list[IndexedFile]:
        return one_chunk_files({f"{n}.py": f"version{number} of {n}" for n in range(20)})

    store.put_files("alpha", version(0))
    done = threading.Event()
    mixes: list[object] = []

    def read() -> None:
        while not done.is_set():
            texts = store.lexical(["of"], where=EVERYTHING, limit=99)
            versions = {chunk.text.split()[0] for chunk in store.file_chunks("alpha", PurePosixPath("3.py"))}
            digests = set(store.files("alpha"))
            if (len(texts), len(versions), len(digests)) != (20, 1, 20):
                mixes.append((len(texts), versions, len(digests)))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 25):
        store.put_files("alpha", version(number))
    done.set()
    for reader in readers:
        reader.join()
    assert mixes == []


def test_searches_keep_up_with_vectors_that_arrive_in_batches(store: Store) -> None:
    files = one_chunk_files({f"{n}.py": f"text {n}" for n in range(40)})
    store.put_files("alpha", files)
    chunks = [file.chunks[0] for file in files]
    query, vectors = unit_vectors(1, seed=5)[0], unit_vectors(40)
    held: dict[bytes, Vectors] = {}
    for start in range(0, 40, 3):
        batch = chunks[start : start + 3]
        store.put_vectors(MODEL, [chunk.key for chunk in batch], vectors[start : start + 3])
        held.update({chunk.key: vectors[start + n] for n, chunk in enumerate(batch)})
        exact = exact_scores(chunks, held, query, EVERYTHING)
        best = sorted(exact, key=lambda number: -exact[number])
        for limit in (5, 99):
            assert ids(store.dense(query, model=MODEL, where=EVERYTHING, limit=limit)) == best[:limit]


def test_a_failed_write_changes_nothing(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "one"}))
    bad = replace(
        one_chunk_files({"b.py": "two"})[0],
        state=FileState(path=PurePosixPath("b.py"), digest=b"", size=2**70, mtime_ns=0),
    )
    with pytest.raises((StoreError, OverflowError)):
        store.put_files("alpha", [*one_chunk_files({"a.py": "three"}), bad])
    assert store.lexical(["three"], where=EVERYTHING, limit=3) == []
    assert len(store.lexical(["one"], where=EVERYTHING, limit=3)) == 1
