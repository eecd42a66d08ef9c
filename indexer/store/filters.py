"""A Filter as SQL over the table `chunks`.

Every condition is true or false, never NULL, so that NOT turns it round. Path globs follow git's rules,
which SQLite's GLOB does not, so they are resolved to file ids beforehand.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from indexer.errors import QueryError
from indexer.ignore import Patterns
from indexer.store.rows import decoded, encoded, symbol_keys
from indexer.types import Filter, Terms

Value = str | bytes | int
Resolve = Callable[[tuple[str, ...]], str]
"""Globs to the ids of the files they match, as a JSON list."""


ASKED = "(SELECT json_extract(value, '$[0]') AS symbol, json_extract(value, '$[1]') AS name FROM json_each(?))"
"""Rows (symbol, name) of the list that `asked_symbols` returns."""

DEFINES = "c.symbol_key = a.symbol OR substr(c.symbol_key, -1 - length(a.symbol)) = '.' || a.symbol"
"""Whether chunk `c` defines the asked symbol `a`: it is the whole symbol or the last parts of it."""

SYMBOLS = f"c.id IN (SELECT c.id FROM {ASKED} AS a CROSS JOIN chunks AS c ON c.name_key = a.name WHERE {DEFINES})"


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on `c`, a row of `chunks`, and the values of its question marks."""

    sql: str
    values: tuple[Value, ...]


EVERYTHING: Final = Where("1", ())  # of the filter that lets every chunk pass


def compiled(where: Filter, *, resolve: Resolve) -> Where:
    """Return the condition that a chunk is under the filter."""
    wanted = _conditions(where.only, resolve)
    unwanted = _conditions(where.without, resolve)
    parts = [f"({part.sql})" for part in wanted] + [f"NOT ({part.sql})" for part in unwanted]
    values = tuple(value for part in wanted + unwanted for value in part.values)
    return Where(" AND ".join(parts), values) if parts else EVERYTHING


def file_ids(db: sqlite3.Connection, globs: tuple[str, ...]) -> str:
    """Return the ids of the files whose path matches any of the gitignore-style globs, as a JSON list.

    Raises QueryError where none of them is a pattern, such as "!".
    """
    patterns = Patterns(globs)
    if not patterns:
        raise QueryError(f"no path pattern: `{'`, `'.join(globs)}`", hint="write it as in .gitignore: `src/**/*.py`")
    paths = db.execute("SELECT id, path FROM files").fetchall()
    return json.dumps([file for file, path in paths if patterns.cover(decoded(path))])


def _conditions(terms: Terms, resolve: Resolve) -> list[Where]:
    conditions = []
    if terms.repos:
        names = Where(
            f"c.repo_id IN (SELECT id FROM repos WHERE name IN ({_marks(terms.repos)}))", _encoded(terms.repos)
        )
        conditions.append(names)
    if terms.languages:
        conditions.append(Where(f"c.language IN ({_marks(terms.languages)})", _encoded(terms.languages)))
    if terms.kinds:
        conditions.append(Where(f"c.kind IN ({_marks(terms.kinds)})", tuple(kind.value for kind in terms.kinds)))
    if terms.paths:
        conditions.append(Where("c.file_id IN (SELECT value FROM json_each(?))", (resolve(terms.paths),)))
    if terms.symbols:
        conditions.append(Where(SYMBOLS, (asked_symbols(terms.symbols),)))
    return conditions


def asked_symbols(names: Sequence[str]) -> str:
    """Return [[symbol, last part]...] as JSON, in the form that `chunks` keeps them; empty names are left out."""
    return json.dumps([symbol_keys(name) for name in dict.fromkeys(names) if name])


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _encoded(values: Sequence[str]) -> tuple[str | bytes, ...]:
    return tuple(encoded(value) for value in values)
