"""The reads of the local store that rank or count, as functions of a connection inside one transaction."""

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from indexer.spelling import Names, edits, signs
from indexer.store.bm25 import quoted
from indexer.store.filters import ASKED, DEFINES, Where, asked_symbols
from indexer.store.rows import decoded, encoded_or_none, symbol_keys
from indexer.types import Candidate, Facets, Pending

WEIGHTS: Final = "4, 2, 3, 1, 2"  # BM25 of symbol, signature, title, body, path
MOST_TOKENS: Final = 64  # distinct tokens of a query; of more, the rarest say most
COMMON: Final = 0.5  # share of chunks from which on a token weighs nothing in SQLite's BM25
TEXTS: Final = 256  # read at once where texts are checked one by one
FEW: Final = 1_000  # chunks among which no token is dropped as common: it costs nothing there


def lexical(db: sqlite3.Connection, terms: Sequence[str], *, where: Where, limit: int) -> list[Candidate]:
    """Rank by BM25 over all fields together."""
    if not terms:
        return []
    # CROSS JOIN: the words first. Led by a filter, SQLite would run the match once for each chunk.
    rows = db.execute(
        f"SELECT c.uuid, bm25(words, {WEIGHTS}) AS score FROM words CROSS JOIN chunks AS c ON c.id = words.rowid"
        f" WHERE words MATCH ? AND {where.sql} ORDER BY score, c.uuid LIMIT max(?, 0)",
        (" OR ".join(map(quoted, terms)), *where.values, limit),
    )
    return [Candidate(id=uuid, score=-score) for uuid, score in rows]  # SQLite's best is the smallest


def holders(db: sqlite3.Connection, token: str) -> int:
    """Count the chunks that hold a token, those deleted since the words were last merged among them."""
    asked = token.encode("utf-8", "replace").decode()
    row = db.execute("SELECT doc FROM vocabulary WHERE term = ?", (asked,)).fetchone()
    return int(row[0]) if row else 0


def rarity(held: Mapping[str, int], *, chunks: int) -> dict[str, float]:
    """Return the inverse document frequency of each token, of which `held` says how many chunks hold it."""
    everything = max(chunks, *held.values(), 0) if held else chunks
    return {token: math.log(1 + (everything - n + 0.5) / (n + 0.5)) for token, n in held.items()}


def symbols(db: sqlite3.Connection, names: Sequence[str], *, where: Where, limit: int) -> list[Candidate]:
    """Rank definitions of the names: 3 the whole symbol, 2 its last parts, 1 its last part."""
    rows = db.execute(
        "SELECT c.uuid, max(CASE WHEN c.symbol_key = a.symbol THEN 3.0 WHEN instr(a.symbol, '.') THEN 2.0 ELSE 1.0 END)"
        f" AS score FROM {ASKED} AS a CROSS JOIN chunks AS c ON c.name_key = a.name"
        f" WHERE ({DEFINES}) AND {where.sql}"
        " GROUP BY c.id ORDER BY score DESC, c.priority, length(c.symbol_key), c.symbol_key, c.start, c.uuid"
        " LIMIT max(?, 0)",
        (asked_symbols(names), *where.values, limit),
    )
    return [Candidate(id=uuid, score=score) for uuid, score in rows]


def names(db: sqlite3.Connection) -> list[str]:
    """Return the last parts of all symbols."""
    return [decoded(name) for (name,) in db.execute("SELECT DISTINCT name_key FROM chunks WHERE name_key IS NOT NULL")]


def near(db: sqlite3.Connection, name: str, known: Names, *, where: Where, limit: int) -> dict[str, int]:
    """Return the last parts of symbols that are spelt most like `name`, with their edits; `known` are `names`."""
    parts = name.split(".")
    last = known.near(symbol_keys(name)[1])
    rows = db.execute(
        "SELECT c.symbol, c.name_key, count(*) FROM chunks AS c"
        f" WHERE c.name_key IN (SELECT value FROM json_each(?)) AND {where.sql} GROUP BY c.symbol, c.name_key",
        (json.dumps(list(last)), *where.values),
    )
    apart: dict[str, tuple[int, int]] = {}  # edits, and those of the names as written, which settle a draw
    definitions: Counter[str] = Counter()
    for symbol, name_key, chunks in rows:
        tail = decoded(symbol).split(".")[-len(parts) :]
        if len(tail) < len(parts):
            continue
        others = [edits(asked, part) for asked, part in zip(parts[:-1], tail[:-1], strict=True)]
        if None not in others:
            full = ".".join(tail)
            apart[full] = last[decoded(name_key)] + sum(other for other in others if other), signs(name, full)
            definitions[full] += chunks
    fewest = min(apart.values(), default=(0, 0))
    nearest = sorted((full for full in apart if apart[full] == fewest), key=lambda full: (-definitions[full], full))
    return dict.fromkeys(nearest[: max(limit, 0)], fewest[0])


def holding(db: sqlite3.Connection, words: Sequence[str], *, where: Where) -> Iterator[tuple[Candidate, str]]:
    """Yield the chunks that have all the words, with their text."""
    asked = [word for word in dict.fromkeys(words) if word]
    if asked:
        rows = db.execute(
            f"SELECT c.id, c.uuid, -bm25(words, {WEIGHTS}) AS score FROM words CROSS JOIN chunks AS c"
            f" ON c.id = words.rowid WHERE words MATCH ? AND {where.sql} ORDER BY score DESC, c.uuid",
            (" AND ".join(map(quoted, asked)), *where.values),
        )
    else:
        rows = db.execute(
            f"SELECT c.id, c.uuid, 1.0 FROM chunks AS c WHERE {where.sql} ORDER BY c.priority, c.id", where.values
        )
    while batch := rows.fetchmany(TEXTS):
        texts = dict(_texts(db, [number for number, _, _ in batch]))
        yield from ((Candidate(id=uuid, score=score), texts[number]) for number, uuid, score in batch)


def _texts(db: sqlite3.Connection, chunks: Sequence[int]) -> Iterator[tuple[int, str]]:
    rows = db.execute(
        "SELECT c.id, p.text, c.text_at, c.text FROM chunks AS c JOIN passages AS p ON p.id = c.passage_id"
        " WHERE c.id IN (SELECT value FROM json_each(?))",
        (json.dumps(chunks),),
    )
    for number, passage, at, text in rows:
        yield number, decoded(passage)[at:] if isinstance(at, int) else decoded(text)


def count(db: sqlite3.Connection, where: Where) -> int:
    """Count chunks under the filter."""
    return _number(db, f"SELECT count(*) FROM chunks AS c WHERE {where.sql}", where.values)


def facets(db: sqlite3.Connection, where: Where) -> Facets:
    """Count chunks under the filter by each field, most frequent first."""
    rows = db.execute(
        "SELECT r.name, f.folder, g.language, g.kind, sum(g.n) FROM"
        " (SELECT c.repo_id, c.file_id, c.language, c.kind, count(*) AS n FROM chunks AS c"
        f"  WHERE {where.sql} GROUP BY c.repo_id, c.file_id, c.language, c.kind) AS g"
        " JOIN files AS f ON f.id = g.file_id JOIN repos AS r ON r.id = g.repo_id GROUP BY 1, 2, 3, 4",
        where.values,
    )
    fields = ("repos", "folders", "languages", "kinds")
    counts: dict[str, Counter[str]] = {field: Counter() for field in fields}
    for *values, chunks in rows:
        for field, value in zip(fields, values, strict=True):
            counts[field][decoded(value)] += chunks
    return {
        field: dict(sorted(counts[field].items(), key=lambda item: (-item[1], item[0]))) for field in sorted(fields)
    }


PENDING: Final = """
FROM chunks AS c
WHERE NOT EXISTS (SELECT 1 FROM vectors AS v WHERE v.passage_id = c.passage_id
                  AND v.model_id = (SELECT id FROM models WHERE fingerprint = ?1))
AND (?2 IS NULL OR c.repo_id = (SELECT id FROM repos WHERE name = ?2))
"""


def pending(db: sqlite3.Connection, model: str, *, repo: str | None, limit: int) -> list[Pending]:
    """Return passages without a vector of the model, by the priority of the chunks that use them."""
    found: dict[int, None] = {}
    # Read as a stream in the order of an index: no sort, and no more rows than needed.
    values = (model, encoded_or_none(repo))
    for (passage,) in db.execute(f"SELECT c.passage_id {PENDING} ORDER BY c.priority, c.id", values):
        if len(found) >= limit:
            break
        found[passage] = None
    rows = db.execute(
        "SELECT id, key, text FROM passages WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(found)),)
    )
    by_id = {number: Pending(key=key, passage=decoded(text)) for number, key, text in rows}
    return [by_id[number] for number in found]


def count_pending(db: sqlite3.Connection, model: str, *, repo: str | None) -> int:
    """Count passages without a vector of the model."""
    return _number(db, f"SELECT count(DISTINCT c.passage_id) {PENDING}", (model, encoded_or_none(repo)))


def telling(held: Mapping[str, int], *, chunks: int) -> list[str]:
    """Return the tokens that are worth matching: not those of half the chunks, and of many only the rarest.

    held: each token to how many chunks hold it.
    """
    if len(held) <= 1 or (len(held) <= MOST_TOKENS and chunks < FEW):
        return list(held)
    known = sorted((count, token) for token, count in held.items() if count)
    rare = [token for count, token in known if count < max(FEW, COMMON * chunks)]
    return (rare or [token for _, token in known])[:MOST_TOKENS]


def _number(db: sqlite3.Connection, query: str, values: Sequence[object]) -> int:
    (number,) = db.execute(query, values).fetchone()
    return int(number)
