"""Plain text: paragraphs, under headings only where the file marks them beyond doubt."""

import re
from collections.abc import Sequence
from typing import Final

from indexer.parse.outline import Heading, Outline, paragraph_cuts, sections, shorten
from indexer.parse.text import decode
from indexer.types import Kind, Parsed

UNDERLINE: Final = re.compile(r"([=\-~*#^])\1{2,}")
NUMBERED: Final = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,5})\.?[ \t]+([^\W\d_].{0,90}[^\s.,;:!?])")
ITEM: Final = re.compile(r"[ \t]*(?:[-*+•]|\d{1,4}[.)])[ \t]+\S")


def parse_plain(data: bytes) -> Parsed:
    """Read a text file into sections, or into one block with its paragraphs as cuts where no headings stand out.

    Raises DocumentError where it is not text.
    """
    text, notes = decode(data)
    lines = text.split("\n")
    cuts = paragraph_cuts(lines)
    cuts.update(number for number, line in enumerate(lines, start=1) if ITEM.match(line))
    outline = Outline(headings=_underlined(lines) or _numbered(lines), cuts=frozenset(cuts))
    return Parsed(text=text, language="text", spans=sections(lines, outline, kind=Kind.BLOCK), notes=notes)


def _underlined(lines: Sequence[str]) -> tuple[Heading, ...]:
    """Return the one-line paragraphs with a rule of about their own length below; a rule above is theirs too."""
    found: list[Heading] = []
    levels: dict[str, int] = {}
    for number in range(2, len(lines) + 1):
        title, rule = lines[number - 2].rstrip(), lines[number - 1].rstrip()
        if not UNDERLINE.fullmatch(rule) or UNDERLINE.fullmatch(title) or not re.search(r"\w", title[:1000]):
            continue
        above = lines[number - 3].rstrip() if number > 2 else ""
        framed = above == rule
        # two spaces inside are the head of a table, not a title
        if (above and not framed) or abs(len(title) - len(rule)) > 3 or re.search(r"\S(?: {2}|\t)", title):
            continue
        level = levels.setdefault(rule[0] * (2 if framed else 1), len(levels) + 1)
        found.append(Heading(line=number - (2 if framed else 1), level=level, title=shorten(title)))
    return tuple(found)


def _numbered(lines: Sequence[str]) -> tuple[Heading, ...]:
    """Return headings such as "2.1 Install": lines of their own whose numbers follow each other without a gap.

    A list has numbers too: where one stands directly above the next, with nothing between, none is a heading.
    """
    found: list[Heading] = []
    last: tuple[int, ...] = ()
    ended = 0  # line of the last heading
    for number, line in enumerate(lines, start=1):
        alone = (number == 1 or not lines[number - 2].strip()) and (number == len(lines) or not lines[number].strip())
        match = NUMBERED.fullmatch(line.rstrip()) if alone and len(line) < 200 else None
        if match is None:
            continue
        parts = tuple(int(part) for part in match[1].split("."))
        if parts not in _successors(last):
            continue
        if len(parts) == len(last) and not any(between.strip() for between in lines[ended : number - 1]):
            return ()
        found.append(Heading(line=number, level=len(parts), title=shorten(line)))
        last, ended = parts, number
    return tuple(found) if len(found) > 1 else ()


def _successors(last: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Return the numbers that may follow: the first below, and the next on each level down to this one."""
    if not last:
        return {(0,), (1,)}
    return {(*last, 1)} | {(*last[:depth], last[depth] + 1) for depth in range(len(last))}
