"""How much of an answer fits: an agent pays for all that it is told, and forgets when it is told too much."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BYTES_A_TOKEN: Final = (
    3  # of JSON in UTF-8: language models make a token of 3 to 4 of code, of 3 of a Chinese character
)
LEAD: Final = 2  # lines shown before those that count most
CUT: Final = "…"  # where a line that is too long by itself ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Successive lines of a text, or the beginning of one line."""

    start: int  # number of its first line
    end: int  # of its last
    text: str
    cut: bool  # something of the text is not in it


def cost(text: str) -> int:
    """Return about how many tokens a text takes in JSON, which is how most clients show a model what they were told."""
    return -(-_size(text) // BYTES_A_TOKEN)


def shares(wanted: Sequence[int], budget: int) -> list[int]:
    """Divide a budget: none gets more than it wants, and those that get less than they want get the same."""
    given, left = [0] * len(wanted), max(0, budget)
    smallest_first = sorted(range(len(wanted)), key=wanted.__getitem__)
    for done, at in enumerate(smallest_first):
        given[at] = min(wanted[at], left // (len(wanted) - done))
        left -= given[at]
    return given


def window(text: str, *, start: int, tokens: int, focus: tuple[int, int] | None = None) -> Window:
    """Return as many lines of `text` as fit: from its first on, or around `focus` where that would be cut.

    start: the number of its first line. focus: the first and the last line that count most. At least one line is
    shown, cut if need be, unless `tokens` is 0.
    """
    lines = text.split("\n")
    sizes = [_size(line) for line in lines]
    room = tokens * BYTES_A_TOKEN
    if sum(sizes) <= room or not text:
        return Window(start=start, end=start + len(lines) - 1, text=text, cut=False)
    at, until = ((line - start) for line in focus or (start, start))
    first = 0 if sum(sizes[: until + 1]) <= room else max(0, at - LEAD)
    if sum(sizes[first : at + 1]) > room:
        first = at
    if sizes[first] > room:
        return Window(start=start + first, end=start + first, text=_shortened(lines[first], room), cut=True)
    end, used = first, 0
    while end < len(lines) and used + sizes[end] <= room:
        used += sizes[end]
        end += 1
    while first > 0 and used + sizes[first - 1] <= room:
        first -= 1
        used += sizes[first]
    return Window(start=start + first, end=start + end - 1, text="\n".join(lines[first:end]), cut=True)


def _size(text: str) -> int:
    """Return the bytes that a line takes in JSON with the end of line behind it, which takes what its quotes would."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def _shortened(line: str, room: int) -> str:
    """Return the longest beginning of a line that fits; a character is not cut in two."""
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(line[:middle] + CUT) <= room else (low, middle - 1)
    return line[:low] + CUT if low else ""
