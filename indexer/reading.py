"""Files to what the index keeps of them: read, parsed and cut, by several processes where there is enough to do.

Processes of our own, not those of `multiprocessing`: these run the caller's program again (which, without a guard,
indexes again), and outlive a caller that is killed. Ours see the end of their input and go.
"""

import contextlib
import gc
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Self

from indexer import chunk, languages, parse, walk
from indexer.errors import DocumentError
from indexer.settings import Settings
from indexer.types import FileState, IndexedFile, Skipped

FEW: Final = 500  # files that take half a second to read, hardly longer than processes to start
MUCH: Final = 4 << 20  # and bytes, in fewer files
MOST: Final = 8  # processes; of source code two keep the one that writes busy, documents take longer
TASK_FILES: Final = 64  # files sent at once: about a tenth of a second of work, a thousandth of sending
TASK_BYTES: Final = 512 << 10  # and the size from which on fewer are
AHEAD: Final = 4  # tasks a process that are sent or answered and not taken yet: what bounds memory

# Values between two collections of garbage: a task makes so many, hardly any in cycles. Who reads is a twelfth faster,
# and to take in what was read costs half.
GARBAGE: Final = (50_000, 20, 100)

# The parent's own path, so that both run the same code; and never the current folder before it, which may be a
# stranger's repository (-P).
PROGRAM: Final = "import sys; sys.path[:] = sys.argv[1:]; from indexer.reading import serve; serve()"

Outcome = IndexedFile | FileState | Skipped
"""Of a file: its new content, or its known content under a new time, or why it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A file to read."""

    found: walk.Found
    digest: bytes | None  # of the content that is indexed


@dataclass(frozen=True, slots=True)
class Task:
    """Files that are read together."""

    jobs: tuple[Job, ...]
    repo: str
    settings: Settings

    def outcomes(self) -> Iterator[Outcome]:
        """Read one after the other."""
        return (read(job, repo=self.repo, settings=self.settings) for job in self.jobs)


def outcomes(jobs: Sequence[Job], *, repo: str, settings: Settings) -> Generator[Outcome, None, None]:
    """Yield what comes of each job, in their order. Close the generator where it is not used up.

    Reads in this process where it is given one thread or little to do. Else a process that ends too early costs
    its speed alone: what it was asked for is read here.
    """
    tasks = [Task(group, repo, settings) for group in _groups(jobs)]
    count = min(settings.threads or _processors(), MOST, len(tasks)) if _worth_processes(jobs) else 1
    with _garbage_kept():
        if count < 2:
            for job in jobs:
                yield read(job, repo=repo, settings=settings)
            return
        with Readers(count) as readers:
            yield from readers.outcomes(tasks)


def read(job: Job, *, repo: str, settings: Settings) -> Outcome:
    """Read one file, and parse and cut it if its content is new."""
    found = job.found
    try:
        data = walk.read(found)
        if job.digest is not None and walk.digest(data) == job.digest:
            return FileState(path=found.path, digest=job.digest, size=found.size, mtime_ns=found.mtime_ns)
        return index_file(found, data, repo=repo, settings=settings)
    except DocumentError as error:
        return Skipped(path=found.path, reason=str(error), hint=error.hint)


def index_file(found: walk.Found, data: bytes, *, repo: str, settings: Settings) -> IndexedFile:
    """Parse and cut one file. Raises DocumentError where it is not what it claims to be."""
    language = languages.of_path(found.path, data[:4096])
    parsed = parse.parse(data, path=found.path, language=language)
    return IndexedFile(
        state=FileState(path=found.path, digest=walk.digest(data), size=found.size, mtime_ns=found.mtime_ns),
        language=parsed.language,
        chunks=chunk.chunks_of(parsed, repo=repo, path=found.path, budget=settings.chunk_chars),
        notes=parsed.notes,
    )


class Readers:
    """Processes that read files. Use as a context manager: none of them is left at its end."""

    def __init__(self, count: int) -> None:
        """Start `count` processes, or as many as the machine lets us; they are of use as soon as they answer."""
        self._tasks: SimpleQueue[_Promise | None] = SimpleQueue()
        self._readers: list[_Reader] = []
        try:
            # No more processes or threads: those that there are do, and without any we do.
            with contextlib.suppress(OSError, RuntimeError):
                for _ in range(count):
                    self._readers.append(_Reader(self._tasks))
                    self._readers[-1].start()
        except BaseException:  # Ctrl-C, say
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        for reader in self._readers:
            reader.process.kill()  # nothing of theirs is worth waiting for: they write nothing
            self._tasks.put(None)
        for reader in self._readers:
            if reader.ident is not None:
                reader.join()
            else:  # its thread was not started, so nobody waits for its process
                with reader.process:
                    pass

    @property
    def processes(self) -> list[subprocess.Popen[bytes]]:
        """Return the processes that were started."""
        return [reader.process for reader in self._readers]

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield what comes of every job of every task, in their order."""
        coming = iter(tasks)
        promised: deque[_Promise] = deque()
        while True:
            for task in islice(coming, AHEAD * (len(self._readers) + 1) - len(promised)):
                promised.append(_Promise(task))
                self._tasks.put(promised[-1])
            if not promised:
                return
            first = promised.popleft()
            # Not begun by anyone: they are still starting, or gone. Then it is sooner read here.
            answer = None if first.future.cancel() else first.future.result()
            yield from first.task.outcomes() if answer is None else answer


class _Promise:
    """A task, and its outcomes once a process has sent them; None if it cannot."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.future: Future[list[Outcome] | None] = Future()


class _Reader(threading.Thread):
    """One process, and the thread that asks it."""

    def __init__(self, tasks: SimpleQueue[_Promise | None]) -> None:
        super().__init__(name="reader", daemon=True)
        self._tasks = tasks
        isolation = "-I" if sys.flags.isolated else "-P"
        self.process = subprocess.Popen(
            [
                sys.executable,
                isolation,
                "-c",
                PROGRAM,
                *(entry or os.getcwd() for entry in sys.path),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C in a terminal reaches a whole group: it is for us, who then end the process.
            process_group=0 if os.name == "posix" else None,
        )

    def run(self) -> None:
        """Ask the process until it is gone or no task is left."""
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        # What it says of its death: our input is closed, or its output ends, perhaps in the middle of a word.
        with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError), process:
            started = process.stdout.read(1)
            while started and (promise := self._tasks.get()) is not None:
                if not promise.future.set_running_or_notify_cancel():
                    continue
                answer = None
                try:
                    pickle.dump(promise.task, process.stdin, pickle.HIGHEST_PROTOCOL)
                    process.stdin.flush()
                    answer = pickle.load(process.stdout)
                finally:
                    promise.future.set_result(answer)


def serve() -> None:
    """Answer tasks on standard input until it ends: the main function of a reading process."""
    gc.set_threshold(*GARBAGE)
    tasks = sys.stdin.buffer
    gone = (EOFError, BrokenPipeError, pickle.UnpicklingError)  # the parent, perhaps in the middle of a task
    with contextlib.suppress(*gone), open(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not get among the answers
        answers.write(b"\n")
        while True:
            answers.flush()
            task: Task = pickle.load(tasks)
            try:
                answer = list(task.outcomes())
            except Exception:  # a bug of ours: the parent meets it too, and can say so
                answer = None
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)


@contextlib.contextmanager
def _garbage_kept() -> Iterator[None]:
    """Collect garbage as rarely as GARBAGE says, here and in whoever takes the outcomes, until it is left."""
    before = gc.get_threshold()
    gc.set_threshold(*GARBAGE)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _worth_processes(jobs: Sequence[Job]) -> bool:
    """Tell whether other processes would be of use, and whether we could start them."""
    python = sys.executable and not getattr(sys, "frozen", False)  # a frozen program's executable is that program
    return bool(python) and (len(jobs) >= FEW or sum(job.found.size for job in jobs) >= MUCH)


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _groups(jobs: Iterable[Job]) -> Iterator[tuple[Job, ...]]:
    """Yield jobs in their order, so many at a time as are worth sending."""
    group: list[Job] = []
    size = 0
    for job in jobs:
        if group and (len(group) == TASK_FILES or size + job.found.size > TASK_BYTES):
            yield tuple(group)
            group, size = [], 0
        group.append(job)
        size += job.found.size
    if group:
        yield tuple(group)
