"""EPUB: the chapters in reading order, each as a page of HTML. Lines count in the extracted text."""

import posixpath
import zipfile
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from indexer.errors import DocumentError
from indexer.parse.archive import open_archive
from indexer.parse.html import HEADINGS, page_title, write_page
from indexer.parse.markup import parse_html, parse_xml
from indexer.parse.outline import Extract, fold
from indexer.parse.text import decode
from indexer.types import Parsed

CONTAINER: Final = "META-INF/container.xml"
ENCRYPTION: Final = "META-INF/encryption.xml"
PAGES: Final = frozenset(("application/xhtml+xml", "text/html", "text/x-oeb1-document"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    title: str | None
    chapters: tuple[str, ...]  # names in the archive, in reading order


def parse_epub(data: bytes) -> Parsed:
    """Read a book into one section a heading, below the book's title.

    Raises DocumentError for what is damaged, protected, no EPUB, or expands too much.
    """
    with open_archive(data) as archive:
        names = frozenset(archive.namelist())
        book = _read_package(archive, names)
        present = [name for name in book.chapters if name in names]
        if _encrypted(archive, names).intersection(present):
            raise DocumentError("is protected against copying (DRM)", hint="only an unprotected copy is searchable")
        extract = Extract()
        for name in present:
            _write_chapter(archive.read(name), extract, book)
    missing = len(book.chapters) - len(present)
    if missing:
        extract.notes.append(f"{missing} chapters are missing from the file")
    return extract.sections(language="epub", title=book.title)


def _write_chapter(data: bytes, extract: Extract, book: _Book) -> None:
    text, notes = decode(data)
    root, losses = parse_html(text)
    extract.notes.extend(note for note in (*notes, *losses) if note not in extract.notes)
    if root is None:
        return
    title = page_title(root)
    if title and title != book.title and next(root.iter(*HEADINGS), None) is None:
        extract.untitled(title, 1)
    write_page(root, extract)


def _read_package(archive: zipfile.ZipFile, names: frozenset[str]) -> _Book:
    """Read title and reading order from the package file that the container names."""
    package = ""
    if CONTAINER in names:
        for element in parse_xml(archive.read(CONTAINER)).iter("{*}rootfile"):
            package = package or element.get("full-path", "")
    if package not in names:
        raise DocumentError("is no EPUB: its package file is missing")
    root = parse_xml(archive.read(package))
    folder = posixpath.dirname(package)
    items = {
        element.get("id", ""): posixpath.normpath(posixpath.join(folder, unquote(element.get("href", ""))))
        for element in root.iter("{*}item")
        if element.get("media-type", "") in PAGES and "nav" not in element.get("properties", "").split()
    }
    order = [element.get("idref", "") for element in root.iter("{*}itemref")]
    titles = [fold(element.text or "") for element in root.iter("{http://purl.org/dc/elements/1.1/}title")]
    chapters = dict.fromkeys(items[name] for name in order if name in items)
    return _Book(title=next(filter(None, titles), None), chapters=tuple(chapters))


def _encrypted(archive: zipfile.ZipFile, names: frozenset[str]) -> set[str]:
    """Return the entries that are encrypted one by one; fonts often are, in books that anyone may read."""
    if ENCRYPTION not in names:
        return set()
    references = parse_xml(archive.read(ENCRYPTION)).iter("{*}CipherReference")
    return {unquote(element.get("URI", "")) for element in references}
