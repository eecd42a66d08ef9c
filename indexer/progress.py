"""How fast a run is, and how long it still takes."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from indexer.types import Phase, Progress

WINDOW: Final = 20.0  # seconds that a rate looks back: long enough to be calm, short enough to follow the work
INTERVAL: Final = 0.2  # seconds between two reports: a bar needs no more, and reporting costs time

OnProgress = Callable[[Progress], None]


class Pace:
    """Counts work of one phase and reports it a few times a second, with rate and ETA."""

    def __init__(
        self,
        *,
        repo: str,
        phase: Phase,
        total: int,
        report: OnProgress | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repo, self._phase, self._total, self._report, self._clock = repo, phase, total, report, clock
        self._done = self._chunks = 0
        self._marks = deque([(clock(), 0)])
        self._reported = float("-inf")

    def advance(self, done: int = 1, *, chunks: int = 0) -> None:
        """Count finished work; reports unless the last report was just now."""
        self._done += done
        self._chunks += chunks
        now = self._clock()
        self._marks.append((now, self._done))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW:
            self._marks.popleft()
        if now - self._reported >= INTERVAL or self._done == self._total:
            self._reported = now
            self._send()

    def _send(self) -> None:
        if self._report is None:
            return
        (then, before), (now, done) = self._marks[0], self._marks[-1]
        rate = (done - before) / (now - then) if now > then else 0.0
        left = max(0, self._total - self._done)
        self._report(
            Progress(
                repo=self._repo,
                phase=self._phase,
                done=self._done,
                total=self._total,
                chunks=self._chunks,
                rate=rate,
                eta=left / rate if rate > 0 and self._total else None,
            )
        )
