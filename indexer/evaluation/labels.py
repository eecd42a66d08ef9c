"""Labelled queries on disk: what was asked, and which places answer it.

One JSON object a line:

    {"query": "where are uploads retried", "relevant": ["src/upload.py:12-40"]}

A target is a text, `path`, `path:line` or `path:first-last`, or an object `{"path": ..., "start": ..., "end": ...}`
whose lines may be null. `secondary` holds more targets, which count like the others; `repo` names the repository to
search in; `language` and `category` say to which rows of the report the query belongs.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from indexer.errors import LabelsError

KEYS: Final = ("query", "relevant", "secondary", "repo", "language", "category")
TARGET_KEYS: Final = ("path", "start", "end")
LINES: Final = re.compile(r"(?P<path>.+?):(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?")
FORM: Final = 'a line is like {"query": "where are uploads retried", "relevant": ["src/upload.py:12-40"]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file, or lines of it: a target, or a result."""

    path: str  # in its repository, "/" between its parts
    start: int | None = None  # line, 1-based; None is the whole file
    end: int | None = None  # line, 1-based, inclusive; None as `start` is

    def meets(self, other: "Place") -> bool:
        """Tell whether both are the same file and, where both have lines, share one.

        >>> Place(path="a.py", start=1, end=5).meets(Place(path="a.py", start=5, end=9))
        True
        """
        if self.path != other.path:
            return False
        if self.start is None or self.end is None or other.start is None or other.end is None:
            return True
        return self.start <= other.end and other.start <= self.end

    def __str__(self) -> str:
        """Write it as search results are printed."""
        return self.path if self.start is None else f"{self.path}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A query and the places that answer it."""

    query: str
    targets: tuple[Place, ...]  # at least one; all count alike
    repo: str | None = None  # searched in it alone; None is everywhere
    language: str | None = None
    category: str | None = None


def read(path: Path) -> list[Labelled]:
    """Read a file of labelled queries. Raises LabelsError naming the file and line that is wrong."""
    found: dict[tuple[str | None, str], int] = {}
    queries = []
    for number, row in _rows(path):
        try:
            one = _labelled(row)
            asked = (one.repo, one.query)
            if asked in found:
                raise ValueError(f"the same query as on line {found[asked]}")
        except ValueError as error:
            raise LabelsError(f"{path}:{number}: {error}", hint=FORM) from None
        found[asked] = number
        queries.append(one)
    if not queries:
        raise LabelsError(f"{path} holds no query", hint=FORM)
    return queries


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield number (from 1) and object of each line that is not blank; only a line feed ends one."""
    number = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if not isinstance(row, dict):
                    raise ValueError("not a JSON object")
                yield number, row
    except OSError as error:
        raise LabelsError(f"cannot read {path}: {error.strerror}", hint="name a file of labelled queries") from error
    except (ValueError, RecursionError) as error:  # of JSON and of UTF-8 too
        raise LabelsError(f"{path}:{number}: {error}", hint=FORM) from error


def _labelled(row: Mapping[str, Any]) -> Labelled:
    """Raises ValueError saying what is wrong, without file and line."""
    _known(row, KEYS, "the line")
    query = row.get("query")
    if not isinstance(query, str) or not query.strip():
        raise ValueError("`query` is not a text with something in it")
    targets = tuple(_target(one) for key in ("relevant", "secondary") for one in _list(row, key))
    if not targets:
        raise ValueError("no target in `relevant`")
    return Labelled(
        query=query,
        targets=targets,
        repo=_text(row, "repo"),
        language=_text(row, "language"),
        category=_text(row, "category"),
    )


def _known(row: Mapping[str, Any], keys: tuple[str, ...], what: str) -> None:
    for key in row:
        if key not in keys:
            raise ValueError(f"{what} has a key `{key}`; known are {', '.join(keys)}")


def _list(row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"`{key}` is not a list")
    return value


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"`{key}` is not a text")
    return value or None


def _target(value: Any) -> Place:  # noqa: ANN401  # whatever the file holds
    if isinstance(value, str):
        found = LINES.fullmatch(value)
        if found is None:
            return _place(value, None, None)
        start = int(found["start"])
        return _place(found["path"], start, int(found["end"] or start))
    if not isinstance(value, dict):
        raise ValueError("a target is neither a text nor an object")
    _known(value, TARGET_KEYS, "a target")
    path = value.get("path")
    if not isinstance(path, str):
        raise ValueError("the `path` of a target is not a text")
    return _place(path, _line(value, "start"), _line(value, "end"))


def _line(value: Mapping[str, Any], key: str) -> int | None:
    line = value.get(key)
    if line is not None and (isinstance(line, bool) or not isinstance(line, int)):
        raise ValueError(f"`{key}` of a target is not a number of a line")
    return line


def normal_path(path: str) -> str:
    r"""Return a path as those of targets and results are compared.

    >>> normal_path(".\\src\\main.go")
    'src/main.go'
    """
    path = path.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path


def _place(path: str, start: int | None, end: int | None) -> Place:
    path = normal_path(path)
    if not path or path.startswith("/"):
        raise ValueError("the path of a target does not count from the top of its repository")
    if (start is None) != (end is None):
        raise ValueError("a target has only one of `start` and `end`")
    if start is not None and end is not None and not 1 <= start <= end:
        raise ValueError(f"the lines {start} to {end} of a target are no range, counted from 1")
    return Place(path=path, start=start, end=end)
