from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.parse.outline import Extract, Heading, Outline, fold, heading_paths, paragraph_cuts, sections, shorten
from indexer.types import Kind, Parsed
from tests.indexer.parse.law import assert_lawful, shape


def heading(line: int, level: int, title: str) -> Heading:
    return Heading(line=line, level=level, title=title)


def test_a_path_names_every_heading_above() -> None:
    headings = [heading(1, 1, "A"), heading(2, 3, "B"), heading(3, 2, "C"), heading(4, 1, "D")]
    assert heading_paths(headings) == ["A", "A > B", "A > C", "D"]


def test_the_document_title_leads_every_path_but_is_not_said_twice() -> None:
    assert heading_paths([heading(1, 1, "Guide"), heading(2, 2, "Use")], title="Guide") == ["Guide", "Guide > Use"]
    assert heading_paths([heading(1, 1, "Use")], title="Guide") == ["Guide > Use"]


def test_text_before_the_first_heading_is_a_section_of_the_document() -> None:
    found = sections(["", "before", "", "# A", "text"], Outline(headings=(heading(4, 1, "A"),), title="T"))
    assert [(span.start, span.end, span.title, span.kind) for span in found] == [
        (2, 2, "T", Kind.SECTION),
        (4, 5, "T > A", Kind.SECTION),
    ]


def test_a_text_without_headings_is_one_span_of_the_asked_kind() -> None:
    (span,) = sections(["a", "", "b"], Outline(cuts=frozenset({3})), kind=Kind.BLOCK)
    assert (span.kind, span.start, span.end, span.cuts, span.title) == (Kind.BLOCK, 1, 3, (3,), None)


@given(
    lines=st.lists(st.sampled_from(["", "  ", "text", "more"]), max_size=12),
    headings=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 4)), max_size=5, unique_by=lambda pair: pair[0]),
    cuts=st.frozensets(st.integers(0, 14), max_size=8),
)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_sections_cover_any_text(lines: list[str], headings: list[tuple[int, int]], cuts: frozenset[int]) -> None:
    known = tuple(heading(line, level, "H") for line, level in sorted(headings) if line <= len(lines))
    spans = sections(lines, Outline(headings=known, cuts=cuts))
    assert_lawful(Parsed(text="\n".join(lines), language="text", spans=spans))


def test_a_short_block_of_code_is_not_cut_and_a_long_one_at_its_margin() -> None:
    block = ["    a = 1", "", "    if a:", "", "        b = 2", ""]
    assert paragraph_cuts(["Code::", "", *block, "end"], [(1, 7)]) == {9}
    long = ["Code::", "", *block * 20, "end"]
    cuts = paragraph_cuts(long, [(1, len(long) - 1)])
    assert cuts == {number for number, line in enumerate(long, 1) if line in ("    a = 1", "    if a:", "end")}


def test_an_extract_separates_blocks_and_keeps_tight_ones_together() -> None:
    extract = Extract()
    extract.heading("Tides", 1)
    extract.prose("- ebb", tight=True)
    extract.prose("- flood", tight=True)
    extract.gap()
    extract.prose("Moon | Sun", tight=True)
    extract.verbatim("\n\nx = 1\n  y\u2028z\n")
    parsed = extract.sections(language="html")
    assert parsed.text.split("\n") == ["Tides", "", "- ebb", "- flood", "", "Moon | Sun", "", "x = 1", "  y", "z"]
    assert parsed.spans[0].cuts == (3, 4, 6, 8)
    assert_lawful(parsed)


def test_prose_is_wrapped_and_a_word_longer_than_a_line_stays_whole() -> None:
    extract = Extract()
    extract.prose("word " * 60 + "x" * 500)
    assert [len(line) for line in extract.lines] == [119, 119, 59, 500]
    assert extract.sections(language="docx").spans[0].cuts == ()


def test_pages_without_text_have_no_span_and_keep_their_numbers() -> None:
    extract = Extract()
    for number, text in enumerate(["one", "", "three", ""], start=1):
        extract.page(number, f"Page {number}")
        extract.prose(text)
    parsed = extract.paged(language="pdf", kind=Kind.PAGE)
    assert [(span.page, span.text, span.title) for span in parsed.spans] == [
        (1, "one", "Page 1"),
        (3, "three", "Page 3"),
    ]
    assert_lawful(parsed)


def test_an_extract_ends_at_its_limit_and_says_so() -> None:
    extract = Extract(limit=25)
    for _ in range(5):
        extract.prose("ten letters")
    parsed = extract.sections(language="html")
    assert parsed.text == "ten letters\n\nten letters"
    assert parsed.notes == ("only the first 25 characters are indexed",)
    assert extract.full


def test_text_that_no_store_takes_is_cleaned() -> None:
    assert fold("a\0b \ud800c\n\td\x85e\u2028f") == "ab c d e f"
    assert shorten("x" * 1000) == "x" * 199 + "…"


def test_an_empty_extract_is_an_empty_text() -> None:
    assert shape(Extract().sections(language="html", title="T")) == []
    assert Extract().paged(language="pdf", kind=Kind.PAGE).text == ""
