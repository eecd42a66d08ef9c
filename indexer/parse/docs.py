"""Documents of every format to spans: one table of formats, and the one boundary for what their libraries raise."""

from collections.abc import Callable, Mapping
from typing import Final

from indexer.errors import DocumentError
from indexer.parse.asciidoc import parse_asciidoc
from indexer.parse.epub import parse_epub
from indexer.parse.html import parse_html_page
from indexer.parse.markdown import parse_markdown
from indexer.parse.notebook import parse_notebook
from indexer.parse.office import parse_docx, parse_pptx
from indexer.parse.pdf import parse_pdf
from indexer.parse.plain import parse_plain
from indexer.parse.rst import parse_rst
from indexer.types import Parsed

FORMATS: Final[Mapping[str, Callable[[bytes], Parsed]]] = {
    "asciidoc": parse_asciidoc,
    "docx": parse_docx,
    "epub": parse_epub,
    "html": parse_html_page,
    "markdown": parse_markdown,
    "notebook": parse_notebook,
    "pdf": parse_pdf,
    "pptx": parse_pptx,
    "rst": parse_rst,
    "text": parse_plain,
}


def parse_document(data: bytes, *, language: str) -> Parsed:
    """Read a document; `language` is a key of FORMATS (another is a KeyError: the caller's mistake).

    Raises DocumentError for whatever cannot be read, and nothing else: python-docx and python-pptx
    meet a damaged file with KeyError, AttributeError, ValueError and others that no list would hold.
    """
    parse = FORMATS[language]
    try:
        return parse(data)
    except DocumentError:
        raise
    except Exception as error:
        raise DocumentError(f"cannot be read as {language}: {type(error).__name__}: {error}") from error
