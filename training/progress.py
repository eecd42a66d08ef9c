"""How far a long reading is: lines for people, on a terminal or in a log."""

import sys
import time
from collections.abc import Callable
from typing import Final

INTERVAL: Final = 10.0  # seconds between two lines of progress in a log

Say = Callable[[str], None]  # a line for people; one that begins with a carriage return may be replaced by the next


class Pace:
    """Says how far the reading is and how long it will take."""

    def __init__(self, total: int, say: Say, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to read `total` bytes."""
        self._total, self._say, self._clock = total, say, clock
        self._size, self._rows, self._begun = 0, 0, clock()

    def add(self, size: int, rows: int) -> None:
        """Count bytes and rows that were read since the last call."""
        self.set(self._size + size, self._rows + rows)

    def set(self, size: int, rows: int) -> None:
        """Say where the reading is, in bytes and rows since it began."""
        self._size, self._rows = size, rows
        far = f"\r{rows:,} rows read"
        if size:  # a stream of the hub has none
            left = (self._clock() - self._begun) * max(0, self._total - size) / size
            far += f", {size / self._total:.0%} of {self._total / 2**20:.0f} MB, {left:.0f} s left"
        self._say(far)


def on_stderr() -> Say:
    """Return what writes lines to stderr: progress in place on a terminal, now and then into a log."""
    return _on_terminal() if sys.stderr.isatty() else _into_log()


def _on_terminal() -> Say:
    pending = False

    def say(line: str) -> None:
        nonlocal pending
        replaced = line.startswith("\r")
        sys.stderr.write(f"{line}\x1b[K" if replaced else f"{chr(10) if pending else ''}{line}\n")
        sys.stderr.flush()
        pending = replaced

    return say


def _into_log() -> Say:
    last = time.monotonic()

    def say(line: str) -> None:
        nonlocal last
        if line.startswith("\r"):
            if time.monotonic() - last < INTERVAL:
                return
            last = time.monotonic()
        sys.stderr.write(f"{line.lstrip(chr(13))}\n")
        sys.stderr.flush()

    return say
