"""How far a long work is: lines for people, on a terminal or in a log."""

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

INTERVAL: Final = 10.0  # seconds between two lines of progress in a log
SHORTEST: Final = 0.2  # and on a terminal

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
            far += f", {size / self._total:.0%} of {self._total / 2**20:.0f} MB, {clock_time(left)} left"
        self._say(far)


def on_stderr() -> Say:
    """Return what writes lines to stderr: progress in place on a terminal, now and then into a log."""
    return onto(sys.stderr)


def onto(out: TextIO, *, clock: Callable[[], float] = time.monotonic) -> Say:
    """Return what writes lines to a terminal or a log."""
    on_terminal = out.isatty()
    interval = SHORTEST if on_terminal else INTERVAL
    last, pending = clock(), False

    def say(line: str) -> None:
        nonlocal last, pending
        text = line.removeprefix("\r")
        replaceable = text != line
        if replaceable:
            if clock() - last < interval:
                return
            last = clock()
        if on_terminal:
            start = "\r\x1b[K" if pending else ""  # over the progress that stands there, whatever its length
            out.write(start + text + ("" if replaceable else "\n"))
            pending = replaceable
        else:
            out.write(f"{text}\n")
        out.flush()

    return say


def clock_time(seconds: float) -> str:
    """Write seconds as people read a clock.

    >>> clock_time(200), clock_time(4000)
    ('3:20', '1:06:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
