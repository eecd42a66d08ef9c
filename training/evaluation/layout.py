"""The files of evaluation sets: which there are, and what their lines hold. Whoever reads a set reads it through here.

A set is a folder with some of these files; only a line feed ends a line, empty ones are passed over, a tab always
separates, and a quotation mark is a letter like any other.

| file | a line |
|---|---|
| corpus.jsonl(.gz), queries.jsonl(.gz) | object with `_id`, `text` and perhaps `title` |
| qrels.tsv | query's id, document's id, relevance; BEIR's heading may stand first |
| rerank.jsonl(.gz) | object with `query`, `positive` and `negative`, the latter two lists of texts |
| pairs.tsv | score, text, text |
| train.tsv, test.tsv | label, text |

Every reader raises DataError naming file and line.
"""

import gzip
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeGuard

from training.errors import DataError

CORPUS: Final = "corpus.jsonl"
QUERIES: Final = "queries.jsonl"
QRELS: Final = "qrels.tsv"
RERANK: Final = "rerank.jsonl"
PAIRS: Final = "pairs.tsv"
TRAIN: Final = "train.tsv"
TEST: Final = "test.tsv"
LAYOUT_HINT: Final = (
    "a set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv, or rerank.jsonl, pairs.tsv or test.tsv"
)
DAMAGED: Final = "correct the line, or take the set from its source again"


class Text(NamedTuple):
    """A document or a query."""

    id: str
    title: str
    text: str
    row: Mapping[str, Any]  # with whatever else it says

    @property
    def whole(self) -> str:
        """Title and text, joined as MTEB joins them."""
        return f"{self.title} {self.text}".strip()


class Judgement(NamedTuple):
    """How relevant a document is for a query."""

    number: int  # of the line
    query: str
    document: str
    relevance: int


class Candidates(NamedTuple):
    """A query with right and wrong answers."""

    query: str
    positives: tuple[str, ...]
    negatives: tuple[str, ...]


class Pair(NamedTuple):
    """Two texts, and how alike they are."""

    score: float
    written: str  # the score as it stands there: a grade of 1 is written 1.0
    left: str
    right: str


def kind(path: Path) -> str:
    """Return the name of a file as this module knows it: packed or not."""
    return path.name.removesuffix(".gz") if path.name.endswith(".jsonl.gz") else path.name


def existing(folder: Path, name: str) -> Path:
    """Return where a file lies, packed or not. Raises DataError where it is missing."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataError(f"{folder / name} is missing (nor is there a {name}.gz)", hint=LAYOUT_HINT)


def texts(path: Path) -> Iterator[Text]:
    """Yield what a corpus or a file of queries holds."""
    for number, row in _objects(path):
        name, text, title = row.get("_id"), row.get("text"), row.get("title") or ""
        if not isinstance(name, str | int) or not isinstance(text, str) or not isinstance(title, str):
            raise DataError(f"{path}:{number}: `_id` or `text` is missing", hint=DAMAGED)
        yield Text(str(name), title, text, row)


def judgements(path: Path) -> Iterator[Judgement]:
    """Yield what qrels.tsv holds."""
    for number, (query, document, score) in _rows(path, 3):
        if number == 1 and not score.lstrip("-").isdigit():
            continue  # BEIR's heading
        yield Judgement(number, query, document, int(_number(score, path, number)))


def candidates(path: Path) -> Iterator[Candidates]:
    """Yield what rerank.jsonl holds."""
    for number, row in _objects(path):
        query, good, bad = row.get("query"), row.get("positive"), row.get("negative")
        if not isinstance(query, str) or not _is_texts(good) or not _is_texts(bad):
            raise DataError(f"{path}:{number}: `query`, `positive` or `negative` is missing", hint=DAMAGED)
        yield Candidates(query, tuple(good), tuple(bad))


def pairs(path: Path) -> Iterator[Pair]:
    """Yield what pairs.tsv holds."""
    for number, (score, left, right) in _rows(path, 3):
        yield Pair(_number(score, path, number), score, left, right)


def labelled(path: Path) -> Iterator[tuple[str, str]]:
    """Yield label and text of each line of train.tsv or test.tsv."""
    for _, (label, text) in _rows(path, 2):
        yield label, text


# -- lines -----------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number (from 1) and text of each line that is not empty; only a line feed ends one."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode("utf-8").rstrip("\r\n")
                if text:
                    yield number, text
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:{number}: not UTF-8 ({error.reason})", hint=DAMAGED) from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}", hint="take the set from its source again") from error


def _objects(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"{path}:{number}: not JSON ({error})", hint=DAMAGED) from error
        if not isinstance(row, dict):
            raise DataError(f"{path}:{number}: not a JSON object", hint=DAMAGED)
        yield number, row


def _rows(path: Path, columns: int) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the fields of each line."""
    for number, line in _lines(path):
        fields = line.split("\t")
        if len(fields) != columns:
            raise DataError(f"{path}:{number}: {len(fields)} columns, not {columns}", hint=DAMAGED)
        yield number, fields


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _number(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{path}:{line}: `{text}` is not a number", hint=DAMAGED)
    return value
