"""PDF: a span a page, through PDFium. Lines count in the extracted text.

PDFium is not thread-safe, anywhere in a process: a lock lets one thread in at a time.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import closing
from itertools import islice, pairwise
from threading import Lock
from typing import TYPE_CHECKING, Final

from indexer.errors import DocumentError
from indexer.parse.outline import UNWANTED, Extract, Heading, heading_paths, shorten
from indexer.types import Kind, Parsed

if TYPE_CHECKING:
    import pypdfium2 as pdfium  # type: ignore[import-untyped]  # no stubs

PAGES: Final = 5_000
BOOKMARKS: Final = 20_000
DIVIDED: Final = re.compile("[\x02\ufffe](?:\r?\n)?")  # what PDFium writes for a hyphen and the line end after it
WHITE: Final = re.compile(r"\A *(?:\r?\n)?")  # what stood between a word and the next
PARAGRAPH_END: Final = re.compile(r"[.:;!?][\"')\]\u201d\u2019»]*$")
NO_TITLE: Final = re.compile(r"untitled|microsoft word - .*|powerpoint.*|.*\.\w{2,5}|\W*", re.IGNORECASE)
LOCK: Final = Lock()


def parse_pdf(data: bytes, *, pages: int = PAGES) -> Parsed:
    """Read the text of the first `pages` pages; a page's title is its path in the bookmarks, else the document's title.

    Raises DocumentError for what is damaged, needs a password or has no text.
    """
    with LOCK:
        return _parse(data, pages)


def _parse(data: bytes, pages: int) -> Parsed:
    import pypdfium2 as pdfium  # here: loads a library of 7 MB

    # warns of odd bookmarks, which it then leaves out: of no use to anybody, and in the way of a progress bar
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium.raw.FPDF_ERR_PASSWORD:
            hint = "save it without a password to make it searchable"
            raise DocumentError("is encrypted with a password", hint=hint) from error
        raise DocumentError(f"is damaged or incomplete: {error}") from error
    extract = Extract()
    with closing(document):
        count = len(document)
        titles = _titles(document, count)
        unreadable = 0
        for number in range(1, min(count, pages) + 1):
            try:
                text = _page_text(document, number)
            except pdfium.PdfiumError:
                unreadable += 1
                continue
            extract.page(number, titles.get(number))
            _write(text, extract)
            if extract.full:
                break
    if not extract.lines:
        if unreadable:
            raise DocumentError("is damaged: none of its pages can be read")
        hint = "run it through a text recognition program first"
        raise DocumentError("has no text layer (scanned pages are not recognised)", hint=hint)
    if unreadable:
        extract.notes.append(f"{unreadable} pages cannot be read")
    if count > pages:
        extract.notes.append(f"only the first {pages:,} of {count:,} pages are indexed")
    return extract.paged(language="pdf", kind=Kind.PAGE)


def _page_text(document: "pdfium.PdfDocument", number: int) -> str:
    with closing(document[number - 1]) as page, closing(page.get_textpage()) as content:
        return str(content.get_text_bounded())


def _titles(document: "pdfium.PdfDocument", count: int) -> Mapping[int, str]:
    """Return the title of each page: the first bookmark on it, else the last one before it."""
    headings: list[Heading] = []
    for bookmark in islice(document.get_toc(), BOOKMARKS):
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        title = shorten(bookmark.get_title())
        if page is not None and title:
            headings.append(Heading(line=page + 1, level=bookmark.level, title=title))
    first: dict[int, str] = {}
    last: dict[int, str] = {}
    for heading, path in zip(headings, heading_paths(headings), strict=True):
        first.setdefault(heading.line, path)
        last[heading.line] = path
    name = shorten(str(document.get_metadata_value("Title")))
    current = "" if NO_TITLE.fullmatch(name) else name
    titles: dict[int, str] = {}
    for number in range(1, count + 1):
        titles[number] = first.get(number, current)
        current = last.get(number, current)
    return titles


def _write(text: str, extract: Extract) -> None:
    """Write the lines of a page, with words that a line end divides put together."""
    joined = _undivided(text.replace("\xad", ""))
    lines = [UNWANTED.sub("", line).strip() for line in joined.splitlines()]
    while lines and not lines[0]:
        del lines[0]
    cuts = [
        number
        for number, (above, line) in enumerate(pairwise(lines), start=2)
        if line and (not above or (PARAGRAPH_END.search(above) and not line[0].islower()))
    ]
    extract.write(lines, cuts=cuts)


def _undivided(text: str) -> str:
    """Put words together that a line end divides, and end the line after them.

    A hyphen stays in "well-Known", "B-52" and "state-of-the-art".
    """
    first, *others = DIVIDED.split(text)
    written = [first]
    for piece in others:
        head = (written[-1].split() or [""])[-1]
        tail = piece.split(maxsplit=1)[0] if piece[:1].strip() else ""
        hyphen = "" if head.isalpha() and len(head) > 1 and tail[:1].islower() else "-"
        written.append(f"{hyphen}{tail}\n{WHITE.sub('', piece[len(tail) :], count=1)}")
    return "".join(written)
