from pathlib import PurePosixPath

import pytest

from indexer import query
from indexer.ranking import MOST_MATCHES, Evidence, Ranked, confident, matching_lines, rank
from indexer.types import Candidate, Chunk, Kind


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
        lexical=found(("mention", 12.0), ("definition", 3.0)),
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
        lexical=found(("words", 9.0), ("both", 8.5)),
    )
    chunks = [chunk(id) for id in ("meaning", "words", "both", "far")]
    assert order("retry a failed upload", evidence, *chunks)[0] == "both"


def test_tests_come_after_code_unless_the_query_asks_for_tests() -> None:
    evidence = Evidence(lexical=found(("test", 5.0), ("code", 4.6)))
    chunks = chunk("test", path="tests/test_upload.py"), chunk("code", path="src/upload.py")
    assert order("retry upload", evidence, *chunks)[0] == "code"
    assert order("test of upload", evidence, *chunks)[0] == "test"


def test_equal_passages_are_one_hit() -> None:
    evidence = Evidence(lexical=found(("a", 2.0), ("b", 1.0)))
    assert order("same", evidence, chunk("a", "same text"), chunk("b", "same text")) == ["a"]


def test_a_crowded_file_makes_room_for_others_and_loses_nothing() -> None:
    crowd = [chunk(f"c{number}", path="src/crowd.py", start=number) for number in range(1, 7)]
    evidence = Evidence(lexical=found(*[(one.id, 9.0) for one in crowd], ("other", 6.0)))
    ids = order("word", evidence, *crowd, chunk("other"))
    assert 0 < ids.index("other") < 4
    assert len(ids) == 7


def test_the_repository_one_stands_in_breaks_a_tie() -> None:
    evidence = Evidence(lexical=found(("a", 1.0), ("b", 1.0)))
    there = chunk("a")
    here = Chunk(**{**{name: getattr(chunk("b"), name) for name in Chunk.__dataclass_fields__}, "repo": "mine"})
    assert order("word", evidence, there, here, here="mine") == ["b", "a"]


def test_the_signals_sum_to_the_score() -> None:
    evidence = Evidence(dense=found(("a", 0.5), ("b", 0.1)), lexical=found(("a", 3.0)), paths=found(("b", 1.0)))
    for one in rank(query.parse("word src"), evidence, {"a": chunk("a"), "b": chunk("b")}):
        assert one.score == sum(one.why.values())


def test_a_candidate_that_was_removed_meanwhile_is_dropped() -> None:
    assert order("word", Evidence(lexical=found(("gone", 1.0)))) == []


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
