"""The right to write: one process at a time, given back by the system when its holder dies."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indexer.errors import StoreBusyError, StoreFullError

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK: Final = "write.lock"
HOLDER: Final = "writer.json"  # who holds it; true only while the lock is held


class WriteLock:
    """Held by one store object in one process; its threads share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BaseFileLock | None = None  # made at the first write: a search does not wait for its import
        self._mutex = threading.Lock()
        self._holds = 0
        self._thread = 0

    @contextlib.contextmanager
    def held(self, *, patience: float = 0.0) -> Iterator[None]:
        """Hold the lock. Nests in one thread; raises StoreBusyError where another thread or process holds it.

        patience: seconds to wait for another process.
        """
        with self._hold(join=False, patience=patience):
            yield

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """Hold the lock with whichever thread of this store holds it, so that a run may write from several."""
        with self._hold(join=True, patience=0.0):
            yield

    @contextlib.contextmanager
    def _hold(self, *, join: bool, patience: float) -> Iterator[None]:
        with self._mutex:
            if self._holds == 0:
                self._acquire(patience)
                self._thread = threading.get_ident()
            elif not join and self._thread != threading.get_ident():
                raise self._busy()
            self._holds += 1
        try:
            yield
        finally:
            with self._mutex:
                self._holds -= 1
                if self._holds == 0:
                    (self._folder / HOLDER).unlink(missing_ok=True)
                    self._lock().release()

    def _lock(self) -> "BaseFileLock":
        from filelock import FileLock

        if self._file is None:
            # One lock for all threads: they count their holds.
            self._file = FileLock(self._folder / LOCK, timeout=0, mode=0o600, thread_local=False)
        return self._file

    def _acquire(self, patience: float) -> None:
        from filelock import Timeout

        lock = self._lock()
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise self._busy() from None
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._sign()
        except OSError as error:
            lock.release()
            raise self._unwritable(error) from error

    def _sign(self) -> None:
        draft = self._folder / f"{HOLDER}.partial"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"pid": os.getpid(), "since": time.time()}, file)
        draft.replace(self._folder / HOLDER)

    def holder(self) -> int | None:
        """Return the id of the process that holds the lock, this one included; None where none does.

        Told by what the holder wrote down, without a try at the lock: that would turn a writer away.
        """
        try:
            process = int(json.loads((self._folder / HOLDER).read_text(encoding="utf-8"))["pid"])
            os.kill(process, 0)
        except PermissionError:  # alive, of another user
            return process
        except (OSError, ValueError, KeyError, TypeError, OverflowError):  # nobody, or one who died
            return None
        return process

    def _busy(self) -> StoreBusyError:
        try:
            holder = json.loads((self._folder / HOLDER).read_text(encoding="utf-8"))
            since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder["since"]))
            who = f"process {holder['pid']} since {since}"
        except (OSError, ValueError, KeyError, TypeError):  # it began or ended this very moment
            who = "another process"
        return StoreBusyError(
            f"the index {self._folder} is being written by {who}", hint="wait until it is done, or stop that process"
        )

    def _unwritable(self, error: OSError) -> StoreFullError:
        return StoreFullError(
            f"the index {self._folder} cannot be written: {error.strerror or error}",
            hint="free some space there, make the folder writable, or name another with `--index`",
        )
