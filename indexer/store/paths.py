"""Files by the words in their paths, from what is known of each word: which files' paths hold it."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.store.catalogue import Ids, Live, candidates
from indexer.store.rows import encoded
from indexer.types import Candidate

MOST_WORDS: Final = 32  # of a query, looked for in paths


@dataclass(frozen=True, slots=True)
class Holders:
    """The files whose path holds a word."""

    files: Ids  # files.id, [n]

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self.files.nbytes + 256


def holders(db: sqlite3.Connection, word: str) -> Holders:
    """Read the files of any repository whose path holds a word, in lower case."""
    rows = db.execute("SELECT id FROM files WHERE instr(path_lower, ?)", (encoded(word),)).fetchall()
    return Holders(np.array(rows, dtype=np.int64).reshape(len(rows)))


def shortness(db: sqlite3.Connection) -> Ids:
    """Return, by files.id, the place of each file among all from the shortest path to the longest."""
    rows = db.execute("SELECT id FROM files ORDER BY length(path), path, id").fetchall()
    ids = np.array(rows, dtype=np.int64).reshape(len(rows))
    places = np.zeros(int(ids.max()) + 1 if len(ids) else 0, dtype=np.int64)
    places[ids] = np.arange(len(ids))
    return places


def ranked(
    words: Sequence[str], live: Live, *, holders_of: Callable[[str], Holders], places: Ids, limit: int
) -> list[Candidate]:
    """Return the first chunk under the filter of each file by the share of words in its path; equals by `places`."""
    asked = [word for word in dict.fromkeys(words) if word][:MOST_WORDS]
    held = np.zeros(len(places), dtype=np.int64)
    for word in asked:
        held[holders_of(word).files] += 1
    catalogue = live.catalogue
    files = catalogue.files[live.firsts]
    some = np.flatnonzero(held[files])
    best = some[np.lexsort((places[files[some]], -held[files[some]]))][: max(limit, 0)]
    return candidates(catalogue.uuids[live.firsts[best]], held[files[best]] / max(len(asked), 1))
