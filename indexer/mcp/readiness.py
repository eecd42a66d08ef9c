"""What is not there yet: a model that loads in the background, an index that is being built."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from embedder.errors import EmbedderError
from indexer.errors import IndexerError
from indexer.index import Index
from indexer.types import RepoStatus

PATIENCE: Final = 3.0  # seconds that a search waits for the model, which a laptop loads in one; then it goes by words
LOADING: Final = "the model is still loading: found by words, symbols and paths only; ask again in a few seconds"


class Warmup:
    """Loads the model, and reads what a first search reads, in a thread of its own. For any number of threads."""

    def __init__(self, opened: Callable[[], Index], *, patience: float = PATIENCE) -> None:
        """Prepare; `opened` returns the index, or raises while there is none."""
        self._opened, self._patience = opened, patience
        self._lock = threading.Lock()
        self._finished: threading.Event | None = None  # of the thread that runs, or ran last

    def start(self) -> threading.Event:
        """Begin, unless that is going on; return what is set at the end, whatever it is."""
        with self._lock:
            if self._finished is None or self._finished.is_set():
                self._finished = threading.Event()
                # A daemon: an end of the session must not wait for a model.
                threading.Thread(target=self._load, args=(self._finished,), name="warm-up", daemon=True).start()
            return self._finished

    def is_ready(self, index: Index) -> bool:
        """Tell whether a search by meaning would answer at once, after a short wait for the model.

        Also where the model does not load: then the search says why.
        """
        return index.is_warm or self.start().wait(self._patience)

    def _load(self, finished: threading.Event) -> None:
        try:
            self._opened().search("warm up", limit=1)
        except (IndexerError, EmbedderError) as error:  # told again, with what to do, to the one who asks
            logging.getLogger(__name__).info("not ready: %s", error)
        finally:
            finished.set()


def coverage(repos: list[RepoStatus]) -> tuple[float, float]:
    """Return the shares of files whose text, and of chunks whose meaning, can be found."""
    files, expected = sum(one.files for one in repos), sum(one.expected_files for one in repos)
    chunks, pending = sum(one.chunks for one in repos), sum(one.pending for one in repos)
    return min(1.0, files / expected) if expected else 1.0, max(0.0, 1 - pending / chunks) if chunks else 1.0


def progress(index: Index) -> str | None:
    """Say how far a run is that is writing the index now: `indexing, 34 %`; None where none is, or all is there."""
    if not index.being_written:
        return None
    repos = index.repos()
    if not repos:
        return "indexing has just begun; ask again in a moment"
    text, meaning = coverage(repos)
    if not all(one.complete for one in repos) and text < 1:
        return f"indexing, {percent(text)} of the files: what is missing cannot be found yet"
    if meaning < 1:
        return f"indexing, {percent(meaning)} by meaning: the rest is found by words, symbols and paths"
    return None


def percent(share: float) -> str:
    """Write a share as people do; 100 % is only what is complete."""
    return f"{int(share * 100)} %"
