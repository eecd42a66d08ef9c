"""HTML: the visible text of the main part of a page, under its headings, each line of it where the source has it."""

import re
from typing import Final, Protocol

from indexer.parse.marks import Laid, mark, unmark
from indexer.parse.markup import Element, parse_html, walk
from indexer.parse.outline import fold
from indexer.parse.text import decode
from indexer.types import Parsed

DECLARED: Final = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,300}\b(?:charset|encoding)\s*=\s*["']?"""
    rb"""((?:iso-8859-|windows-|cp|koi8-|euc-)[\w-]{1,8}|(?:shift_jis|gb2312|gbk|gb18030|big5|macintosh)\b)""",
    re.IGNORECASE,
)
DECLARED_WITHIN: Final = 2048  # bytes from the start of the file
# not "head": where <body> is implied, the parser puts what HTML 5 added, such as <main>, into the head
NEVER: Final = frozenset((
    "title", "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "audio", "video",
    "map", "select", "textarea", "button",
))  # fmt: skip
AROUND: Final = frozenset(("nav", "footer", "dialog", "menu"))  # what stands around the text of a page
AROUND_ROLES: Final = frozenset(("navigation", "search", "contentinfo", "menu", "menubar", "toolbar", "dialog"))
AROUND_CLASSES: Final = frozenset(("linenos", "linenodiv", "lineno"))  # line numbers beside code
BLOCKS: Final = frozenset((
    "html", "head", "body", "div", "section", "article", "main", "aside", "header", "footer", "nav", "p", "ul", "ol",
    "dl", "li", "dt", "dd", "blockquote", "figure", "figcaption", "table", "caption", "thead", "tbody",
    "tfoot", "tr", "address", "details", "summary", "fieldset", "legend", "form", "hr", "center", "dialog",
    "menu",
))  # fmt: skip
LINE_BREAK: Final = "\u2028"  # stands for <br>; white space to whatever folds or splits lines
HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
ANCHORS: Final = frozenset(("¶", "#", "§", "🔗", "\uf0c1"))  # links that generators put beside a heading


class Sink(Protocol):
    """What a page is written to: `Laid` keeps the lines of the source, `Extract` makes its own."""

    full: bool  # nothing more is taken

    @property
    def written(self) -> int:
        """A number that rises whenever something is written."""
        ...

    def heading(self, text: str, level: int) -> None:
        """Write a heading."""
        ...

    def prose(self, text: str, *, tight: bool = False) -> None:
        """Write a paragraph, list item or table row."""
        ...

    def verbatim(self, text: str) -> None:
        """Write code."""
        ...

    def gap(self) -> None:
        """Let the next block stand apart."""
        ...


def parse_html_page(data: bytes) -> Parsed:
    """Read a page into one section a heading; the lines of navigation, scripts and styles are blank.

    The title stands above the headings only where the page has no first-level heading.
    """
    text, notes = _decode(data)
    root, losses = parse_html(mark(text))
    laid = Laid(text)
    title = None
    if root is not None:
        write_page(root, laid)
        if not laid.has_first_level:
            title = page_title(root)
    return laid.sections(language="html", title=title, notes=(*notes, *losses))


def page_title(root: Element) -> str | None:
    """Return what the page calls itself in its head."""
    for element in root.iter("title"):
        return fold(unmark(element.text or "")) or None
    return None


def write_page(root: Element, sink: Sink) -> None:
    """Write the main part of a page; where that is empty, all of it."""
    for start, around in ((_main(root), False), (root, False), (root, True)):
        if start is None:
            continue
        before = sink.written
        _Writer(sink).write(start, around=around)
        if sink.written > before:
            return


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode as the page declares, unless it is valid UTF-8 all the same."""
    declared = DECLARED.search(data[:DECLARED_WITHIN])
    if declared:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            encoding = declared[1].decode("ascii").lower()
            try:
                return data.decode(encoding).replace("\0", "\N{REPLACEMENT CHARACTER}"), ()
            except (LookupError, UnicodeDecodeError):
                pass  # unknown or untrue: `decode` guesses, and says so
    return decode(data)


def _main(root: Element) -> Element | None:
    """Return the element that the page marks as its main part, or its only article."""
    articles: list[Element] = []
    for element in root.iter():
        if element.tag == "main" or element.get("role", "") == "main":
            return element
        if element.tag == "article":
            articles.append(element)
    return articles[0] if len(articles) == 1 else None


class _Writer:
    """Collects inline text and writes it out wherever a block begins or ends."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.parts: list[str] = []
        self.cells: list[str] | None = None  # of the table row that is open
        self.heading: int | None = None  # level of the heading that is open
        self.verbatim = 0  # open <pre> elements
        self.item = ""  # the mark that the next paragraph gets

    def write(self, root: Element, *, around: bool) -> None:
        """Write what is visible below an element; around: with navigation and footers."""
        events = walk(root)
        for event, element in events:
            skipped = _is_skipped(element, around=around)
            if event == "start":
                if skipped:
                    events.skip_subtree()
                    continue
                self._begin(element)
                self.parts.append(element.text or "")
            else:
                if not skipped:
                    self._end(element.tag)
                if element is not root:
                    self.parts.append(element.tail or "")
            if self.sink.full:
                return
        self._flush()

    def _begin(self, element: Element) -> None:
        tag = element.tag
        if tag in HEADINGS:
            self._end_row()
            self.heading = HEADINGS[tag]
        elif tag == "pre":
            self._end_row()
            self.verbatim += 1
        elif tag in ("tr", "table"):
            self._end_row()
            self.cells = [] if tag == "tr" else None
            if tag == "table":
                self.sink.gap()
        elif tag in ("td", "th"):
            if self.cells is None:
                self._flush()
                self.cells = []
        elif tag == "img":
            self.parts.append(f" {element.get('alt', '')} ")
        elif tag == "br":
            self.parts.append(LINE_BREAK)
        elif tag in BLOCKS:
            self._break()
            self.item = "- " if tag == "li" and self.cells is None else self.item

    def _end(self, tag: str) -> None:
        if tag in HEADINGS and self.heading is not None:
            self.sink.heading("".join(self.parts), self.heading)
            self.parts.clear()
            self.heading = None
        elif tag == "pre" and self.verbatim:
            self._flush()
            self.verbatim -= 1
        elif tag in ("td", "th") and self.cells is not None:
            self.cells.append(fold("".join(self.parts)))
            self.parts.clear()
        elif tag in ("tr", "table"):
            self._end_row()
            self.cells = None
        elif tag in BLOCKS:
            self._break()
        if tag == "li":
            self.item = ""

    def _break(self) -> None:
        """End a line or block, where one can end: a heading, a cell and code stay together."""
        if self.verbatim or self.cells is not None or self.heading is not None:
            self.parts.append("\n")
        else:
            self._flush()

    def _flush(self) -> None:
        content = "".join(self.parts)
        self.parts.clear()
        if self.verbatim:
            self.sink.verbatim(content)
            return
        lines = [line for line in content.split(LINE_BREAK) if line.strip()]
        if len(lines) > 1 and not self.item:
            self.sink.gap()
        for line in lines:
            self.sink.prose(self.item + line, tight=bool(self.item) or len(lines) > 1)
            self.item = ""

    def _end_row(self) -> None:
        """Write the open row, or the open paragraph where there is none."""
        if self.cells is None:
            self._flush()
            return
        if rest := fold("".join(self.parts)):
            self.cells.append(rest)
        self.parts.clear()
        self.sink.prose(" | ".join(cell for cell in self.cells if cell), tight=True)
        self.cells = None


def _is_skipped(element: Element, *, around: bool) -> bool:
    tag = element.tag
    if tag in NEVER or element.get("aria-hidden", "") == "true":
        return True
    if tag == "a" and unmark(element.text or "").strip() in ANCHORS:
        return True
    if not AROUND_CLASSES.isdisjoint(element.get("class", "").split()):
        return True
    return not around and (tag in AROUND or element.get("role", "") in AROUND_ROLES)
