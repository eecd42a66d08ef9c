"""How far an evaluation is: share, rate and time left of one model at a time."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from training.progress import Say, clock_time

OVERHEAD: Final = 32  # characters: what a text costs however short it is


class Progress:
    """Counts the characters that one model encodes, and tells rate and time left."""

    def __init__(self, say: Say, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self.start("", [], longest=1)

    def start(self, model: str, texts: Sequence[str], *, longest: int) -> None:
        """Begin a model that will encode `texts`; longest: characters of a text that it can read."""
        self._model, self._longest = model, longest
        self._total = sum(map(self._cost, texts))
        self._done, self._busy, self._texts = 0, 0.0, 0
        self._what = ""
        self._last = self._clock()

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
        self._say(f"\r{self.state()}")

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
        self._say(text)

    def _cost(self, text: str) -> int:
        return min(len(text), self._longest) + OVERHEAD
