"""Markup of the page Status: how long searches took, and what was checked. Pure functions."""

import re
from collections.abc import Sequence
from statistics import median
from typing import Final

from indexer.doctor import Check
from indexer.types import Timings
from ui.highlight import escape

COMMANDS: Final = ("index-repo ", "gte-search ")
PARTS: Final = ("encode", "search", "rank")
SHOWN: Final = 10  # searches listed one by one


def timings(recent: Sequence[Timings]) -> str:
    """Show the median, the slowest and the latest searches, split into their parts. recent: not empty."""
    rows = [
        ("median", [median(values) for values in _columns(recent)]),
        ("slowest", [max(values) for values in _columns(recent)]),
        *((f"{number} ago" if number else "latest", _split(one)) for number, one in enumerate(recent[:SHOWN])),
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in (*PARTS, "in all"))
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{value:,.1f}</td>" for value in values)}</tr>'
        for name, values in rows
    )
    return (
        '<table class="gs-facts gs-numbers" aria-label="Milliseconds of the latest searches">'
        f'<thead><tr><th scope="col">ms</th>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _columns(recent: Sequence[Timings]) -> list[tuple[float, ...]]:
    return list(zip(*map(_split, recent), strict=True))


def _split(one: Timings) -> list[float]:
    return [one.encode, one.search, one.rank, one.encode + one.search + one.rank]


def check(one: Check) -> str:
    """Show one check; where it is not well, what mends it."""
    mark, spoken = ("✓", "well") if one.ok else ("✗", "not well")
    fix = f'<span class="gs-fix">To mend it: {_fix(one.fix)}</span>' if one.fix else ""
    level = "" if one.ok else " gs-note gs-warning"
    return (
        f'<p class="gs-check{level}"><span role="img" aria-label="{spoken}">{mark}</span> '
        f"<b>{escape(one.name)}</b>: {escape(one.detail)}{fix}</p>"
    )


def _fix(text: str) -> str:
    if text.startswith(COMMANDS) and "," not in text:
        return f"<code>{escape(text)}</code>"
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
