"""Make the binary documents of this folder: `python tests/data/documents/make.py` from the project root.

The others are written by hand. Dates are fixed, so that the same program makes the same bytes.
"""

import datetime
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import docx
import pptx
from pptx.util import Inches

FOLDER = Path(__file__).parent
MADE = datetime.datetime(2024, 1, 1)


def pdf(
    pages: list[list[str]],
    bookmarks: list[tuple[int, str, int]] = [],  # noqa: B006  # read only
    *,
    title: str = "",
) -> bytes:
    """Write a PDF with lines of text a page; bookmarks: level (0, 1), title, page (1-based)."""
    objects: dict[int, bytes] = {}
    first_page, first_mark = 4, 4 + 2 * len(pages)
    kids = " ".join(f"{first_page + 2 * index} 0 R" for index in range(len(pages)))
    outlines = f" /Outlines {first_mark} 0 R" if bookmarks else ""
    objects[1] = f"<< /Type /Catalog /Pages 2 0 R{outlines} >>".encode()
    objects[2] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()
    objects[3] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    for index, lines in enumerate(pages):
        number = first_page + 2 * index
        shown = b" T* ".join(b"(" + _escaped(line) + b") Tj" for line in lines)
        stream = b"BT /F1 11 Tf 14 TL 72 760 Td " + shown + b" ET"
        objects[number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {number + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        ).encode()
        objects[number + 1] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)
    objects.update(_bookmarks(bookmarks, first_mark, first_page))
    info = max(objects) + 1
    objects[info] = b"<< /Title (" + _escaped(title) + b") >>"
    return _assembled(objects, info)


def _escaped(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _bookmarks(bookmarks: list[tuple[int, str, int]], root: int, first_page: int) -> dict[int, bytes]:
    """Write bookmarks of two levels as objects from number `root` on."""
    if not bookmarks:
        return {}
    parents: list[int] = []
    for index, (level, _, _) in enumerate(bookmarks):
        parents.append(root if level == 0 else max(at for at in range(index) if bookmarks[at][0] == 0) + root + 1)
    objects: dict[int, bytes] = {}
    for number in (root, *(root + 1 + index for index in range(len(bookmarks)))):
        children = [root + 1 + index for index, parent in enumerate(parents) if parent == number]
        entry = f"/First {children[0]} 0 R /Last {children[-1]} 0 R /Count {len(children)}" if children else ""
        if number > root:
            _, title, page = bookmarks[number - root - 1]
            parent = parents[number - root - 1]
            siblings = [root + 1 + index for index, other in enumerate(parents) if other == parent]
            place = siblings.index(number)
            entry += f" /Title ({title}) /Parent {parent} 0 R /Dest [{first_page + 2 * (page - 1)} 0 R /Fit]"
            entry += f" /Next {siblings[place + 1]} 0 R" if place + 1 < len(siblings) else ""
            entry += f" /Prev {siblings[place - 1]} 0 R" if place else ""
        objects[number] = f"<< {entry} >>".encode()
    return objects


def _assembled(objects: Mapping[int, bytes], info: int) -> bytes:
    written = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    for number in sorted(objects):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    written += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, info)
    return bytes(written + b"startxref\n%d\n%%%%EOF\n" % start)


def zipped(entries: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Write a zip whose bytes depend on nothing but the entries."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method, compresslevel=9)
    return target.getvalue()


def rezipped(data: bytes) -> bytes:
    """Write a zip again with fixed dates."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})


def handbook() -> bytes:
    """Return a DOCX with headings, a list, a table and a title."""
    document = docx.Document()
    document.core_properties.title = "handbook.docx"
    document.core_properties.created = document.core_properties.modified = MADE
    document.add_paragraph("Operations Handbook", style="Title")
    document.add_paragraph("Who is called when the pumps stop.")
    document.add_heading("On call", level=1)
    document.add_paragraph("The engineer on call answers within ten minutes.")
    document.add_heading("Escalation", level=2)
    document.add_paragraph("Call the shift lead first.", style="List Bullet")
    document.add_paragraph("Then call the plant manager.", style="List Bullet")
    table = document.add_table(rows=3, cols=2)
    cells = [("Role", "Telephone"), ("Shift lead", "extension 4411"), ("Plant manager", "extension 4400")]
    for row, texts in zip(table.rows, cells, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_heading("Maintenance", level=1)
    document.add_paragraph("Filters are changed every second Tuesday.")
    target = io.BytesIO()
    document.save(target)
    return rezipped(target.getvalue())


def deck() -> bytes:
    """Return a PPTX of three slides; the second has a table and notes, the third has no text."""
    presentation = pptx.Presentation()
    presentation.core_properties.created = presentation.core_properties.modified = MADE
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "Why tides turn"
    first.placeholders[1].text_frame.text = "The moon pulls the sea."
    first.placeholders[1].text_frame.add_paragraph().text = "The sun pulls it too."
    second = presentation.slides.add_slide(presentation.slide_layouts[5])
    second.shapes.title.text = "Spring and neap"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(6), Inches(1)).table
    for column, (head, value) in enumerate((("Tide", "Spring"), ("Range", "4.2 metres"))):
        table.cell(0, column).text = head
        table.cell(1, column).text = value
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(4), Inches(4), Inches(1)).text_frame.text = "Measured at Saint-Malo"
    second.notes_slide.notes_text_frame.text = "Mention the equinox.\nThen ask for questions."
    presentation.slides.add_slide(presentation.slide_layouts[6])
    target = io.BytesIO()
    presentation.save(target)
    return rezipped(target.getvalue())


def novel() -> bytes:
    """Return an EPUB of three chapters; the last has its title in its head alone."""
    page = '<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head>{}</head><body>{}</body></html>'
    chapters = {
        "one.xhtml": page.format("<title/>", "<h1>The Harbour</h1><p>Ships came in with the evening fog.</p>"),
        "two%20b.xhtml": page.format(
            "<title>Two</title>",
            "<h1>The Island</h1><p>Nobody lived there.</p>"
            "<h2>The lighthouse</h2><p>Its lamp had been dark since March.</p>",
        ),
        "nav.xhtml": page.format("<title>Contents</title>", "<nav><a href='one.xhtml'>The Harbour</a></nav>"),
        "three.xhtml": page.format("<title>Afterword</title>", "<p>Thanks to the keepers.</p>"),
    }
    kinds = {"nav.xhtml": ' properties="nav"'}
    items = "".join(
        f'<item id="c{index}" href="{name}" media-type="application/xhtml+xml"{kinds.get(name, "")}/>'
        for index, name in enumerate(chapters)
    )
    order = "".join(f'<itemref idref="c{index}"/>' for index in range(len(chapters)))
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Fog and Lamps</dc:title></metadata>'
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    container = (
        '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    entries = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/content.opf": package}
    entries.update({f"OEBPS/{name.replace('%20', ' ')}": text for name, text in chapters.items()})
    return zipped({name: text.encode() for name, text in entries.items()})


def manual() -> bytes:
    """Return a PDF of four pages with bookmarks; the third page is empty, one word is hyphenated."""
    return pdf(
        [
            ["Pump Manual", "Read this before the pump is connected."],
            ["1 Installation", "Mount the pump on a level foun-", "dation. Tighten the bolts to 40 newton metres."],
            [],
            ["2 Maintenance", "Replace the seal every 2,000 hours.", "2.1 Winter", "Drain the housing (all of it)."],
        ],
        [(0, "Installation", 2), (0, "Maintenance", 4), (1, "Winter", 4)],
        title="Pump Manual",
    )


def analysis() -> bytes:
    """Return a notebook of five cells: headings, output, a picture, an empty cell and an error."""
    figure = {"image/png": "aGVsbG8=", "text/plain": ["<Figure size 640x480 with 1 Axes>"]}
    code = "count <- function(weir) {\n  length(weir)\n}\n\npaste(count(weir), 'salmon')"
    cells: list[dict[str, object]] = [
        {"cell_type": "markdown", "source": ["# Salmon counts\n", "\n", "From the weir."]},
        {
            "cell_type": "code",
            "source": code,
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["312 salmon\n"]},
                {"output_type": "display_data", "data": figure, "metadata": {}},
            ],
        },
        {"cell_type": "code", "source": [], "outputs": []},
        {"cell_type": "markdown", "source": "## By month\n\nJune is best.\n\n## By year\n\nNo trend."},
        {
            "cell_type": "code",
            "source": "months[['july']]",
            "outputs": [
                {
                    "output_type": "error",
                    "ename": "simpleError",
                    "evalue": "no july",
                    "traceback": ["\x1b[31mno\x1b[0m"],
                }
            ],
        },
    ]
    for number, cell in enumerate(cells):
        cell.update({"id": f"cell-{number}", "metadata": {}} | ({"execution_count": None} if "outputs" in cell else {}))
    metadata = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}, "language_info": {"name": "R"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1).encode() + b"\n"


DOCUMENTS = {
    "analysis.ipynb": analysis,
    "deck.pptx": deck,
    "handbook.docx": handbook,
    "manual.pdf": manual,
    "novel.epub": novel,
}

if __name__ == "__main__":
    for name, make in DOCUMENTS.items():
        (FOLDER / name).write_bytes(make())
