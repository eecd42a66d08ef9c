"""Headings, cuts and pages to spans: what reading a document, in any format, ends in.

Formats that are text keep their own lines (`Outline`); formats that are not are written out block by
block (`Extract`), and lines count in what was written.
"""

import re
import textwrap
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from indexer.types import Kind, Parsed, Span

LONG_BLOCK: Final = 60  # lines; a longer code block may be cut inside, at a blank line
TITLE_CHARACTERS: Final = 200  # of one heading; what is longer is a paragraph that somebody made a heading
TEXT_CHARACTERS: Final = 20_000_000  # extracted from one file; a library of novels fits
WIDTH: Final = 120  # characters of an extracted line of prose

UNWANTED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")  # no text holds these


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Where a section begins."""

    line: int  # 1-based
    level: int  # smaller is higher; only the order counts
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a page, slide or cell begins."""

    line: int  # 1-based
    number: int  # 1-based
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The structure of one text."""

    headings: tuple[Heading, ...] = ()  # by line
    cuts: frozenset[int] = frozenset()  # lines at which a paragraph, list item, block or row begins
    title: str | None = None  # of the document, where something other than a heading tells


def fold(text: str) -> str:
    """Return a text on one line, with single spaces and without control characters or lone surrogates."""
    return UNWANTED.sub("", " ".join(text.split()))


def shorten(title: str) -> str:
    """Return a heading on one line, cut to a length that still names its section."""
    folded = fold(title[: 4 * TITLE_CHARACTERS])
    return folded if len(folded) <= TITLE_CHARACTERS else folded[: TITLE_CHARACTERS - 1] + "…"


def heading_paths(headings: Sequence[Heading], *, title: str | None = None) -> list[str]:
    """Return for each heading the path from the document's title down to it: "Guide > Install > Linux"."""
    paths: list[str] = []
    above: list[Heading] = []
    for heading in headings:
        while above and above[-1].level >= heading.level:
            above.pop()
        above.append(heading)
        names = [parent.title for parent in above]
        if title and names[0] != title:
            names.insert(0, title)
        paths.append(" > ".join(names))
    return paths


def spans_between(lines: Sequence[str], starts: Sequence[tuple[int, Span]], cuts: Iterable[int]) -> tuple[Span, ...]:
    """Fill in where spans end: each at the last non-blank line before the next.

    starts: first line (1-based, rising) with a template that names kind, title and page. A span of
    blank lines alone is left out. Every cut goes to the span that it lies in.
    """
    ordered = sorted(cuts)
    spans: list[Span] = []
    for index, (first, template) in enumerate(starts):
        start = first
        end = starts[index + 1][0] - 1 if index + 1 < len(starts) else len(lines)
        while start <= end and not lines[start - 1].strip():
            start += 1
        while end >= start and not lines[end - 1].strip():
            end -= 1
        if start > end:
            continue
        inside = tuple(ordered[bisect_right(ordered, start) : bisect_right(ordered, end)])
        text = "\n".join(lines[start - 1 : end])
        kind, title, page = template.kind, template.title, template.page
        spans.append(Span(kind=kind, start=start, end=end, text=text, title=title, page=page, cuts=inside))
    return tuple(spans)


def sections(lines: Sequence[str], outline: Outline, *, kind: Kind = Kind.SECTION) -> tuple[Span, ...]:
    """Return a span for each heading with its own text, and one for what stands before the first.

    kind: of the text before the first heading; a text without headings is one span of it.
    """
    starts: list[tuple[int, Span]] = []
    title = shorten(outline.title) if outline.title else None
    if not outline.headings or outline.headings[0].line > 1:
        before = Kind.SECTION if outline.headings else kind
        starts.append((1, _template(before, title, None)))
    paths = heading_paths(outline.headings, title=title)
    for heading, path in zip(outline.headings, paths, strict=True):
        starts.append((heading.line, _template(Kind.SECTION, path, None)))
    return spans_between(lines, starts, outline.cuts)


def _template(kind: Kind, title: str | None, page: int | None) -> Span:
    return Span(kind=kind, start=0, end=0, text="", title=title, page=page)


def paragraph_cuts(lines: Sequence[str], verbatim: Sequence[tuple[int, int]] = ()) -> set[int]:
    """Return the lines that follow a blank line.

    verbatim: blocks (first and last line, 1-based, rising, apart) that are not cut, unless they are
    long: then at unindented lines, or at all lines after a blank one where none is unindented.
    """
    cuts = {
        number for number, (above, line) in enumerate(pairwise(lines), start=2) if line.strip() and not above.strip()
    }
    ordered = sorted(cuts)
    for first, last in verbatim:
        inside = ordered[bisect_right(ordered, first) : bisect_right(ordered, last)]
        cuts.difference_update(inside)
        if last - first >= LONG_BLOCK:
            margin = min((_indent(lines[number - 1]) for number in inside), default=0)
            cuts.update(number for number in inside if _indent(lines[number - 1]) == margin)
    return cuts


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


class Extract:
    """Text taken out of a format that is not text, written block by block.

    Prose is folded and wrapped at 120 characters. At most `limit` characters are kept; `notes` says so
    where there was more.
    """

    def __init__(self, *, limit: int = TEXT_CHARACTERS) -> None:
        self.lines: list[str] = []
        self.headings: list[Heading] = []
        self.pages: list[Page] = []
        self.cuts: set[int] = set()
        self.notes: list[str] = []
        self.full = False  # the limit is reached: nothing more is written
        self._limit = limit
        self._characters = 0
        self._tight = False

    @property
    def written(self) -> int:
        """A number that rises whenever something is written."""
        return len(self.lines)

    @property
    def next_line(self) -> int:
        """The number of the line that is written next (after the blank line that separates blocks)."""
        return len(self.lines) + (2 if self.lines and self.lines[-1] else 1)

    def page(self, number: int, title: str | None = None) -> None:
        """Begin a page, slide or cell."""
        self.gap()
        self.pages.append(Page(line=self.next_line, number=number, title=shorten(title) if title else None))

    def heading(self, text: str, level: int) -> None:
        """Write a heading."""
        if folded := fold(text):
            self.headings.append(Heading(line=self.next_line, level=level, title=shorten(folded)))
            self.prose(folded)

    def untitled(self, title: str, level: int) -> None:
        """Begin a section whose title stands outside the text."""
        self.gap()
        self.headings.append(Heading(line=self.next_line, level=level, title=shorten(title)))

    def prose(self, text: str, *, tight: bool = False) -> None:
        """Write a paragraph; a tight one (list item, table row) follows another tight one without a blank line."""
        if folded := fold(text):
            wrapped = [folded]
            if len(folded) > WIDTH:
                wrapped = textwrap.wrap(folded, WIDTH, break_long_words=False, break_on_hyphens=False)
            self.write(wrapped, tight=tight)

    def gap(self) -> None:
        """Let a blank line stand before the next block, tight or not."""
        self._tight = False

    def verbatim(self, text: str) -> None:
        """Write code or other text whose lines count; a long one may be cut at its blank lines."""
        lines = [UNWANTED.sub("", line).rstrip() for line in text.splitlines()]
        while lines and not lines[0]:
            del lines[0]
        self.write(lines, cuts=paragraph_cuts(lines, [(1, len(lines))]))

    def write(self, lines: Sequence[str], *, cuts: Iterable[int] = (), tight: bool = False) -> None:
        """Write a block of lines as they are; cuts: of its own lines, 1-based. A cut before the block is implied."""
        if not lines or self.full:
            return
        size = sum(map(len, lines)) + len(lines)
        if self._characters + size > self._limit:
            self.full = True
            self.notes.append(f"only the first {self._limit:,} characters are indexed")
            return
        self._characters += size
        if self.lines and self.lines[-1] and not (tight and self._tight):
            self.lines.append("")
        first = len(self.lines) + 1
        self.cuts.add(first)
        self.cuts.update(first + number - 1 for number in cuts)
        self.lines.extend(lines)
        self._tight = tight

    def sections(self, *, language: str, title: str | None = None) -> Parsed:
        """Return what was written, as sections under headings."""
        headings = tuple(heading for heading in self.headings if heading.line <= len(self.lines))
        outline = Outline(headings=headings, cuts=frozenset(self.cuts), title=title)
        return self._parsed(language, sections(self.lines, outline) if self.lines else ())

    def paged(self, *, language: str, kind: Kind) -> Parsed:
        """Return what was written, as pages, slides or cells."""
        kept = self.pages[: bisect_left(self.pages, len(self.lines) + 1, key=lambda page: page.line)]
        # of pages that begin on one line all but the last are empty
        last = {page.line: page for page in kept}
        starts = [(line, _template(kind, page.title, page.number)) for line, page in last.items()]
        return self._parsed(language, spans_between(self.lines, starts, self.cuts))

    def _parsed(self, language: str, spans: tuple[Span, ...]) -> Parsed:
        return Parsed(text="\n".join(self.lines), language=language, spans=spans, notes=tuple(self.notes))
