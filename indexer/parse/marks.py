"""Lines of a page's source: marks that travel through the parser with the text, and pages laid out by them.

No HTML parser that repairs what is wrong says where a text stands: lxml knows the lines of elements alone,
and none beyond 65,535. So a mark with its line goes before every text, and before every further line of it.
"""

import re
from collections.abc import Iterator
from typing import Final

from indexer.parse.outline import UNWANTED, Heading, Outline, fold, paragraph_cuts, sections, shorten
from indexer.types import Parsed

OPEN, CLOSE = "\U0010fffe", "\U0010ffff"  # noncharacters that a parser keeps: a text that holds them loses them
MARK: Final = re.compile(f"{OPEN}([0-9]+){CLOSE}")
OWN: Final = re.compile(f"[{OPEN}{CLOSE}]")
TAG_BEGIN: Final = re.compile(r"</?[a-z]", re.IGNORECASE)
TAG: Final = re.compile(r"""</?[a-z](?:"[^"]*+"|'[^']*+'|[^"'>])*+>""", re.IGNORECASE)  # possessive: one look
RAW: Final = re.compile(r"<(script|style|title|textarea|iframe|noscript)\b", re.IGNORECASE)  # never shown as text
ALT: Final = re.compile(r"""\salt\s*=\s*["']?(?=[^\s"'>])""", re.IGNORECASE)
BLANK: Final = re.compile(r"(?:\s|&nbsp;|&#160;)*+")


def mark(source: str) -> str:
    r"""Return a page with a mark before each text, each further line of it, and the text for an image.

    None stands where a text is blank: a mark there would make a paragraph. Takes time linear in the page.

    >>> [line for line, _ in places(mark("<p\n>a\nb"))]
    [2, 3]
    """
    source = OWN.sub("", source)
    marked: list[str] = []
    line = 1
    for text, tag in _pieces(source):
        marked.append(_marked(text, line))
        line += text.count("\n")
        marked.append(_with_alt(tag, line) if tag[:4].lower() == "<img" else tag)
        line += tag.count("\n")
    return "".join(marked)


def unmark(text: str) -> str:
    """Return a text without marks."""
    return MARK.sub("", text)


def places(text: str) -> Iterator[tuple[int | None, str]]:
    """Yield each marked stretch of a text with its line; what stands before the first mark goes with it.

    The white space before a mark, after the last line end, belongs to the line that the mark begins.
    None: nothing is marked.
    """
    parts = MARK.split(text)
    if len(parts) == 1:
        yield None, text
    carried = parts[0] if parts[0].strip() else parts[0].rpartition("\n")[2]
    for number, content in zip(parts[1::2], parts[2::2], strict=True):
        above, end, rest = content.rpartition("\n")
        following = rest if end and not rest.strip() else ""
        yield int(number), carried + (above if following else content)
        carried = following


class Laid:
    """The readable text of a page, on the lines on which it stands in the source; takes the calls of `Extract`.

    A heading begins its section at its line. Where an earlier one stands on the same line, a later one
    begins at the next: the text of one line has one section.
    """

    def __init__(self, source: str) -> None:
        self.full = False  # never: it is no longer than its source
        self.written = 0  # blocks
        self._rows = [""] * (source.count("\n") + 1)
        self._line = 1  # of what was written last
        self._headings: list[Heading] = []
        self._headed = 0  # line of the last heading
        self._cuts: set[int] = set()

    @property
    def has_first_level(self) -> bool:
        """Whether a first-level heading was written."""
        return any(heading.level == 1 for heading in self._headings)

    def heading(self, text: str, level: int) -> None:
        """Write a heading."""
        lines = self._place(text)
        if not lines:
            return
        first = lines[0] if lines[0] > self._headed else self._headed + 1
        self._headed = max(lines[0], self._headed)
        self._headings.append(Heading(line=first, level=level, title=shorten(unmark(text))))

    def prose(self, text: str, *, tight: bool = False) -> None:
        """Write a paragraph, list item or table row; tight changes nothing: the source has its own blank lines."""
        del tight
        self._place(text)

    def verbatim(self, text: str) -> None:
        """Write code, indented as it is; a long one may be cut at its blank lines."""
        if lines := self._place(text, code=True):
            first, last = lines[0], lines[-1]
            inside = paragraph_cuts(self._rows[first - 1 : last], [(1, last - first + 1)])
            self._cuts.update(first + number - 1 for number in inside)

    def gap(self) -> None:
        """Do nothing: the source has its own blank lines."""

    def sections(self, *, language: str, title: str | None, notes: tuple[str, ...]) -> Parsed:
        """Return what was written, as sections under headings."""
        outline = Outline(headings=tuple(self._headings), cuts=frozenset(self._cuts), title=title)
        return Parsed(text="\n".join(self._rows), language=language, spans=sections(self._rows, outline), notes=notes)

    def _place(self, text: str, *, code: bool = False) -> list[int]:
        """Write a block on its lines, after what stands there; return those that got something, rising."""
        stretches: dict[int, str] = {}
        for number, content in places(text):
            self._line = min(number or self._line, len(self._rows))
            stretches[self._line] = stretches.get(self._line, "") + content
        lines: list[int] = []
        for line, content in sorted(stretches.items()):
            shown = fold(content)
            if not shown:
                continue
            if self._rows[line - 1]:
                shown = f"{self._rows[line - 1]} {shown}"
            elif code:
                shown = _indent(content) + _code(content)
            self._rows[line - 1] = shown
            lines.append(line)
        self._cuts.update(lines[:1])
        self.written += bool(lines)
        return lines


def _indent(content: str) -> str:
    white = content[: len(content) - len(content.lstrip())]
    return UNWANTED.sub("", (white.splitlines() or [""])[-1])


def _code(content: str) -> str:
    """Return what stands on one line of code with its white space; `<br>` and the like become a space."""
    return UNWANTED.sub("", " ".join(line.rstrip() for line in content.strip().splitlines() if line.strip()))


def _marked(text: str, line: int) -> str:
    """Return a text with a mark before the first character that is seen of each line."""
    lines = text.split("\n")
    for number, content in enumerate(lines):
        blank = BLANK.match(content)
        at = blank.end() if blank else 0
        if at < len(content):
            lines[number] = f"{content[:at]}{_mark(line + number)}{content[at:]}"
    return "\n".join(lines)


def _with_alt(tag: str, line: int) -> str:
    """Return an image with a mark in its alternative text."""
    alt = ALT.search(tag)
    if alt is None:
        return tag
    end = alt.end()
    return tag[:end] + _mark(line + tag.count("\n", 0, end)) + tag[end:]


def _mark(line: int) -> str:
    return f"{OPEN}{line}{CLOSE}"


def _pieces(source: str) -> Iterator[tuple[str, str]]:
    """Yield each stretch of text with the tag, comment or raw element after it; the last has none."""
    start = at = 0
    gone: set[str] = set()  # ends that come no more, so that they are looked for once
    while (at := source.find("<", at)) >= 0:
        end = _end(source, at, gone)
        if end == at:  # a plain "<"
            at += 1
            continue
        yield source[start:at], source[at:end]
        start = at = end
    yield source[start:], ""


def _end(source: str, at: int, gone: set[str]) -> int:
    """Return where the markup that begins at `at` ends; `at` itself if none does."""
    if source.startswith("<!--", at):
        return _after(source, at, "-->", gone)
    if source.startswith(("<!", "<?"), at):
        return _after(source, at, ">", gone)
    if not TAG_BEGIN.match(source, at):
        return at
    end = at
    if "quoted" not in gone:
        if tag := TAG.match(source, at):
            end = tag.end()
        else:  # a quote ends nowhere: from here on a tag ends at any ">"
            gone.add("quoted")
    if end == at:
        end = _after(source, at, ">", gone)
    raw = RAW.match(source, at)
    if raw and end > at and source[end - 2] != "/":  # of XHTML, "<title/>" is whole
        return _after(source, end, f"</{raw[1].lower()}\\b[^>]{{0,100}}>", gone)
    return end


def _after(source: str, at: int, close: str, gone: set[str]) -> int:
    """Return the position after the next `close`, in either case; `at` where there is none."""
    found = None if close in gone else re.compile(close, re.IGNORECASE).search(source, at)
    if found is None:
        gone.add(close)
        return at
    return found.end()
