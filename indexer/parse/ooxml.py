"""The XML of Office documents to paragraphs and table rows, in the order of reading."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from indexer.parse.markup import Element, walk
from indexer.parse.outline import fold

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
HIDDEN: Final = frozenset((FALLBACK, f"{W}moveFrom", f"{W}del"))  # said again for old programs, or deleted
CHARACTERS: Final[Mapping[str, str]] = {
    f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{A}br": "\n",
}  # fmt: skip
FORMULA_TEXT: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
TEXTS: Final = frozenset((f"{W}t", f"{A}t", FORMULA_TEXT))
PARAGRAPHS: Final = frozenset((f"{W}p", f"{A}p"))
TABLES: Final = frozenset((f"{W}tbl", f"{A}tbl"))
ROWS: Final = frozenset((f"{W}tr", f"{A}tr"))
CELLS: Final = frozenset((f"{W}tc", f"{A}tc"))
ON_EVERY_SLIDE: Final = frozenset(("sldNum", "dt", "ftr", "hdr"))  # placeholders for numbers, date, footer
BODY_LEVEL: Final = 9  # the outline level that Word gives to body text; 0 to 8 are headings


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, or a table row whose cells are joined by " | "."""

    text: str
    style: str = ""  # identifier of the paragraph style
    level: int | None = None  # the paragraph's own outline level
    is_list: bool = False
    is_row: bool = False


def blocks(root: Element, *, skipped: Element | None = None) -> Iterator[Block]:
    """Yield the paragraphs and table rows below an element; `skipped` is left out.

    What is nested (a text box in a paragraph, a table in a cell) is part of the paragraph or cell around it.
    """
    reader = _Reader()
    events = walk(root)
    for event, element in events:
        if event == "end":
            yield from reader.end(element.tag)
        elif element.tag in HIDDEN or element is skipped or _is_on_every_slide(element):
            events.skip_subtree()
        else:
            reader.begin(element)


class _Reader:
    """Collects text, and knows what is open around it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.cells: list[str] = []
        self.style = ""
        self.level: int | None = None
        self.is_list = False
        self.paragraphs = 0  # open
        self.tables = 0  # open

    @property
    def in_outer_table(self) -> bool:
        return self.tables == 1 and not self.paragraphs

    def begin(self, element: Element) -> None:
        tag = element.tag
        if tag in TEXTS:
            self.parts.append(element.text or "")
        elif tag in CHARACTERS:
            self.parts.append(CHARACTERS[tag])
        elif tag in PARAGRAPHS:
            self.parts.append("\n")
            self.paragraphs += 1
            if self.paragraphs == 1:
                self.style, self.level, self.is_list = "", None, False
        elif tag in TABLES:
            self.tables += 1
        elif tag in ROWS and self.in_outer_table:
            self.parts, self.cells = [], []
        elif self.paragraphs == 1:
            self._begin_property(element)

    def _begin_property(self, element: Element) -> None:
        value = element.get(f"{W}val", "")
        if element.tag == f"{W}pStyle":
            self.style = value
        elif element.tag == f"{W}outlineLvl":
            self.level = outline_level(value)
        elif element.tag == f"{W}numId":
            self.is_list = value != "0"  # 0 takes a paragraph out of the list of its style

    def end(self, tag: str) -> Iterator[Block]:
        if tag in PARAGRAPHS:
            self.paragraphs -= 1
            if not self.paragraphs and not self.tables:
                yield Block(text=self._taken(), style=self.style, level=self.level, is_list=self.is_list)
        elif tag in CELLS and self.in_outer_table:
            self.cells.append(self._taken())
        elif tag in ROWS and self.in_outer_table:
            yield Block(text=" | ".join(filter(None, self.cells)), is_row=True)
        elif tag in TABLES:
            self.tables -= 1

    def _taken(self) -> str:
        text = fold("".join(self.parts))
        self.parts = []
        return text


def outline_level(value: str) -> int | None:
    """Return the level of headings (1 to 9) that an outline level stands for; None is body text."""
    return int(value) + 1 if value.isdecimal() and int(value) < BODY_LEVEL else None


def _is_on_every_slide(element: Element) -> bool:
    if element.tag != f"{P}sp":
        return False
    return any(holder.get("type", "") in ON_EVERY_SLIDE for holder in element.iter(f"{P}ph"))
