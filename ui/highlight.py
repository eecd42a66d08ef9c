"""Text to lines of HTML: escaping, colours of the syntax, folding. Pure functions.

The classes are those of Pygments; `style.css` gives each a colour for a light and a dark page.
"""

import functools
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pygments  # type: ignore[import-untyped]  # has no types, here and below
from pygments import formatters, lexers, util

LONGEST_TEXT: Final = 60_000  # characters; above it colours would cost more time than they are worth
LONGEST_LINE: Final = 600  # characters; the rest of a minified line helps nobody
FOLDED: Final = 14  # lines of a long chunk that are shown at first

LEXERS: Final[Mapping[str, str]] = {
    "notebook": "python",
    "vue": "html",
    "svelte": "html",
}
"""Our languages that Pygments calls by another name; names it does not know are shown without colours."""

BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that reorder what is around them: code could read differently from what it does."""

_FORMATTER: Final = formatters.HtmlFormatter(nowrap=True)


def escape(text: str) -> str:
    """Make text from a file safe to stand in HTML, in an attribute too, and safe to send as UTF-8."""
    text = text.encode("utf-8", "replace").decode()  # lone surrogates: names that are not UTF-8
    return html.escape(_visible(text))


def lines(text: str, language: str) -> list[str]:
    """Return one piece of HTML for each line of `text`, none of them with an element left open."""
    raw = _visible(text.encode("utf-8", "replace").decode()).split("\n")
    cut = [line[:LONGEST_LINE] for line in raw]
    done = _coloured("\n".join(cut), language)
    if len(done) != len(cut):  # too long, or a lexer that drops or joins lines
        done = [html.escape(line) for line in cut]
    return [
        f'{piece}<i class="gs-cut"> {len(line) - LONGEST_LINE:,} more characters</i>'
        if len(line) > LONGEST_LINE
        else piece
        for piece, line in zip(done, raw, strict=True)
    ]


def fold(start: int, end: int, matches: Sequence[tuple[int, int]], *, most: int = FOLDED) -> list[tuple[int, int]]:
    """Choose the lines of [start, end] to show first, as ranges in order.

    The first line is always there; then matching lines, then those around them, then from the top, until
    `most` lines. Something short, up to two lines above `most`, is not folded: the fold would save nothing.
    """
    if end - start + 1 <= most + 2:
        return [(start, end)]
    matching = [line for first, last in matches for line in range(first, last + 1)]
    around = [line + step for step in (-1, 1, 2) for line in matching]
    shown: set[int] = set()
    for line in (start, *matching, *around, *range(start, end + 1)):
        if len(shown) == most:
            break
        if start <= line <= end:
            shown.add(line)
    ranges: list[tuple[int, int]] = []
    for line in sorted(shown):
        if ranges and line - ranges[-1][1] <= 2:  # a gap of one line: the line itself takes no more room
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    return ranges


def _coloured(text: str, language: str) -> list[str]:
    if len(text) > LONGEST_TEXT:
        return []
    # With its last line ended, as every line of what comes back is: else an empty last line would be lost.
    coloured: str = pygments.highlight(f"{text}\n", _lexer(language), _FORMATTER)
    return coloured.removesuffix("\n").split("\n")


@functools.lru_cache(maxsize=64)
def _lexer(language: str) -> Any:  # noqa: ANN401 - a Pygments lexer
    """Return a lexer that keeps every line: Pygments would strip blank ones from both ends."""
    options = {"stripnl": False, "ensurenl": False, "startinline": True}
    try:
        return lexers.get_lexer_by_name(LEXERS.get(language, language), **options)
    except util.ClassNotFound:
        return lexers.TextLexer(**options)


def _visible(text: str) -> str:
    """Show carriage returns as nothing, reordering characters by their number."""
    return BIDI.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", text.replace("\r", ""))
