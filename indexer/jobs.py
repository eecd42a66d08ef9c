"""Runs of indexing, each in a process of its own: a server stays quick, and a crash there ends nothing here.

What a run writes is in the store; how far it is, it tells in a file beside its log.
"""

import atexit
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from indexer import clones
from indexer.errors import JobRunningError, NotFoundError, PathError, StoreFullError
from indexer.types import Job, JobState, Progress
from indexer.wire import from_json, to_json

FOLDER: Final = "jobs"  # in the folder of the index: a log and a progress a run
MOST: Final = 20  # runs remembered
TAIL_BYTES: Final = 4_000  # of a log; some 40 lines


class Jobs:
    """The runs of one process; they end when it does. For any number of threads."""

    def __init__(self, index_dir: Path, *, command: Sequence[str] | None = None) -> None:
        """Keep how to start a run.

        index_dir: folder of the index, where logs go too. command: what to call instead of
        `python -m indexer.cli index`; the path to index is appended, and `--progress FILE`.
        """
        self._folder = index_dir / FOLDER
        self._command = command or [sys.executable, "-m", "indexer.cli", "index", "--wait", "--index", str(index_dir)]
        self._runs: list[_Run] = []
        self._lock = threading.Lock()
        atexit.register(self.close)  # a process that a signal ends does not come to it: whoever serves calls it too

    def start(self, path: str, *, name: str | None = None) -> Job:
        """Index a folder or file, called `name` where that is given.

        path: also the https or ssh address of a repository, which is cloned; a clone of ours is brought up to date.
        Raises PathError, JobRunningError while one runs, StoreFullError where none can be started.
        """
        address = self._address(path)
        target = clones.folder(address, self._folder.parent) if address else existing(path)
        what = f"--clone={address}" if address else str(target)
        with self._lock:
            running = next((run for run in self._runs if run.process.poll() is None), None)
            if running:
                raise JobRunningError(
                    f"{running.path} is being indexed", hint="wait until that run has ended, or stop it first"
                )
            id = secrets.token_hex(8)
            log, progress = self._folder / f"{id}.log", self._folder / f"{id}.json"
            named = [f"--name={name}"] if name else []
            try:
                self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                process = started([*self._command, what, *named, f"--progress={progress}"], log)
            except OSError as error:
                raise StoreFullError(
                    f"indexing cannot be started: {error}",
                    hint=f"check that {self._folder.parent} is a folder that can be written, and that there is room",
                ) from error
            self._runs.insert(0, _Run(id, process, target, log, progress, address))
            for run in self._runs[MOST:]:
                run.forget()
            del self._runs[MOST:]
            return self._runs[0].job()

    def _address(self, path: str) -> str | None:
        """Return where a path has to be fetched from first; None for what is not ours to fetch."""
        if clones.is_address(path):
            return path.strip()
        folder = Path(path.strip())
        return clones.address_of(folder, self._folder.parent) if folder.is_absolute() else None

    def all(self) -> list[Job]:
        """Return the runs that were started and not dismissed, newest first."""
        return [run.job() for run in list(self._runs)]

    def get(self, id: str) -> Job:
        """Return one run. Raises NotFoundError."""
        return self._run(id).job()

    def cancel(self, id: str) -> Job:
        """Stop a run; what it wrote stays, and the next run goes on from there. Raises NotFoundError."""
        run = self._run(id)
        run.cancel()
        return run.job()

    def dismiss(self, id: str) -> None:
        """Forget a run that has ended. Raises NotFoundError."""
        with self._lock:
            run = self._run(id)
            if run.process.poll() is not None:
                self._runs.remove(run)
                run.forget()

    def close(self) -> None:
        """End what still runs when the server ends: nobody could see or stop it any more."""
        with self._lock:
            for run in self._runs:
                run.cancel()
                run.forget()
            self._runs.clear()
        atexit.unregister(self.close)

    def _run(self, id: str) -> "_Run":
        found = next((run for run in list(self._runs) if run.id == id), None)
        if found is None:
            raise NotFoundError(f"there is no job {id}", hint="jobs are forgotten when their server ends; list them")
        return found


class _Run:
    """A process, its log and whether it was cancelled."""

    def __init__(
        self,
        id: str,
        process: "subprocess.Popen[bytes]",
        path: Path,
        log: Path,
        progress: Path,
        address: str | None = None,
    ) -> None:
        self.id = id
        self.address = address
        self.process = process
        self.path = path
        self._log = log
        self._progress = progress
        self._cancelled = False
        self._started = time.time()
        self._ended: float | None = None

    def cancel(self) -> None:
        if self.process.poll() is None:
            self._cancelled = True
            self.process.terminate()

    def forget(self) -> None:
        for file in (self._log, self._progress):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def job(self) -> Job:
        returncode = self.process.poll()
        if returncode is not None and self._ended is None:
            self._ended = time.time()
        return Job(
            id=self.id,
            pid=self.process.pid,
            path=self.path,
            address=self.address,
            state=self._state(returncode),
            started=self._started,
            ended=self._ended,
            returncode=returncode,
            progress=read_progress(self._progress),
            log="" if returncode is None else tail(self._log),
        )

    def _state(self, returncode: int | None) -> JobState:
        if returncode is None:
            return JobState.RUNNING
        if returncode == 0:
            return JobState.DONE
        return JobState.CANCELLED if self._cancelled else JobState.FAILED


def started(command: Sequence[str], log: Path, *, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """Start a process that writes its output to a log; log and folder are for their owner alone, as the index is.

    Raises OSError.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), "wb") as output:
        return subprocess.Popen(command, stdin=stdin, stdout=output, stderr=subprocess.STDOUT)


def write_progress(file: Path, progress: Progress) -> None:
    """Put how far a run is in place of what the file said before. A full disk ends no run for its sake."""
    with suppress(OSError):
        draft = file.with_suffix(".partial")
        draft.write_text(json.dumps(to_json(progress)), "utf-8")
        draft.replace(file)


def read_progress(file: Path) -> Progress | None:
    """Return what a run told last; None where it told nothing yet."""
    try:
        progress: Progress = from_json(Progress, json.loads(file.read_text("utf-8")))
    except (OSError, ValueError):
        return None
    return progress


def existing(path: str) -> Path:
    """Return the absolute path that was typed. Raises PathError if it is empty, relative or leads nowhere."""
    if not path.strip():
        raise PathError("no path was given", hint="type the full path of a folder or file, such as ~/projects/site")
    try:
        target = Path(path.strip()).expanduser()
    except RuntimeError as error:  # `~name` of no user
        raise PathError(f"{path.strip()} does not exist", hint="type the full path") from error
    if not target.is_absolute():
        raise PathError(f"not a full path: {target}", hint=f"type it from the top, such as {Path.home() / target}")
    try:
        found = target.exists()
    except (OSError, ValueError) as error:  # a folder above it that may not be entered, a name that is too long
        why = error.strerror if isinstance(error, OSError) else error
        raise PathError(f"{target} cannot be read: {why}", hint="check its permissions and name") from error
    if not found:
        raise PathError(
            f"{target} does not exist", hint="check the spelling; it is a path on the machine that runs this server"
        )
    return target.resolve()


def tail(log: Path) -> str:
    """Return the last lines of a log, at most TAIL_BYTES, the first not cut; or why they cannot be read."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:  # the folder of the index may have been deleted meanwhile
        return f"the log cannot be read: {error}"
    lines = text.strip().splitlines()
    return "\n".join(lines[1:] if size > TAIL_BYTES and len(lines) > 1 else lines)
