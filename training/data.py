"""A prepared folder, read at random: what `gte-train prepare` writes and every stage of training reads.

    manifest.json    {version, sources: {name: {rows, kept, sha256, raw_sha256, dropped, ...}}, decontamination}
    NAME.jsonl       one compact UTF-8 JSON object a line: query, positive, negatives if there are any
    NAME.rows.npy    int64 byte offsets into it, n + 1 of them: row i is bytes offsets[i] to offsets[i + 1]
    report.md        the manifest, for people

Offsets and not line numbers, so that row 900,000 costs one page of the file and no reading before it.
"""

import array
import hashlib
import json
import mmap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

import numpy as np
import numpy.typing as npt

from training import atomic
from training.errors import DataError

VERSION: Final = 1  # of the folder's layout; another one is refused, not guessed at
MANIFEST: Final = "manifest.json"
PREPARE_AGAIN: Final = "prepare it again: gte-train prepare SOURCE... --out DIR"

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Row:
    """One training example."""

    query: str
    positive: str
    negatives: tuple[str, ...] = ()  # hard negatives of this query; often none
    scores: tuple[float, ...] = ()  # a teacher's, of the positive and then of each negative; often none


class Written(TypedDict):
    """What the manifest says of the files of a source."""

    kept: int  # rows
    bytes: int
    sha256: str  # of the rows


def data_file(folder: Path, name: str) -> Path:
    """Where the rows of a source lie."""
    return folder / f"{name}.jsonl"


def offsets_file(folder: Path, name: str) -> Path:
    """Where the byte offsets of a source's rows lie."""
    return folder / f"{name}.rows.npy"


class Source:
    """The rows of one source, in the order of the raw file. Opening costs no reading; rows come through mmap."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._path = data_file(folder, name)
        self._offsets = _open_offsets(offsets_file(folder, name))
        self._map: mmap.mmap | None = None  # opened by the first read: a process that only counts needs none

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self)} rows)"

    @property
    def size(self) -> int:
        """Bytes of the rows, as the offsets say."""
        return int(self._offsets[-1])

    def rows(self, positions: Sequence[int]) -> list[Row]:
        """The rows at these positions (0-based), in the order asked for.

        Raises IndexError for a position outside the source and DataError for bytes that are no row.
        """
        return [self._row(position) for position in positions]

    def _row(self, position: int) -> Row:
        if not 0 <= position < len(self):
            raise IndexError(f"row {position} of {self.name}, which has {len(self)}")
        if self._map is None:
            with self._path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        line = self._map[self._offsets[position] : self._offsets[position + 1]]
        try:
            fields = json.loads(line)
            negatives, scores = tuple(fields.get("negatives", ())), tuple(fields.get("scores", ()))
            return Row(fields["query"], fields["positive"], negatives, scores)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{self._path}: row {position} cannot be read: {error}", hint=PREPARE_AGAIN) from error


def folded(text: str) -> str:
    """Return what of a text counts when two are compared: neither case nor the kind of white space."""
    return " ".join(text.split()).casefold()


def line_of(row: Row) -> bytes:
    """Return the line that holds a row."""
    fields: dict[str, Any] = {"query": row.query, "positive": row.positive}
    if row.negatives:
        fields["negatives"] = row.negatives
    if row.scores:
        fields["scores"] = row.scores
    try:
        return (json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    except UnicodeEncodeError:  # a lone surrogate, which UTF-8 has no bytes for; JSON has an escape
        return (json.dumps(fields, separators=(",", ":")) + "\n").encode()


def write_source(folder: Path, name: str, rows: Iterable[Row]) -> Written:
    """Write the two files of a source; they appear under their names when `rows` has come to its end."""
    data, places = data_file(folder, name), offsets_file(folder, name)
    digest, offsets = hashlib.sha256(), array.array("q", [0])
    with atomic.unfinished(places) as new_places, atomic.unfinished(data) as new_data:
        with new_data.open("wb") as file:
            for row in rows:
                line = line_of(row)
                file.write(line)
                digest.update(line)
                offsets.append(offsets[-1] + len(line))
        with new_places.open("wb") as file:
            np.save(file, np.frombuffer(offsets, dtype=np.int64), allow_pickle=False)
    return Written(kept=len(offsets) - 1, bytes=offsets[-1], sha256=digest.hexdigest())


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest at once: one that exists is whole."""
    atomic.write_json(path, manifest)


def open_prepared(folder: Path) -> list[Source]:
    """Every source of a prepared folder that has rows, by name.

    Sizes are compared with the manifest; contents are not hashed again. Raises DataError if the folder was not
    prepared, was prepared by another version, or does not hold what its manifest says.
    """
    manifest = read_manifest(folder)
    sources = []
    for name, record in sorted(manifest["sources"].items()):
        source = Source(folder, name)
        try:
            size = data_file(folder, name).stat().st_size
        except OSError as error:
            raise DataError(f"{data_file(folder, name)} is missing: {error.strerror}", hint=PREPARE_AGAIN) from error
        if len(source) != record["kept"] or source.size != size:
            raise DataError(
                f"{data_file(folder, name)} is not the file that was prepared:"
                f" {size} bytes, {len(source)} rows in {source.size} bytes expected, {record['kept']} rows recorded",
                hint=PREPARE_AGAIN,
            )
        if len(source):
            sources.append(source)
    return sources


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a prepared folder. Raises DataError if there is none that this version reads."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
        version, sources = manifest["version"], manifest["sources"]
    except FileNotFoundError as error:
        raise DataError(f"{folder} is no prepared folder: it has no {MANIFEST}", hint=PREPARE_AGAIN) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}", hint=PREPARE_AGAIN) from error
    if version != VERSION or not isinstance(sources, dict):
        raise DataError(f"{folder} was prepared as version {version}, this reads {VERSION}", hint=PREPARE_AGAIN)
    return dict(manifest)


def contents_of(folder: Path, sources: Sequence[Source]) -> str:
    """Name the rows of some sources: equal only if a run over them draws the same."""
    records = read_manifest(folder)["sources"]
    told = [[source.name, records[source.name].get("sha256")] for source in sources]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _open_offsets(path: Path) -> Offsets:
    try:
        offsets = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}", hint=PREPARE_AGAIN) from error
    if offsets.dtype != np.int64 or offsets.ndim != 1 or not len(offsets):
        raise DataError(f"{path} holds no row offsets", hint=PREPARE_AGAIN)
    return np.asarray(offsets)
