import io
import zipfile

import pytest

from indexer.errors import DocumentError
from indexer.parse.epub import parse_epub
from tests.data.documents.make import zipped
from tests.indexer.parse.law import assert_lawful, only, read, shape


def changed(**entries: bytes | None) -> bytes:
    """Return the novel with entries replaced, added or (None) removed; keys are the ends of names."""
    with zipfile.ZipFile(io.BytesIO(read("novel.epub"))) as archive:
        content: dict[str, bytes] = {name: archive.read(name) for name in archive.namelist()}
    for key, new in entries.items():
        name = next((name for name in content if name.endswith(f"{key}.xhtml")), f"META-INF/{key}.xml")
        content.pop(name, None)
        if new is not None:
            content[name] = new
    return zipped(content)


def test_chapters_are_sections_in_reading_order_below_the_title_of_the_book() -> None:
    parsed = parse_epub(read("novel.epub"))
    assert shape(parsed) == [
        (1, 3, "Fog and Lamps > The Harbour"),
        (5, 7, "Fog and Lamps > The Island"),
        (9, 11, "Fog and Lamps > The Island > The lighthouse"),
        (13, 13, "Fog and Lamps > Afterword"),
    ]
    assert only(parsed, "dark since March").start == 9
    assert_lawful(parsed)


def test_a_missing_chapter_is_noted_and_the_others_are_read() -> None:
    parsed = parse_epub(changed(one=None))
    assert parsed.spans[0].title == "Fog and Lamps > The Island"
    assert parsed.notes == ("1 chapters are missing from the file",)


def test_a_protected_chapter_is_refused_and_a_protected_font_is_not() -> None:
    reference = b'<encryption><CipherReference URI="%s"/></encryption>'
    with pytest.raises(DocumentError, match="DRM"):
        parse_epub(changed(encryption=reference % b"OEBPS/one.xhtml"))
    assert len(parse_epub(changed(encryption=reference % b"OEBPS/font.otf")).spans) == 4


@pytest.mark.parametrize("data", [b"", read("novel.epub")[:600], zipped({"a": b""}), read("handbook.docx")])
def test_what_is_damaged_or_no_epub_is_a_document_error(data: bytes) -> None:
    with pytest.raises(DocumentError):
        parse_epub(data)


def test_broken_xml_is_a_document_error() -> None:
    with pytest.raises(DocumentError, match="broken XML"):
        parse_epub(changed(container=b"<container><rootfile"))
