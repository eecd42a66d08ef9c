"""How long the latest searches of the page took, in this process; what was asked is not kept."""

from collections import deque
from typing import Final

from indexer.types import Timings

MOST: Final = 100  # searches remembered

_recent: Final[deque[Timings]] = deque(maxlen=MOST)  # appending and copying are safe between threads


def note(timings: Timings) -> None:
    """Remember a search."""
    _recent.append(timings)


def recent() -> list[Timings]:
    """Return the latest searches, the newest first."""
    return list(_recent)[::-1]


def forget() -> None:
    """Begin anew."""
    _recent.clear()
