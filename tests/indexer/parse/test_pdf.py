import pytest

from indexer.errors import DocumentError
from indexer.parse.pdf import parse_pdf
from indexer.types import Kind
from tests.data.documents.make import pdf as make_pdf
from tests.indexer.parse.law import assert_lawful, only, read

ENCRYPTED = b"trailer\n<< /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (%s) /U (%s) >> /ID [<00> <00>]" % (
    b"o" * 32,
    b"u" * 32,
)


def test_a_page_is_a_span_with_its_number_and_bookmark() -> None:
    parsed = parse_pdf(read("manual.pdf"))
    assert [(span.page, span.title) for span in parsed.spans] == [
        (1, "Pump Manual"),
        (2, "Installation"),
        (4, "Maintenance"),
    ]
    assert {span.kind for span in parsed.spans} == {Kind.PAGE}
    assert only(parsed, "Drain the housing (all of it).").page == 4
    assert_lawful(parsed)


def test_a_page_after_the_last_bookmark_carries_its_path_on() -> None:
    bookmarks = [(0, "Use", 1), (1, "Winter", 1)]
    parsed = parse_pdf(make_pdf([["one"], ["two"]], bookmarks))
    assert [span.title for span in parsed.spans] == ["Use", "Use > Winter"]


def test_words_that_a_line_end_divides_are_put_together() -> None:
    lines = ["Use a level foun-", "dation. Call the well-", "Known state-of-the-", "art pump, a B-", "52 now."]
    assert parse_pdf(make_pdf([lines])).text.split("\n") == [
        "Use a level foundation.",
        "Call the well-Known",
        "state-of-the-art",
        "pump, a B-52",
        "now.",
    ]


def test_a_name_that_a_program_gave_is_no_title() -> None:
    for title in ("Microsoft Word - draft 3", "untitled", "scan0001.tif", ""):
        assert parse_pdf(make_pdf([["text"]], title=title)).spans[0].title is None


def test_a_page_may_be_cut_after_a_sentence() -> None:
    parsed = parse_pdf(make_pdf([["One begins", "and ends.", "Two begins", "and ends:", "- a point"]]))
    assert parsed.spans[0].cuts == (3, 5)


def test_a_scan_is_refused_with_a_way_out() -> None:
    with pytest.raises(DocumentError, match="has no text layer") as caught:
        parse_pdf(make_pdf([[], []]))
    assert "recognition" in caught.value.hint


def test_a_password_is_named() -> None:
    with pytest.raises(DocumentError, match="is encrypted with a password"):
        parse_pdf(read("manual.pdf").replace(b"trailer\n<<", ENCRYPTED))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"\0" * 100, read("manual.pdf")[:700]])
def test_what_is_damaged_or_no_pdf_is_a_document_error(data: bytes) -> None:
    with pytest.raises(DocumentError, match="is damaged or incomplete"):
        parse_pdf(data)


def test_more_pages_than_the_limit_are_noted() -> None:
    parsed = parse_pdf(make_pdf([["one"], ["two"], ["three"]]), pages=2)
    assert [span.page for span in parsed.spans] == [1, 2]
    assert parsed.notes == ("only the first 2 of 3 pages are indexed",)


def test_bookmarks_that_go_in_circles_end_without_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    circular = read("manual.pdf").replace(b"/Next 14 0 R", b"/Next 13 0 R")
    assert circular != read("manual.pdf")
    assert [span.title for span in parse_pdf(circular).spans] == ["Pump Manual", "Installation", "Installation"]
    assert caplog.records == []
