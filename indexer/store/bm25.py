"""BM25 over each field, added up from what it says of each term.

BM25 is a sum over the terms of a query, and what it says of one term depends on the index alone. SQLite reckons it
anew for every query, row by row, which was most of a search. So the scores of a term are read from it once and kept
until the chunks change, and a query adds a few arrays. Its scores are SQLite's own.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.store.catalogue import Ids, Live, Mask, Scores
from indexer.types import Candidate, Field

OBJECTS: Final = 512  # bytes of a column beside its numbers: two arrays, their holder, its place in a cache
FIELD_TABLES: Final = {
    Field.SYMBOL: "symbol_words",
    Field.SIGNATURE: "signature_words",
    Field.TITLE: "title_words",
    Field.PATH: "path_words",
}


@dataclass(frozen=True, slots=True)
class Column:
    """What BM25 says of one term in one field."""

    ids: Ids  # chunks.id of those that hold it, [n], ascending
    scores: Scores  # [n]; greater is better

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self.ids.nbytes + self.scores.nbytes + OBJECTS


ColumnOf = Callable[[Field, str], Column]


def column(db: sqlite3.Connection, field: Field, term: str) -> Column:
    """Read the scores of a term, rows of deleted chunks among them. The body stands in `words`, hardly its whole."""
    table, weights, asked = FIELD_TABLES.get(field, "words"), "", quoted(term)
    if field is Field.BODY:
        weights, asked = ", 0, 0, 0, 1, 0", f"body : {asked}"
    query = f"SELECT rowid, -bm25({table}{weights}) FROM {table} WHERE {table} MATCH ? ORDER BY rowid"
    rows = db.execute(query, (asked,)).fetchall()
    found = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
    return Column(ids=found[:, 0].astype(np.int64), scores=found[:, 1].copy())


def ranked(terms: Sequence[str], live: Live, *, column_of: ColumnOf, limit: int) -> dict[Field, list[Candidate]]:
    """Return the best of each field among the chunks under the filter."""
    if not terms or limit < 1:
        return {}
    best = {field: _best([column_of(field, term) for term in terms], live.chunks, limit) for field in Field}
    return {field: live.catalogue.candidates(ids, scores) for field, (ids, scores) in best.items()}


def quoted(token: str) -> str:
    """Return a string of FTS5's query language, in which nothing has a meaning."""
    return '"' + token.encode("utf-8", "replace").decode().replace("\0", " ").replace('"', '""') + '"'


def _best(columns: Sequence[Column], live: Mask, limit: int) -> tuple[Ids, Scores]:
    """Add the columns; return chunks.id and scores of the best `limit` in any order; of equal scores the oldest."""
    scores = np.zeros(len(live))  # by id, which is quick as long as most ids are alive
    held = np.zeros(len(live), dtype=np.bool_)
    for one in columns:
        known = int(np.searchsorted(one.ids, len(live)))  # the rest is younger than the mask
        ids = one.ids[:known]
        scores[ids] += one.scores[:known]
        held[ids] = True
    found = np.flatnonzero(held & live)
    if len(found) > limit:
        values = scores[found]
        last = np.partition(values, -limit)[-limit]
        better = found[values > last]
        found = np.concatenate([better, found[values == last][: limit - len(better)]])
    return found, scores[found]
