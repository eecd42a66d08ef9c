"""Opens an index when a server first needs one."""

import threading
from collections.abc import Callable

from indexer.index import Index


class Opener:
    """Opens the index at the first call and keeps it: a server may start before anything is indexed.

    For any number of threads. A failure is not remembered, so an index made later is found.
    """

    def __init__(self, open: Callable[[], Index]) -> None:
        self._open = open
        self._index: Index | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Index:
        """Return the one open index. Raises StoreMissingError while there is none."""
        with self._lock:
            if self._index is None:
                self._index = self._open()
            return self._index
