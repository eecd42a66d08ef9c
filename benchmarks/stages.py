"""Where the time of indexing goes: an alarm looks at this process's stack a few hundred times a second.

Nothing is wrapped or replaced. The innermost frame that STAGES names says what the process was at, and the time since
the last look is counted there, with the processor time of all its threads. A call of compiled code delays the look
until it returns, and is then counted whole, in the function that made it. What other processes do is seen only as
waiting for them.
"""

import signal
import time
from collections.abc import Mapping
from types import CodeType, FrameType, TracebackType
from typing import Final, Self

INTERVAL: Final = 0.002  # seconds between two looks: one takes some microseconds

ENCODING: Final = "encoding and pooling"
STAGES: Final[Mapping[str, str]] = {  # by "module", "module:function" (before it), or a package with all below it
    "indexer.git": "git",
    "indexer.repository": "walk",
    "indexer.walk": "walk",
    "indexer.listing": "walk",
    "indexer.ignore": "walk",
    "indexer.patterns": "walk",
    "indexer.unwanted": "walk",
    "indexer.secret": "walk",
    "indexer.walk:_by_head": "looking at the heads of files",
    "indexer.walk:read": "reading files",
    "indexer.walk:digest": "hashing",
    "indexer.languages": "definitions and sections",
    "indexer.parse": "definitions and sections",
    "indexer.parse.grammars": "tree-sitter",
    "indexer.chunk": "chunking",
    "indexer.reading": "waiting for the processes that read",
    "indexer.tokens": "words for the tables of words",
    "indexer.store": "SQLite: the rest",
    "indexer.store.writes": "rows for SQLite",
    "indexer.store.writes:put_files": "SQLite: files, chunks, passages",
    "indexer.store.writes:_insert_words": "SQLite: tables of words",
    "indexer.store.writes:remove_files": "SQLite: files, chunks, passages",
    "indexer.store.writes:tidy_words": "compaction: tables of words",
    "indexer.store.writes:remove_most_unused": "compaction: the rest",
    "indexer.store.writes:put_vectors": "SQLite: vectors",
    "indexer.store.rows:to_blobs": "SQLite: vectors",
    "indexer.store.database:transaction": "SQLite: commits",
    "indexer.store.database:shrink": "compaction: the rest",
    "indexer.store.vectors": "compaction: FAISS's file",
    "indexer.store.queries": "SQLite: what has no vector yet",
    "embedder.tokens": "tokens for the encoder",
    "embedder.cpu": ENCODING,
    "embedder.batching": ENCODING,  # its threads encode and pool while this one waits
}
IMPORTS: Final = "imports"
REST: Final = "the rest"


class Clock:
    """Counts the seconds of each stage while it is entered; only in the main thread, on a system with alarms."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_s: dict[str, float] = {}  # of the processor
        self._stages: dict[CodeType, str | None] = {}
        self._last = self._used = 0.0

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGALRM, self._look)
        self._last, self._used = time.perf_counter(), time.process_time()
        signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)
        self._count(REST)

    def _look(self, _: int, frame: FrameType | None) -> None:
        stage = None
        while frame is not None and stage is None:
            code = frame.f_code
            if code not in self._stages:
                self._stages[code] = stage_of(str(frame.f_globals.get("__name__")), code.co_name)
            stage = self._stages[code]
            frame = frame.f_back
        self._count(stage or REST)

    def _count(self, stage: str) -> None:
        now, used = time.perf_counter(), time.process_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + used - self._used
        self._last, self._used = now, used


def stage_of(module: str, function: str) -> str | None:
    """Return the stage that a function belongs to; None where its caller decides.

    >>> stage_of("indexer.parse.markdown", "outline"), stage_of("indexer.walk", "digest"), stage_of("re", "sub")
    ('definitions and sections', 'hashing', None)
    """
    if function == "<module>" or module.startswith("importlib."):
        return IMPORTS if module != "__main__" else None
    if function.startswith("<"):  # a comprehension: what it is part of decides, unless that has but one stage
        only = not any(name.startswith(f"{module}:") for name in STAGES)
        return STAGES.get(module) if only else None
    while module:
        if stage := STAGES.get(f"{module}:{function}") or STAGES.get(module):
            return stage
        module = module.rpartition(".")[0]
    return None
