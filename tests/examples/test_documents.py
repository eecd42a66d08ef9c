"""The committed example documents hold what their generator writes."""

from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
from docx import Document

from examples import make_documents

FOLDER = Path(make_documents.__file__).parent / "tidewatch"


def test_the_pdf_is_what_the_generator_writes_and_has_its_text_page_by_page() -> None:
    data = (FOLDER / "report.pdf").read_bytes()
    assert data == make_documents.pdf(make_documents.REPORT)
    with pypdfium2.PdfDocument(data) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    for text, (heading, lines) in zip(texts, make_documents.REPORT.items(), strict=True):
        assert text.split("\r\n") == [heading, *lines]


def test_the_docx_has_the_generators_paragraphs_in_order() -> None:
    shown = [paragraph.text for paragraph in Document(str(FOLDER / "manual.docx")).paragraphs]
    sections = [text for heading, paragraphs in make_documents.MANUAL.items() for text in (heading, *paragraphs)]
    assert shown == ["Tidewatch gauge manual", *sections]


def test_the_examples_stay_small() -> None:
    files = [path for path in FOLDER.parent.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < 200_000
