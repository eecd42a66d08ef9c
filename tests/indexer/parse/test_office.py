import io
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml

from indexer.errors import DocumentError
from indexer.parse.docs import parse_document
from indexer.parse.office import parse_docx, parse_pptx
from indexer.parse.ooxml import W
from indexer.types import Kind, Parsed
from tests.data.documents.make import zipped
from tests.indexer.parse.law import assert_lawful, only, read, shape

WORD = f'xmlns:w="{W[1:-1]}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def parsed_word(change: Callable[[Document], object]) -> Parsed:
    document = docx.Document()
    change(document)
    target = io.BytesIO()
    document.save(target)
    parsed = parse_docx(target.getvalue())
    assert_lawful(parsed)
    return parsed


def body(xml: str) -> Parsed:
    """Parse a Word document with this XML as its body."""
    wrapped = parse_xml(f"<w:body {WORD}>{xml}</w:body>")
    return parsed_word(lambda document: [document.element.body.insert(at, child) for at, child in enumerate(wrapped)])


def test_word_sections_have_the_path_of_headings_below_the_title() -> None:
    parsed = parse_docx(read("handbook.docx"))
    assert shape(parsed) == [
        (1, 3, "Operations Handbook"),
        (5, 7, "Operations Handbook > On call"),
        (9, 16, "Operations Handbook > On call > Escalation"),
        (18, 20, "Operations Handbook > Maintenance"),
    ]
    assert only(parsed, "shift lead first").text.split("\n")[2:] == [
        "- Call the shift lead first.",
        "- Then call the plant manager.",
        "",
        "Role | Telephone",
        "Shift lead | extension 4411",
        "Plant manager | extension 4400",
    ]
    assert only(parsed, "shift lead first").cuts == (11, 12, 14, 15, 16)
    assert_lawful(parsed)


def test_headings_are_told_by_outline_level_and_by_what_a_style_is_based_on() -> None:
    def change(document: Document) -> None:
        style = document.styles.add_style("Kapitel", 1)
        style.base_style = document.styles["Heading 2"]
        document.add_heading("One", level=1)
        document.add_paragraph("Two", style="Kapitel")
        document.add_paragraph("text")

    assert shape(parsed_word(change)) == [(1, 1, "One"), (3, 5, "One > Two")]
    level = '<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Outlined</w:t></w:r></w:p>'
    assert shape(body(level)) == [(1, 1, "Outlined")]


def test_controls_insertions_and_text_boxes_are_read_and_deletions_are_not() -> None:
    xml = (
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:ins><w:r><w:t>inserted</w:t></w:r></w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:r><w:tab/><w:t>tab</w:t></w:r></w:p>"
        "<w:p><w:r><mc:AlternateContent>"
        "<mc:Choice><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
        "<mc:Fallback><w:p><w:r><w:t>boxed again</w:t></w:r></w:p></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    assert body(xml).text == "in a control\n\ninserted tab\n\nboxed"


def test_a_table_in_a_cell_is_part_of_the_cell() -> None:
    inner = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>deep</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p>{}</w:tc>"
    row = f"<w:tbl><w:tr>{cell.format('a', inner)}{cell.format('b', '')}</w:tr></w:tbl>"
    assert body(row).text == "a deep | b"


def test_a_document_without_title_style_is_named_by_its_properties() -> None:
    def change(document: Document) -> None:
        document.core_properties.title = "Plan"
        document.add_heading("Goals", level=1)

    assert shape(parsed_word(change)) == [(1, 1, "Plan > Goals")]


def test_slides_are_pages_with_their_notes_and_tables() -> None:
    parsed = parse_pptx(read("deck.pptx"))
    assert [(span.page, span.title) for span in parsed.spans] == [(1, "Why tides turn"), (2, "Spring and neap")]
    assert {span.kind for span in parsed.spans} == {Kind.PAGE}
    assert parsed.spans[1].text.split("\n") == [
        "Spring and neap",
        "",
        "Tide | Range",
        "Spring | 4.2 metres",
        "Measured at Saint-Malo",
        "",
        "Mention the equinox.",
        "Then ask for questions.",
    ]
    assert_lawful(parsed)


@pytest.mark.parametrize("language", ["docx", "pptx"])
def test_what_is_damaged_or_something_else_is_a_document_error(language: str) -> None:
    whole = read("handbook.docx" if language == "docx" else "deck.pptx")
    other = read("deck.pptx" if language == "docx" else "handbook.docx")
    for data in (b"", b"PK\x03\x04", whole[:5000], whole[5000:], zipped({"a.txt": b"text"}), other, read("novel.epub")):
        with pytest.raises(DocumentError):
            parse_document(data, language=language)


def test_entities_in_xml_are_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    with pytest.raises(DocumentError, match="defines XML entities"):
        parse_docx(zipped({"[Content_Types].xml": bomb}))
    with pytest.raises(DocumentError, match="defines XML entities"):
        parse_docx(zipped({"word/document.xml": bomb.decode().encode("utf-16")}))
