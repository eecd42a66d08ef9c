"""Raw training rows: files of JSON lines, read one by one, and what is wrong with those that are no rows."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.data import Row
from training.errors import DataError

SUFFIXES: Final = (".jsonl", ".jsonl.gz")

OnBytes = Callable[[int], None]  # how many bytes of the file were read since the last call


@dataclass(frozen=True, slots=True)
class RawSource:
    """One file of rows."""

    name: str
    path: Path

    @property
    def size(self) -> int:
        """Bytes on disk, the measure of progress."""
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no row."""

    line: int  # 1-based
    why: str


def find_sources(paths: Sequence[Path]) -> list[RawSource]:
    """The sources at these paths, folders read without their subfolders, by name.

    Raises DataError for a path that is not there, a folder without sources, a file of another kind, and two files of
    one name: a name is what recipes say, so it must mean one thing.
    """
    found: dict[str, RawSource] = {}
    for path in paths:
        if not path.exists():
            raise DataError(f"{path} does not exist", hint="name files of JSON lines, or folders that hold them")
        files = sorted(each for each in path.iterdir() if _name(each)) if path.is_dir() else [path]
        if not files:
            raise DataError(f"{path} holds no source", hint=f"a source is a file that ends in {', '.join(SUFFIXES)}")
        for file in files:
            name = _name(file)
            if name is None:
                raise DataError(f"{file} is no source", hint=f"a source is a file that ends in {', '.join(SUFFIXES)}")
            if name in found and found[name].path.resolve() != file.resolve():
                raise DataError(
                    f"two sources are called {name}: {found[name].path} and {file}", hint="rename one of the files"
                )
            found[name] = RawSource(name, file)
    return [found[name] for name in sorted(found)]


def read_rows(source: RawSource, read: OnBytes) -> Iterator[Row | Malformed]:
    """Every line of a source, in order: a row as it stands, or why it is none. Blank lines are passed over.

    A row has strings `query` and `positive`, and perhaps a list of strings `negatives`; a missing one is an empty
    one. Other fields are ignored. Raises DataError if the file itself cannot be read to its end.
    """
    try:
        zipped = source.path.suffix == ".gz"
        with source.path.open("rb") as raw, gzip.GzipFile(fileobj=raw) if zipped else raw as lines:
            before = 0
            for number, line in enumerate(lines, start=1):
                if number % 1000 == 0:
                    now = raw.tell()
                    read(now - before)
                    before = now
                if line.strip():
                    yield _row(number, line)
            read(source.size - before)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{source.path} cannot be read: {error}", hint="fetch or write the file again") from error


def _row(number: int, line: bytes) -> Row | Malformed:
    try:
        fields: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Malformed(number, f"no JSON: {error}")
    if not isinstance(fields, dict):
        return Malformed(number, "no JSON object")
    query, positive, negatives = (fields.get(key) for key in ("query", "positive", "negatives"))
    if not isinstance(query, str | None) or not isinstance(positive, str | None):
        return Malformed(number, "query or positive is no string")
    negatives = [] if negatives is None else negatives
    if not isinstance(negatives, list) or not all(isinstance(each, str) for each in negatives):
        return Malformed(number, "negatives is no list of strings")
    return Row(query or "", positive or "", tuple(negatives))


def _name(path: Path) -> str | None:
    if not path.is_file() or path.name.startswith("."):
        return None
    return next((path.name.removesuffix(end) for end in reversed(SUFFIXES) if path.name.endswith(end)), None)
