"""Where raw rows come from: files of JSON lines, Parquet files, datasets on the hub. One source, one name, one stream.

A file `NAME.jsonl`, `NAME.jsonl.gz` or `NAME.parquet` is the source NAME; files `NAME-00000-of-00002.parquet` and so
on, as the hub writes them, are one source together.
"""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from training import hub, parquet
from training.data import Row
from training.errors import DataError
from training.rows import Malformed, to_row

SUFFIXES: Final = (".jsonl.gz", ".jsonl", ".parquet")
A_SOURCE: Final = f"a source is a file that ends in {', '.join(SUFFIXES)}, or {hub.SHAPE}"
_SHARD: Final = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})")

OnRead = Callable[[int, int], None]  # how many bytes of the source, and how many rows, since the last call


class RawSource(Protocol):
    """A named stream of raw rows."""

    @property
    def name(self) -> str:
        """What recipes and reports call it; a file name without its suffix."""
        ...

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""
        ...

    @property
    def size(self) -> int:
        """Bytes to read; 0 where that is not known before."""
        ...

    def digest(self) -> str:
        """Return a SHA-256 that is another one whenever the rows may be others."""
        ...

    def rows(self, read: OnRead) -> Iterator[Row | Malformed]:
        """Yield every row in order, malformed ones as such. Raises DataError where the source breaks off."""
        ...


@dataclass(frozen=True, slots=True)
class FileSource:
    """One file, or the shards of one."""

    name: str
    files: tuple[Path, ...]  # in the order of their rows

    @property
    def origin(self) -> str:
        """The names of the files."""
        return self.files[0].name if len(self.files) == 1 else f"{self.files[0].name} and {len(self.files) - 1} more"

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.files)

    def digest(self) -> str:
        """Return the SHA-256 of the file; of several, that of theirs in a row."""
        digests = [sha256_of(path) for path in self.files]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()

    def rows(self, read: OnRead) -> Iterator[Row | Malformed]:
        """Yield every row in order. Raises DataError for a file that cannot be read to its end."""
        for path in self.files:
            try:
                yield from parquet.rows(path, read) if path.suffix == ".parquet" else _json_lines(path, read)
            except (OSError, EOFError, zlib.error) as error:
                raise DataError(f"{path} cannot be read: {error}", hint="fetch or write the file again") from error


def find_sources(given: Sequence[str | Path], *, catalogue: hub.Catalogue | None = None) -> list[RawSource]:
    """The sources at these paths and hub names, by name. Folders are read without their subfolders.

    `catalogue` answers for names that begin with `hub:`. Raises DataError for a path that is not there, a folder
    without sources, a file of another kind, an incomplete set of shards, and two sources of one name: a name is what
    recipes say, so it must mean one thing.
    """
    found: dict[str, RawSource] = {}
    files: dict[str, list[Path]] = {}
    for each in given:
        if isinstance(each, str) and each.startswith(hub.PREFIX):
            table = hub.find(each, catalogue or hub.Datasets())
            _claim(table.name, table.origin, found)
            found[table.name] = table
        else:
            for path in _files(Path(each)):
                files.setdefault(_split(path)[0], []).append(path)
    for name, paths in files.items():
        _claim(name, str(paths[0]), found)
        found[name] = FileSource(name, _whole(name, paths))
    return [found[name] for name in sorted(found)]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes. Raises DataError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from error


def _json_lines(path: Path, read: OnRead) -> Iterator[Row | Malformed]:
    """Every line that is not blank."""
    zipped = path.suffix == ".gz"
    with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) if zipped else raw as lines:
        number = place = 0
        for number, line in enumerate(lines, start=1):
            if number % 1000 == 0:
                before, place = place, raw.tell()
                read(place - before, 1000)
            if line.strip():
                where = f"{path.name}:{number}"
                try:
                    fields = json.loads(line)
                except (ValueError, RecursionError) as error:
                    yield Malformed(where, f"no JSON: {error}")
                else:
                    yield to_row(fields, where)
        read(path.stat().st_size - place, number % 1000)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise DataError(f"{path} does not exist", hint=f"name sources, or folders that hold them; {A_SOURCE}")
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.is_file() and each.name.endswith(SUFFIXES))
        files = [each for each in files if not each.name.startswith(".")]
        if not files:
            raise DataError(f"{path} holds no source", hint=A_SOURCE)
        return files
    if not path.name.endswith(SUFFIXES):
        raise DataError(f"{path} is no source", hint=A_SOURCE)
    return [path]


def _split(path: Path) -> tuple[str, int]:
    """The name of the source that a file belongs to, and in how many files that is kept."""
    name = path.name.removesuffix(next(end for end in SUFFIXES if path.name.endswith(end)))
    shard = _SHARD.fullmatch(name)
    return (shard["name"], int(shard["count"])) if shard else (name, 1)


def _whole(name: str, paths: Sequence[Path]) -> tuple[Path, ...]:
    files = sorted({path.resolve(): path for path in paths}.values())
    if len({(path.parent, _split(path)[1]) for path in files}) > 1 or len(files) > _split(files[0])[1]:
        raise DataError(f"two sources are called {name}: {files[0]} and {files[-1]}", hint="rename the files of one")
    if len(files) < _split(files[0])[1]:
        raise DataError(
            f"{name} is kept in {_split(files[0])[1]} files, of which {len(files)} are there",
            hint="fetch the others too, and name the folder",
        )
    return tuple(files)


def _claim(name: str, origin: str, taken: dict[str, RawSource]) -> None:
    if name in taken:
        raise DataError(f"two sources are called {name}: {taken[name].origin} and {origin}", hint="prepare them apart")
