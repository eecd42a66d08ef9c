"""AsciiDoc: titles marked with "=" (or "#"), or underlined, outside delimited blocks."""

import re
from collections.abc import Sequence
from typing import Final

from indexer.parse.outline import Heading, Outline, paragraph_cuts, sections, shorten
from indexer.parse.text import decode
from indexer.types import Parsed

TITLE: Final = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*?)(?:[ \t]+\1)?[ \t]*")
UNDERLINE: Final = re.compile(r"([-=~^+])\1+")
UNDERLINES: Final = "=-~^+"  # of levels 1 to 5
VERBATIM: Final = re.compile(r"-{4,}|\.{4,}|\+{4,}|/{4,}|```+.*|\|===+|,===|:===")  # what stands inside is no markup
ITEM: Final = re.compile(r"[ \t]*(?:[*.-]{1,5}|\d{1,4}\.|<\d{1,3}>|<\.>)[ \t]+\S|\S.{0,200}::(?:[ \t]|$)")
ATTRIBUTES: Final = re.compile(r"\[[^\]\s][^\]]*\]{1,2}")
MACRO: Final = re.compile(r"\b(?:link|xref|https?)(?::[^\s\[]*)?\[([^\]]*)\]|\{[\w-]+\}|\[\[[^\]]*\]\]|[`*_#]{2}|`")


def parse_asciidoc(data: bytes) -> Parsed:
    """Read an AsciiDoc file into one section a title. Raises DocumentError where it is not text."""
    text, notes = decode(data)
    lines = text.split("\n")
    blocks = _verbatim_blocks(lines)
    cuts = paragraph_cuts(lines, blocks)
    inside = {number for first, last in blocks for number in range(first + 1, last + 1)}
    cuts.update(number for number, line in enumerate(lines, start=1) if number not in inside and ITEM.match(line))
    cuts.update(_row_cuts(lines, blocks))
    outline = Outline(headings=_titles(lines, inside | {first for first, _ in blocks}), cuts=frozenset(cuts))
    return Parsed(text=text, language="asciidoc", spans=sections(lines, outline), notes=notes)


def _titles(lines: Sequence[str], verbatim: set[int]) -> tuple[Heading, ...]:
    found: list[Heading] = []
    for number, line in enumerate(lines, start=1):
        if number in verbatim:
            continue
        if match := TITLE.fullmatch(line.rstrip()):
            found.append(Heading(line=_with_anchors(lines, number), level=len(match[1]), title=_plain(match[2])))
        elif number < len(lines) and _is_underlined(line, lines[number], lines[number - 2] if number > 1 else ""):
            level = UNDERLINES.index(lines[number][0]) + 1
            found.append(Heading(line=_with_anchors(lines, number), level=level, title=_plain(line)))
    return tuple(found)


def _with_anchors(lines: Sequence[str], number: int) -> int:
    """Return the line of the first of the attribute lines directly above a title, which belong to it."""
    while number > 1 and ATTRIBUTES.fullmatch(lines[number - 2].rstrip()):
        number -= 1
    return number


def _is_underlined(line: str, below: str, above: str) -> bool:
    """Tell a two-line title, whose underline may be one character off, as Asciidoctor does."""
    stripped, rule = line.rstrip(), below.rstrip()
    if above.strip() and not above.startswith("["):
        return False
    return (
        bool(re.match(r"\w", stripped))
        and bool(UNDERLINE.fullmatch(rule))
        and abs(len(stripped) - len(rule)) <= 1
        and len(rule) > 2
    )


def _plain(title: str) -> str:
    return shorten(MACRO.sub(lambda match: match[1] or "", title[:2000])) or shorten(title)


def _verbatim_blocks(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the delimited blocks, with their delimiters; a delimiter that is never closed opens none."""
    final: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if VERBATIM.fullmatch(line.rstrip()) and line.rstrip() == _closing(line):
            final[_closing(line)] = number
    blocks: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if not VERBATIM.fullmatch(line.rstrip()):
            continue
        if opened is None:
            underlines = number > 1 and _is_underlined(lines[number - 2], line, lines[number - 3] if number > 2 else "")
            if not underlines and final.get(_closing(line), 0) > number:
                opened = number, _closing(line)
        elif line.rstrip() == opened[1]:
            blocks.append((opened[0], number))
            opened = None
    return blocks


def _closing(line: str) -> str:
    """Return the line that ends the block which a delimiter opens."""
    delimiter = line.rstrip()
    ticks = len(delimiter) - len(delimiter.lstrip("`"))  # the name of a language may follow them
    return delimiter[:ticks] or delimiter


def _row_cuts(lines: Sequence[str], blocks: Sequence[tuple[int, int]]) -> set[int]:
    """Return the lines of tables that begin a row: those with the first cell, after the head."""
    cuts: set[int] = set()
    for first, last in blocks:
        if lines[first - 1].startswith("|==="):
            rows = [number for number in range(first + 1, last) if lines[number - 1].startswith("|")]
            blank_above = [number for number in rows if not lines[number - 2].strip()]
            cuts.update(blank_above if blank_above[1:] else rows[2:])
    return cuts
