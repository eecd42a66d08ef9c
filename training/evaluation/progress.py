"""How far an evaluation is, on stderr: one line that is rewritten on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Sequence
from typing import Final, TextIO

OVERHEAD: Final = 32  # characters: what a text costs however short it is
SHORTEST: Final = 0.2  # seconds between two lines on a terminal
QUIET: Final = 30.0  # seconds between two lines in a log


class Progress:
    """Counts the characters that one model encodes, and tells rate and time left."""

    def __init__(self, out: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self._rewrites = out.isatty()
        self._shown = 0  # columns of the line that stands there
        self.start("", [], longest=1)

    def start(self, model: str, texts: Sequence[str], *, longest: int) -> None:
        """Begin a model that will encode `texts`; longest: characters of a text that it can read."""
        self._model, self._longest = model, longest
        self._total = sum(map(self._cost, texts))
        self._done, self._busy, self._texts = 0, 0.0, 0
        self._what = ""
        self._last = self._written = self._clock()

    def begin(self, what: str) -> None:
        """Say what is being measured; time before this counts for nothing."""
        self._what = what
        self._last = self._clock()

    def encoded(self, texts: Sequence[str]) -> None:
        """Count texts that were just encoded."""
        now = self._clock()
        self._busy += now - self._last
        self._last = now
        self._done += sum(map(self._cost, texts))
        self._texts += len(texts)
        if now - self._written >= (SHORTEST if self._rewrites else QUIET):
            self._written = now
            self._line(self.state())

    def state(self) -> str:
        """Say where things stand: `bge-small: scifact, 41%, 63 texts/s, 3:20 left`."""
        parts = [f"{self._model}: {self._what}"]
        if self._done and self._busy > 0:
            left = max(0, self._total - self._done) * self._busy / self._done
            parts += [f"{self._done / max(self._total, self._done):.0%}", f"{self._texts / self._busy:.0f} texts/s"]
            parts.append(f"{clock_time(left)} left")
        return ", ".join(parts)

    def note(self, text: str) -> None:
        """Write a line that stays."""
        self._clear()
        self._out.write(text + "\n")
        self._out.flush()

    def _line(self, text: str) -> None:
        if not self._rewrites:
            return self.note(text)
        self._clear()
        self._out.write(text)
        self._out.flush()
        self._shown = len(text)
        return None

    def _clear(self) -> None:
        if self._shown:
            self._out.write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _cost(self, text: str) -> int:
        return min(len(text), self._longest) + OVERHEAD


def clock_time(seconds: float) -> str:
    """Write seconds as people read a clock.

    >>> clock_time(200), clock_time(4000)
    ('3:20', '1:06:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
