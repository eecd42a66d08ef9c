from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from indexer import query
from indexer.ranking import Evidence, Ranked, confident, matching_lines, promising, rank
from indexer.ranking.weights import MOST_MATCHES, PROMISING, WEIGHTS
from indexer.types import Candidate, Chunk, Field, Kind


def chunk(id: str, text: str = "", *, path: str = "", symbol: str | None = None, start: int = 1) -> Chunk:
    return Chunk(
        id=id,
        repo="r",
        path=PurePosixPath(path or f"src/{id}.py"),
        start=start,
        end=start + text.count("\n"),
        page=None,
        kind=Kind.FUNCTION,
        language="python",
        symbol=symbol,
        signature=None,
        docstring=None,
        title=None,
        text=text or id,
        passage=text or id,
    )


def found(*scores: tuple[str, float]) -> tuple[Candidate, ...]:
    return tuple(Candidate(id=id, score=score) for id, score in scores)


def order(text: str, evidence: Evidence, *chunks: Chunk, here: str | None = None) -> list[str]:
    ranked = rank(query.parse(text), evidence, {one.id: one for one in chunks}, here=here)
    return [one.chunk.id for one in ranked]


def test_a_definition_of_the_queried_symbol_comes_before_every_mention() -> None:
    evidence = Evidence(
        dense=found(("mention", 0.9), ("definition", 0.2)),
        words={Field.BODY: found(("mention", 12.0), ("definition", 3.0))},
        symbols=found(("definition", 3.0)),
    )
    assert order("resolve_redirects", evidence, chunk("mention"), chunk("definition"))[0] == "definition"


def test_a_long_definition_is_shown_from_its_beginning() -> None:
    pieces = [chunk(f"p{start}", path="src/a.py", symbol="f", start=start) for start in (30, 1, 60)]
    evidence = Evidence(symbols=found(*[(one.id, 3.0) for one in pieces]))
    assert order("f", evidence, *pieces)[0] == "p1"


def test_being_found_by_meaning_and_by_words_beats_being_best_at_one() -> None:
    evidence = Evidence(
        dense=found(("meaning", 0.6), ("both", 0.58), ("far", 0.1)),
        words={Field.BODY: found(("words", 9.0), ("both", 8.5))},
    )
    chunks = [chunk(id) for id in ("meaning", "words", "both", "far")]
    assert order("retry a failed upload", evidence, *chunks)[0] == "both"


def test_tests_come_after_code_unless_the_query_asks_for_tests() -> None:
    evidence = Evidence(words={Field.BODY: found(("test", 5.0), ("code", 4.6))})
    chunks = chunk("test", path="tests/test_upload.py"), chunk("code", path="src/upload.py")
    assert order("retry upload", evidence, *chunks)[0] == "code"
    assert order("test of upload", evidence, *chunks)[0] == "test"


def why(text: str, evidence: Evidence, *chunks: Chunk) -> dict[str, Mapping[str, float]]:
    """What each signal gave each chunk, by id."""
    return {one.chunk.id: one.why for one in rank(query.parse(text), evidence, {one.id: one for one in chunks})}


def section(id: str, path: str) -> Chunk:
    return replace(chunk(id, path=path), kind=Kind.SECTION, language="markdown")


def test_what_a_newer_version_beside_it_replaced_comes_after_it_unless_the_query_names_a_version() -> None:
    evidence = Evidence(words={Field.BODY: found(("old", 5.0), ("new", 4.6))})
    chunks = chunk("old", path="src/v3/types.ts"), chunk("new", path="src/v4/types.ts")
    assert order("parse a union", evidence, *chunks)[0] == "new"
    assert order("parse a union in v3", evidence, *chunks)[0] == "old"


def test_a_file_that_the_query_calls_by_its_name_comes_before_one_that_shares_a_word() -> None:
    gave = why(
        "json array access", Evidence(), chunk("own", path="a/JsonArray.java"), chunk("part", path="a/JsonWriter.java")
    )
    assert "called" in gave["own"]
    assert "called" not in gave["part"]


def test_of_equals_the_file_nearer_to_the_top_of_its_repository_comes_first() -> None:
    deep, top = chunk("deep", path="a/b/c/x.py"), chunk("top", path="z/x.py", start=9)
    assert order("words", Evidence(), deep, top) == ["top", "deep"]


def test_a_repository_that_lies_deep_loses_nothing_to_a_flat_one() -> None:
    chunks = [replace(chunk("java", path="src/main/java/org/x/A.java"), repo="one"), chunk("flat", path="a.py")]
    gave = why("words", Evidence(), *chunks)
    assert "depth" not in {*gave["java"], *gave["flat"]}


def test_another_version_of_the_internet_protocol_replaces_none_nor_does_another_repository() -> None:
    chunks = [chunk("four", path="net/v4/route.c"), chunk("six", path="net/v6/route.c")]
    others = [replace(chunk("old", path="a.c"), repo="v1"), replace(chunk("new", path="a.c"), repo="v2")]
    assert all("support" not in given for given in why("route", Evidence(), *chunks, *others).values())


def test_a_version_in_the_query_brings_no_tests_forward() -> None:
    gave = why("how does the v2 client retry", Evidence(), chunk("test", path="tests/test_client.py"))
    assert gave["test"]["support"] < 0


def test_a_definition_is_promising_whatever_the_other_engines_say() -> None:
    many = [(f"m{number}", 1.0 + number) for number in range(2 * PROMISING)]
    evidence = Evidence(words={Field.BODY: found(*many)}, symbols=found(("definition", 3.0)))
    kept = promising(evidence)
    assert len(kept) == PROMISING
    assert kept[0] == "definition"
    assert "m0" not in kept


def near(kind: str, nearest: float) -> Mapping[str, float]:
    """What the nearest of 30 passages is given, all of one language."""
    passages = [
        replace(chunk(f"p{number}", f"text {number}", path=f"{number}.x"), language=kind) for number in range(30)
    ]
    evidence = Evidence(dense=found(("p0", nearest), *[(one.id, 0.1) for one in passages[1:]]))
    return why("question", evidence, *passages)["p0"]


def test_meaning_decides_prose_where_a_passage_comes_close() -> None:
    assert near("markdown", 0.9)["prose"] == WEIGHTS["prose"]
    assert "prose" not in near("python", 0.9)
    assert "prose" not in near("markdown", 0.3)


def test_change_logs_come_after_what_they_tell_of_unless_the_query_asks_for_them() -> None:
    evidence = Evidence(words={Field.BODY: found(("past", 5.0), ("code", 4.6))})
    chunks = section("past", "CHANGES.md"), chunk("code", path="src/upload.py")
    assert order("retry upload", evidence, *chunks)[0] == "code"
    assert order("changelog of upload", evidence, *chunks)[0] == "past"


@pytest.mark.parametrize("asked", ["release a lock", "sampling rate", "detect what changed", "mocking"])
def test_a_word_that_merely_has_the_stem_of_one_asks_for_no_tests(asked: str) -> None:
    assert why(asked, Evidence(), chunk("test", path="tests/test_upload.py"))["test"]["support"] < 0


def test_a_document_about_changing_something_is_no_change_log() -> None:
    assert "support" not in why("password", Evidence(), section("guide", "docs/change-a-password.md"))["guide"]


def test_many_fair_chunks_of_a_file_beat_a_good_one_of_another() -> None:
    fair = [chunk(f"f{number}", path="src/fair.py", start=number) for number in range(1, 9)]
    evidence = Evidence(words={Field.BODY: found(("good", 5.0), *[(one.id, 4.0) for one in fair])})
    assert order("word", evidence, chunk("good"), *fair)[0] == "f1"
    poor = Evidence(words={Field.BODY: found(("good", 5.0), *[(one.id, 1.0) for one in fair])})
    assert order("word", poor, chunk("good"), *fair)[0] == "good"


def test_a_file_is_as_near_as_its_chunks_together() -> None:
    fair = [chunk(f"f{number}", path="src/fair.py", start=number) for number in range(1, 9)]
    evidence = Evidence(dense=found(("good", 0.9), *[(one.id, 0.8) for one in fair], ("far", 0.1)))
    gave = why("word", evidence, chunk("good"), *fair, chunk("far"))
    assert gave["f1"]["subject"] > gave["good"]["subject"]
    assert "subject" not in gave["far"]


def test_a_long_text_in_one_field_takes_nothing_from_another() -> None:
    evidence = Evidence(words={Field.BODY: found(("text", 9.0)), Field.SYMBOL: found(("name", 0.3))})
    gave = why("word", evidence, chunk("text"), chunk("name"))
    assert gave["name"]["words"] == WEIGHTS["words"]  # each is the best of its field, and a name says more
    assert gave["text"]["words"] == WEIGHTS["words"] / 2


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    evidence = Evidence(rarity={"lattic": 4.0, "valu": 1.0})
    gave = why("lattice value", evidence, chunk("rare", "the lattice"), chunk("common", "a value"), chunk("none"))
    assert gave["rare"]["held"] == pytest.approx(WEIGHTS["held"] * 0.8)
    assert gave["common"]["held"] == pytest.approx(WEIGHTS["held"] * 0.2)
    assert "held" not in gave["none"]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("retrying", "def retry(): pass"),  # the stem is "retri"
        ("query", "QuerySet"),
        ("use", "using it"),
        ("server", "class HTTPServer"),
        ("server", "fileServer"),
        ("redirects", "resolve_redirect"),
        ("resolve_redirects", "resolveRedirects()"),
        ("resolveRedirects", "self._resolve_redirects()"),
        ("istanbul", "İİİ istanbul"),
        ("HTTP2", "http2"),
    ],
)
def test_a_word_is_held_in_every_form_and_as_part_of_identifiers(asked: str, text: str) -> None:
    rarity = dict.fromkeys(query.parse(asked).tokens[-1:], 1.0)
    assert why(asked, Evidence(rarity=rarity), chunk("a", text))["a"]["held"] == WEIGHTS["held"]


@pytest.mark.parametrize(("asked", "text"), [("try", "country"), ("state", "realestate"), ("port", "IMPORT report")])
def test_a_word_inside_of_another_is_not_held(asked: str, text: str) -> None:
    rarity = dict.fromkeys(query.parse(asked).tokens, 1.0)
    assert "held" not in why(asked, Evidence(rarity=rarity), chunk("a", text, path="x"))["a"]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("routing", "src/route.py"),
        ("query", "db/queryset.py"),
        ("queryset", "db/query.py"),
        ("authenticate", "src/auth.py"),
        ("auth", "authentication/base.py"),
        ("sessions", "src/session_store.py"),
    ],
)
def test_a_file_or_folder_called_like_a_word_of_the_query_counts(asked: str, path: str) -> None:
    assert why(asked, Evidence(), chunk("a", path=path))["a"]["name"] == WEIGHTS["name"]


@pytest.mark.parametrize(("asked", "path"), [("id", "src/ideas.py"), ("auth", "auth/views/base.py"), ("py", "a.py")])
def test_a_short_beginning_a_farther_folder_and_the_ending_say_nothing(asked: str, path: str) -> None:
    assert "name" not in why(asked, Evidence(), chunk("a", path=path))["a"]


def test_equal_passages_are_one_hit() -> None:
    evidence = Evidence(words={Field.BODY: found(("a", 2.0), ("b", 1.0))})
    assert order("same", evidence, chunk("a", "same text"), chunk("b", "same text")) == ["a"]


def test_a_crowded_file_makes_room_for_others_and_loses_nothing() -> None:
    crowd = [chunk(f"c{number}", path="src/crowd.py", start=number) for number in range(1, 7)]
    evidence = Evidence(words={Field.BODY: found(*[(one.id, 9.0) for one in crowd], ("other", 6.0))})
    ids = order("word", evidence, *crowd, chunk("other"))
    assert 0 < ids.index("other") < 4
    assert len(ids) == 7


def test_each_better_hit_of_a_file_lowers_the_next_up_to_a_limit() -> None:
    crowd = [chunk(f"c{number}", path="src/crowd.py", start=number) for number in range(9)]
    gave = why("word", Evidence(words={Field.BODY: found(*[(one.id, 9.0) for one in crowd])}), *crowd)
    lowered = [gave[one.id].get("crowd", 0.0) / WEIGHTS["crowd"] for one in crowd]
    assert lowered == pytest.approx([0, 1, 2, 3, 4, 5, 5, 5, 5])


def test_the_repository_one_stands_in_breaks_a_tie() -> None:
    evidence = Evidence(words={Field.BODY: found(("a", 1.0), ("b", 1.0))})
    there = chunk("a")
    here = Chunk(**{**{name: getattr(chunk("b"), name) for name in Chunk.__dataclass_fields__}, "repo": "mine"})
    assert order("word", evidence, there, here, here="mine") == ["b", "a"]


def test_the_signals_sum_to_the_score() -> None:
    evidence = Evidence(
        dense=found(("a", 0.5), ("b", 0.1)),
        words={Field.BODY: found(("a", 3.0)), Field.SYMBOL: found(("b", 1.0))},
        paths=found(("b", 1.0)),
        rarity={"word": 2.0, "a": 1.0},
    )
    for one in rank(query.parse("word src"), evidence, {"a": chunk("a"), "b": chunk("b")}):
        assert one.score == sum(one.why.values())


def test_a_candidate_that_was_removed_meanwhile_is_dropped() -> None:
    assert order("word", Evidence(words={Field.BODY: found(("gone", 1.0))})) == []


def test_matching_lines_are_those_with_most_of_the_words() -> None:
    one = chunk("a", "def send():\n    pass\n    retry the failed upload\n    upload again\n    retry upload", start=10)
    assert matching_lines(query.parse("retry failed upload"), one) == ((12, 12), (14, 14))


def test_a_word_of_every_line_marks_none_beside_a_rare_one() -> None:
    lines = [f"    self.upload(part{number})" for number in range(20)]
    lines[7] = "    self.upload(retry)"
    one = chunk("a", "\n".join(lines), start=1)
    assert matching_lines(query.parse("retry upload"), one) == ((8, 8),)


def test_a_few_ranges_are_marked_however_many_lines_match() -> None:
    one = chunk("a", "upload()\nother()\n" * 30)
    marked = matching_lines(query.parse("upload"), one)
    assert len(marked) == MOST_MATCHES
    assert marked == tuple(sorted(marked))


def test_a_text_without_the_words_has_no_matching_lines() -> None:
    assert matching_lines(query.parse("nothing"), chunk("a", "def parse(): pass")) == ()


def among(best: float, others: float, *, text: str) -> tuple[Evidence, Ranked]:
    """The chunk `a`, nearest of a hundred whose weakest has the cosine `others`."""
    rest = [(f"c{number}", best - (best - others) * number / 99) for number in range(1, 100)]
    evidence = Evidence(dense=found(("a", best), *rest))
    return evidence, Ranked(chunk=chunk("a", text), score=1.0, why={})


@pytest.mark.parametrize(("near", "far"), [(0.6, 0.0), (0.85, 0.6)])  # two models, one with a narrow band of cosines
def test_confidence_is_relative_to_the_cosines_of_the_index(near: float, far: float) -> None:
    asked = query.parse("retry the failed upload")
    assert confident(asked, *among(near, far, text="retry an upload"))
    assert not confident(asked, *among(near, far, text="def parse(): pass"))
    assert not confident(asked, *among(far + 0.1, far, text="an upload"))


def test_without_vectors_the_words_decide_on_confidence() -> None:
    asked = query.parse("quantum chromodynamics lattice")
    assert not confident(asked, Evidence(), Ranked(chunk=chunk("a", "def lattice(): pass"), score=1.0, why={}))
    assert confident(asked, Evidence(), Ranked(chunk=chunk("a", "lattice of quantum"), score=1.0, why={}))


def test_the_definition_of_the_one_name_asked_for_is_confident_and_that_of_a_passing_word_is_not() -> None:
    defined = Ranked(chunk=chunk("a", "class JSON: pass"), score=1.0, why={"definition": 0.8})
    assert confident(query.parse("JSON"), Evidence(), defined)
    assert not confident(query.parse("how withArray parses a JSON array value"), Evidence(), defined)
