"""The one door to lxml, which has no type stubs. Nothing here recurses, fetches or expands entities."""

import re
from collections.abc import Iterator
from typing import Final, Literal, Protocol, cast

from indexer.errors import DocumentError

XHTML: Final = re.compile(r"<\?xml\b|<html\b[^>]*\bxmlns=")
EMPTY: Final = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([A-Za-z][\w:-]*)(\s[^<>]*)?/>"
)


class Element(Protocol):
    """What is used of an lxml element."""

    tag: str
    text: str | None
    tail: str | None

    def get(self, key: str, default: str, /) -> str:
        """Return an attribute, or the default where it is absent."""
        ...

    def iter(self, *tags: str) -> "Iterator[Element]":
        """Yield this element and those below, in document order."""
        ...


class Walk(Protocol):
    """Begin and end of elements in document order."""

    def __iter__(self) -> Iterator[tuple[Literal["start", "end"], Element]]:
        """Yield each element at its beginning and at its end."""
        ...

    def skip_subtree(self) -> None:
        """Yield nothing below the element that has just begun; its end still comes."""
        ...


def parse_xml(data: bytes) -> Element:
    """Return the root of XML. Raises DocumentError where it is not well-formed."""
    from lxml import etree  # type: ignore[import-untyped]  # no stubs; here: `import indexer` must stay quick

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return cast(Element, etree.fromstring(data, parser))
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"holds broken XML: {error}") from error


def parse_html(text: str) -> tuple[Element | None, tuple[str, ...]]:
    """Return the root of any HTML, however wrong (None where there is no element), and notes of what was left out."""
    from lxml import etree

    if XHTML.search(text, 0, 2000):
        text = EMPTY.sub(r"<\1\2></\1>", text)  # HTML knows no "<title/>": it would swallow the page
    # bytes, since an encoding declared inside a str is an error for lxml; huge_tree: 2,048 levels instead of 256
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    cut = any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)
    return cast("Element | None", root), ("nested too deep: the text below is left out",) if cut else ()


def walk(root: Element) -> Walk:
    """Return begin and end of every element below `root`, and of itself."""
    from lxml import etree

    return cast(Walk, etree.iterwalk(root, events=("start", "end")))
