"""reStructuredText: titles by their adornment, as docutils reads them.

The grammar of the language pack nests no sections and reads titles by the same rule; a few lines of
our own need no parse tree and keep the file's lines exactly.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from indexer.parse.outline import Heading, Outline, paragraph_cuts, sections, shorten
from indexer.parse.text import decode
from indexer.types import Parsed

ADORNMENT: Final = re.compile(r"([!-/:-@\[-`{-~])\1*")
ITEM: Final = re.compile(r"(?:[-*+•]|(?:\d{1,4}|#|[a-zA-Z])[.)]|\((?:\d{1,4}|#|[a-zA-Z])\))\s+\S")
VERBATIM: Final = re.compile(r"\s*\.\. +(?:code|code-block|sourcecode|parsed-literal|math|raw|highlight|graphviz)::")
LABEL: Final = re.compile(r"\.\. _[^:]+:\s*$")
ROLE: Final = re.compile(r":[\w.+:-]+:`([^`]*)`")
TABLE_BORDER: Final = re.compile(r"\+[-=+]{2,}\+|=+( +=+)+")


def parse_rst(data: bytes) -> Parsed:
    """Read a reStructuredText file into one section a title. Raises DocumentError where it is not text."""
    text, notes = decode(data)
    lines = text.split("\n")
    outline = Outline(headings=titles(lines), cuts=_cuts(lines))
    return Parsed(text=text, language="rst", spans=sections(lines, outline), notes=notes)


def titles(lines: Sequence[str]) -> tuple[Heading, ...]:
    """Return the titles: a line between two adornments, or above one; its level is its style's turn to appear."""
    found: list[Heading] = []
    levels: dict[str, int] = {}
    number = 1
    while number < len(lines):
        height = _title_height(lines, number)
        if height:
            mark = lines[number + height - 2].strip()[0]
            level = levels.setdefault(mark * (height - 1), len(levels) + 1)
            title = shorten(plain_title(lines[number + height - 3]))
            floor = found[-1].line + 1 if found else 1
            found.append(Heading(line=_with_labels(lines, number, floor), level=level, title=title))
        number += max(height, 1)
    return tuple(found)


def _with_labels(lines: Sequence[str], number: int, floor: int) -> int:
    """Return the line of the first of the labels above a title: they name its section, not the one before."""
    first = number
    while number > floor and (not lines[number - 2].strip() or LABEL.match(lines[number - 2])):
        number -= 1
        first = number if lines[number - 1].strip() else first
    return first


def _title_height(lines: Sequence[str], number: int) -> int:
    """Return how many lines the title at a line takes: 3 with an overline, 2 without, 0 if none begins there."""
    above = lines[number - 2] if number > 1 else ""
    if above.strip() and not above.startswith(".. "):
        return 0
    first, second = lines[number - 1].rstrip(), lines[number].rstrip()
    third = lines[number + 1].rstrip() if number + 1 < len(lines) else ""
    if not first or not second.strip():
        return 0
    if ADORNMENT.fullmatch(first):
        return 3 if first == third and len(first) >= max(2, _width(second)) and not ADORNMENT.fullmatch(second) else 0
    if first[0].isspace() or not ADORNMENT.fullmatch(second):
        return 0
    # shorter than four and than its title it is text, for docutils; "::" opens a literal block, "-" is a bullet
    wide_enough = len(second) >= 4 or (len(second) >= _width(first) and second[0] in "=~^")
    return 2 if wide_enough else 0


def _width(line: str) -> int:
    """Return the columns that a line takes: an East Asian character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line.strip())


def plain_title(line: str) -> str:
    """Return a title without its inline markup."""
    return ROLE.sub(r"\1", line).replace("`", "").replace("**", "").strip()


def _cuts(lines: Sequence[str]) -> frozenset[int]:
    cuts = paragraph_cuts(lines, _verbatim_blocks(lines))
    cuts.update(number for number, line in enumerate(lines, start=1) if ITEM.match(line))
    cuts.update(_row_cuts(lines))
    return frozenset(cuts)


def _row_cuts(lines: Sequence[str]) -> set[int]:
    """Return the first lines of table rows, but for the head and the first row, which stay together."""
    cuts: set[int] = set()
    borders = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            borders = 0
        elif TABLE_BORDER.fullmatch(line.rstrip()):
            borders += 1
            continue
        below_border = bool(TABLE_BORDER.fullmatch(lines[number - 2].rstrip()))
        in_grid = borders > 2 and line.startswith("|") and below_border
        if in_grid or (borders == 2 and line[0] not in "|+ \t" and not below_border):
            cuts.add(number)
    return cuts


def _verbatim_blocks(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the indented blocks below a line that ends in "::" or a directive for code, each with that line."""
    blocks: list[tuple[int, int]] = []
    number = 1
    while number <= len(lines):
        first, line = number, lines[number - 1]
        number += 1
        stripped = line.strip()
        if not (VERBATIM.match(line) or (stripped.endswith("::") and not stripped.startswith(".. "))):
            continue
        margin = len(line) - len(line.lstrip())
        last = first
        while number <= len(lines) and (not lines[number - 1].strip() or _indented(lines[number - 1], margin)):
            if lines[number - 1].strip():
                last = number
            number += 1
        blocks.append((first, last))
    return blocks


def _indented(line: str, margin: int) -> bool:
    return len(line) - len(line.lstrip()) > margin
