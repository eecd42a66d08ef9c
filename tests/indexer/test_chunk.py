import uuid
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from indexer.chunk import NAMESPACE, chunks_of
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


def test_a_span_within_the_budget_is_one_chunk_with_its_path_and_symbol_before_its_text() -> None:
    (chunk,) = cut(function("def f(self):\n    return 1", start=7))
    assert (chunk.start, chunk.end, chunk.symbol) == (7, 8, "C.f")
    assert chunk.passage == "a/b.py\nC.f\ndef f(self):\n    return 1"


def test_a_long_function_is_cut_at_a_statement_and_repeats_its_signature() -> None:
    lines = ["def f(self):", "    first_statement(", "        argument)", "    second_statement()", "    third()"]
    head, tail = cut(function("\n".join(lines), start=10, cuts=(11, 13, 14)), budget=45)
    assert (head.start, head.end) == (10, 12)
    assert (tail.start, tail.end) == (13, 14)
    assert tail.text == "    second_statement()\n    third()"
    assert tail.passage.startswith("a/b.py\nC.f\ndef f(self)\n    second")
    assert (head.docstring, tail.docstring) == ("Doc.", None)


def test_equal_texts_share_a_vector_but_not_an_id() -> None:
    first, second = cut(function("def f(self): pass"), function("def f(self): pass", start=5))
    assert first.key == second.key
    assert first.id != second.id


def test_ids_do_not_depend_on_lines_so_an_edit_above_keeps_them() -> None:
    (before,) = cut(function("def f(self): pass", start=1))
    (after,) = cut(function("def f(self): pass", start=9))
    assert before.id == after.id


def test_a_paragraph_on_one_line_is_cut_between_sentences_and_stays_with_its_heading() -> None:
    prose = "First sentence here. Second sentence there. Third sentence anywhere. Fourth one."
    chunks = cut(Span(kind=Kind.SECTION, start=4, end=6, text=f"# Head\n\n{prose}", cuts=(6,)), budget=40)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(4, 6), (6, 6), (6, 6)]
    assert chunks[0].text == "# Head\n\nFirst sentence here. "
    assert "".join(chunk.text for chunk in chunks).endswith(prose)


def test_a_word_longer_than_the_budget_is_cut_too() -> None:
    chunks = cut(Span(kind=Kind.BLOCK, start=1, end=1, text="x" * 95), budget=40)
    assert [len(chunk.text) for chunk in chunks] == [40, 40, 15]


def test_a_closing_bracket_alone_is_nothing_to_find() -> None:
    assert cut(Span(kind=Kind.MODULE, start=9, end=9, text="}")) == ()


def test_a_passage_is_the_same_in_every_repository_and_another_under_every_path() -> None:
    span = function("def f(self): pass")
    parsed = Parsed(text=span.text, language="python", spans=(span,))
    (here,) = chunks_of(parsed, repo="r", path=PurePosixPath("x.py"), budget=40)
    (branch,) = chunks_of(parsed, repo="s", path=PurePosixPath("x.py"), budget=40)
    (copy,) = chunks_of(parsed, repo="r", path=PurePosixPath("y.py"), budget=40)
    assert here.key == branch.key != copy.key
    assert len({here.id, branch.id, copy.id}) == 3


def test_a_passage_of_a_document_begins_with_its_headings_whatever_its_file_is_called() -> None:
    span = Span(kind=Kind.SECTION, start=1, end=1, text="Prose.", title="Guide > Install")
    parsed = Parsed(text=span.text, language="markdown", spans=(span,))
    (chunk,) = chunks_of(parsed, repo="r", path=PurePosixPath("scan-0012.md"), budget=40)
    assert chunk.passage == "Guide > Install\nProse."


def test_what_is_left_after_a_cut_is_cut_again_if_the_next_line_does_not_fit() -> None:
    chunks = cut(function("\n".join(["a" * 20, "b" * 20, "c" * 30]), cuts=(2,)), budget=40)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(1, 1), (2, 2), (3, 3)]


@given(
    lines=st.lists(st.text(alphabet="ab \t", max_size=60), min_size=1, max_size=40),
    cuts=st.sets(st.integers(2, 40)),
    budget=st.integers(1, 80),
)
def test_chunks_hold_every_character_once_on_its_own_lines_within_the_budget(
    lines: list[str], cuts: set[int], budget: int
) -> None:
    span = function("\n".join(lines), cuts=tuple(sorted(line for line in cuts if line <= len(lines))))
    chunks = cut(span, budget=budget)
    covered = [line for chunk in chunks for line in range(chunk.start, chunk.end + 1)]
    assert covered == sorted(covered)
    assert {number for number, line in enumerate(lines, 1) if line.strip()} <= set(covered)
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join("".join(lines).split())
    for chunk in chunks:
        assert len("".join(chunk.text.split())) <= budget
        assert chunk.text.count("\n") == chunk.end - chunk.start
        whole = "\n".join(lines[chunk.start - 1 : chunk.end])
        assert chunk.text in whole


@given(st.text(min_size=1, max_size=20).filter(str.strip))
def test_an_id_is_the_uuid_of_a_text_and_where_it_stands(text: str) -> None:
    first, *_ = cut(function(text))
    identity = "\0".join(("r", "a/b.py", "function", "C.f", first.text, "1"))
    assert first.id == str(uuid.uuid5(NAMESPACE, identity))
