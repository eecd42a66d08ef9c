from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from indexer.chunk import chunks_of
from indexer.types import Chunk, Kind, Parsed, Span

PATH = PurePosixPath("a/b.py")


def cut(*spans: Span, budget: int = 40) -> tuple[Chunk, ...]:
    text = "\n".join(span.text for span in spans)
    return chunks_of(Parsed(text=text, language="python", spans=spans), repo="r", path=PATH, budget=budget)


def function(text: str, *, start: int = 1, cuts: tuple[int, ...] = ()) -> Span:
    return Span(
        kind=Kind.FUNCTION,
        start=start,
        end=start + text.count("\n"),
        text=text,
        symbol="C.f",
        signature="def f(self)",
        docstring="Doc.",
        cuts=cuts,
    )


def test_a_span_within_the_budget_is_one_chunk_with_its_symbol_before_its_text() -> None:
    (chunk,) = cut(function("def f(self):\n    return 1", start=7))
    assert (chunk.start, chunk.end, chunk.symbol) == (7, 8, "C.f")
    assert chunk.passage == "C.f\ndef f(self):\n    return 1"


def test_a_long_function_is_cut_at_a_statement_and_repeats_its_signature() -> None:
    lines = ["def f(self):", "    first_statement(", "        argument)", "    second_statement()", "    third()"]
    head, tail = cut(function("\n".join(lines), start=10, cuts=(11, 13, 14)), budget=45)
    assert (head.start, head.end) == (10, 12)
    assert (tail.start, tail.end) == (13, 14)
    assert tail.text == "    second_statement()\n    third()"
    assert tail.passage.startswith("C.f\ndef f(self)\n    second")
    assert (head.docstring, tail.docstring) == ("Doc.", None)


def test_equal_texts_share_a_vector_but_not_an_id() -> None:
    first, second = cut(function("def f(self): pass"), function("def f(self): pass", start=5))
    assert first.key == second.key
    assert first.id != second.id


def test_ids_do_not_depend_on_lines_so_an_edit_above_keeps_them() -> None:
    (before,) = cut(function("def f(self): pass", start=1))
    (after,) = cut(function("def f(self): pass", start=9))
    assert before.id == after.id


def test_a_closing_bracket_alone_is_nothing_to_find() -> None:
    assert cut(Span(kind=Kind.MODULE, start=9, end=9, text="}")) == ()


def test_a_rename_keeps_the_passage() -> None:
    span = function("def f(self): pass")
    parsed = Parsed(text=span.text, language="python", spans=(span,))
    (here,) = chunks_of(parsed, repo="r", path=PurePosixPath("x.py"), budget=40)
    (there,) = chunks_of(parsed, repo="r", path=PurePosixPath("y.py"), budget=40)
    assert here.key == there.key
    assert here.id != there.id


def test_what_is_left_after_a_cut_is_cut_again_if_the_next_line_does_not_fit() -> None:
    chunks = cut(function("\n".join(["a" * 20, "b" * 20, "c" * 30]), cuts=(2,)), budget=40)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(1, 1), (2, 2), (3, 3)]


@given(
    lines=st.lists(st.text(alphabet="ab \t", max_size=60), min_size=1, max_size=40),
    cuts=st.sets(st.integers(2, 40)),
    budget=st.integers(1, 80),
)
def test_chunks_cover_every_line_that_is_not_blank_without_overlap(
    lines: list[str], cuts: set[int], budget: int
) -> None:
    span = function("\n".join(lines), cuts=tuple(sorted(line for line in cuts if line <= len(lines))))
    chunks = cut(span, budget=budget)
    covered = [line for chunk in chunks for line in range(chunk.start, chunk.end + 1)]
    assert covered == sorted(set(covered))
    assert {number for number, line in enumerate(lines, 1) if line.strip()} <= set(covered)
    for chunk in chunks:
        assert chunk.text == "\n".join(lines[chunk.start - 1 : chunk.end])
        assert chunk.start == chunk.end or len("".join(chunk.text.split())) <= budget
