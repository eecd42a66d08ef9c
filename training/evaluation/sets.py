"""Evaluation sets on disk: which there are, what task each is, and what it holds.

A set is a folder. Its files say its task:

| files | task |
|---|---|
| corpus.jsonl(.gz), queries.jsonl(.gz), qrels.tsv | retrieval, as BEIR lays it out |
| rerank.jsonl(.gz) | reranking |
| pairs.tsv whose scores are only 0 and 1 | pair classification |
| pairs.tsv with other scores | semantic similarity (STS) |
| train.tsv and test.tsv | classification |
| test.tsv alone | clustering |

Its suite is `code` or `text`: the name of the folder that it lies in (above an `eval` folder), or else `code` where
the first document has a `lang`.
"""

import gzip
import hashlib
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from training.errors import DataError

LAYOUT_HINT: Final = (
    "a set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv, or rerank.jsonl, pairs.tsv or test.tsv"
)
DAMAGED: Final = "correct the line, or take the set from its source again"


class Suite(StrEnum):
    """What a set is about."""

    CODE = "code"
    TEXT = "text"


class Task(StrEnum):
    """What is asked of an encoder. The order is that of the table."""

    RETRIEVAL = "retrieval"
    STS = "sts"
    CLASSIFICATION = "classification"
    CLUSTERING = "clustering"
    RERANKING = "reranking"
    PAIRS = "pairs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a set lies, and what is known of it without reading it."""

    name: str
    folder: Path
    suite: Suite
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """Queries, documents, and which answer which."""

    document_ids: tuple[str, ...]
    documents: tuple[str, ...]  # title and text
    query_ids: tuple[str, ...]  # only judged ones, and none of `ambiguous`
    queries: tuple[str, ...]
    judged: Mapping[str, Mapping[str, int]]  # query id -> document id -> relevance; the documents may be missing
    ambiguous: tuple[str, ...] = ()  # ids of several different queries, left out: nobody knows which one was judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranking:
    """Queries, each with candidates of its own; none without both kinds."""

    queries: tuple[str, ...]
    positives: tuple[tuple[str, ...], ...]
    negatives: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Two texts and how alike they are: a grade, or 1 and 0 for pair classification."""

    scores: tuple[float, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Texts with a label each; the training part is empty for clustering."""

    train_labels: tuple[str, ...]
    train_texts: tuple[str, ...]
    test_labels: tuple[str, ...]
    test_texts: tuple[str, ...]


Content = Retrieval | Reranking | Pairs | Labelled


def find(root: Path) -> list[Place]:
    """Return the sets below `root`, by suite and name.

    root: a folder with `code` and `text`, one of these, or a folder of sets. Raises DataError where there is none,
    or where a folder's files make no task.
    """
    if not root.is_dir():
        raise DataError(f"there is no folder {root}", hint="name the folder that holds the evaluation sets")
    root = root.resolve()  # so that the names of its parents are known
    homes = [home for name in Suite for home in (root / name / "eval", root / name) if home.is_dir()]
    if not homes:
        homes = [root / "eval" if (root / "eval").is_dir() else root]
    places: dict[str, Place] = {}
    for home in homes:
        for folder in sorted(path for path in home.iterdir() if path.is_dir()):
            task = _task(folder)
            if task is None:
                continue
            if folder.name in places:
                raise DataError(
                    f"two sets are called `{folder.name}`: {places[folder.name].folder} and {folder}",
                    hint="rename one: results are kept by the name of the set",
                )
            places[folder.name] = Place(name=folder.name, folder=folder, suite=_suite(folder, task), task=task)
    if not places:
        raise DataError(f"no evaluation set lies in {root}", hint=LAYOUT_HINT)
    return sorted(places.values(), key=lambda place: (place.suite, place.name))


def read(place: Place) -> Content:
    """Read a set. Raises DataError naming the file and line that is damaged."""
    match place.task:
        case Task.RETRIEVAL:
            return _retrieval(place.folder)
        case Task.RERANKING:
            return _reranking(_existing(place.folder, "rerank.jsonl"))
        case Task.STS | Task.PAIRS:
            return _pairs(place.folder / "pairs.tsv", labels=place.task is Task.PAIRS)
        case Task.CLASSIFICATION | Task.CLUSTERING:
            return _labelled(place.folder, train=place.task is Task.CLASSIFICATION)


def digest(place: Place) -> str:
    """Return the SHA-256 over the names and bytes of a set's files, in hex."""
    whole = hashlib.sha256()
    for path in sorted(path for path in place.folder.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz", ".tsv"))):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


# -- what a folder is ------------------------------------------------------------------------------------------------


def _task(folder: Path) -> Task | None:
    """Return the task that a folder's files make, or None where it has no file of a set."""
    names = {path.name.removesuffix(".gz") for path in folder.iterdir()}
    if "corpus.jsonl" in names or "qrels.tsv" in names:
        return Task.RETRIEVAL
    if "rerank.jsonl" in names:
        return Task.RERANKING
    if "pairs.tsv" in names:
        return Task.PAIRS if _only_labels(folder / "pairs.tsv") else Task.STS
    if "test.tsv" in names:
        return Task.CLASSIFICATION if "train.tsv" in names else Task.CLUSTERING
    return None


def _only_labels(path: Path) -> bool:
    """Tell whether every score is written 0 or 1; grades are written 3.8, and a graded set has more than two."""
    return {fields[0] for _, fields in _rows(path, 3)} <= {"0", "1", "0.0", "1.0"}


def _suite(folder: Path, task: Task) -> Suite:
    parents = [folder.parent.name, folder.parent.parent.name if folder.parent.name == "eval" else ""]
    for suite in Suite:
        if suite.value in parents:
            return suite
    if task is Task.RETRIEVAL:
        for _, row in _objects(_existing(folder, "corpus.jsonl")):
            return Suite.CODE if row.get("lang") else Suite.TEXT
    return Suite.TEXT


# -- one layout each -------------------------------------------------------------------------------------------------


def _retrieval(folder: Path) -> Retrieval:
    corpus = _existing(folder, "corpus.jsonl")
    documents, repeated = _texts(corpus)
    if repeated:
        raise DataError(f"{corpus}: the id `{repeated[0]}` stands for several texts", hint=DAMAGED)
    queries, ambiguous = _texts(_existing(folder, "queries.jsonl"))
    judged: dict[str, dict[str, int]] = {}
    path = folder / "qrels.tsv"
    for number, (query, document, score) in _rows(path, 3):
        if number == 1 and not score.lstrip("-").isdigit():
            continue  # BEIR's heading
        if query not in queries:
            raise DataError(f"{path}:{number}: no query `{query}` in queries.jsonl", hint=DAMAGED)
        judged.setdefault(query, {})[document] = int(_number(score, path, number))
    query_ids = tuple(name for name in queries if name in judged and name not in ambiguous)
    if not query_ids:
        raise DataError(f"{path} judges no query", hint=DAMAGED)
    return Retrieval(
        document_ids=tuple(documents),
        documents=tuple(documents.values()),
        query_ids=query_ids,
        queries=tuple(queries[name] for name in query_ids),
        judged=judged,
        ambiguous=ambiguous,
    )


def _texts(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return id -> title and text, joined as MTEB joins them, and the ids that stand for more than one text."""
    texts: dict[str, str] = {}
    repeated: dict[str, None] = {}
    for number, row in _objects(path):
        name, text, title = row.get("_id"), row.get("text"), row.get("title") or ""
        if not isinstance(name, str | int) or not isinstance(text, str) or not isinstance(title, str):
            raise DataError(f"{path}:{number}: `_id` or `text` is missing", hint=DAMAGED)
        whole = f"{title} {text}".strip()
        if texts.setdefault(str(name), whole) != whole:
            repeated[str(name)] = None
    if not texts:
        raise DataError(f"{path} is empty", hint=DAMAGED)
    return texts, tuple(repeated)


def _reranking(path: Path) -> Reranking:
    queries, positives, negatives = [], [], []
    for number, row in _objects(path):
        query, good, bad = row.get("query"), row.get("positive"), row.get("negative")
        if not isinstance(query, str) or not _is_texts(good) or not _is_texts(bad):
            raise DataError(f"{path}:{number}: `query`, `positive` or `negative` is missing", hint=DAMAGED)
        if good and bad:  # as in MTEB: where all or none are right, there is nothing to order
            queries.append(query)
            positives.append(tuple(good))
            negatives.append(tuple(bad))
    if not queries:
        raise DataError(f"{path} holds no query with both positives and negatives", hint=DAMAGED)
    return Reranking(queries=tuple(queries), positives=tuple(positives), negatives=tuple(negatives))


def _is_texts(value: Any) -> bool:  # noqa: ANN401  # whatever the file holds
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _pairs(path: Path, *, labels: bool) -> Pairs:
    rows = [(_number(score, path, number), left, right) for number, (score, left, right) in _rows(path, 3)]
    if len({score for score, _, _ in rows}) < 2:
        raise DataError(f"{path}: every {'label' if labels else 'score'} is the same", hint=DAMAGED)
    scores, left, right = zip(*rows, strict=True)
    return Pairs(scores=scores, left=left, right=right)


def _labelled(folder: Path, *, train: bool) -> Labelled:
    train_labels, train_texts = _labels(folder / "train.tsv") if train else ((), ())
    test_labels, test_texts = _labels(folder / "test.tsv")
    return Labelled(train_labels=train_labels, train_texts=train_texts, test_labels=test_labels, test_texts=test_texts)


def _labels(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rows = [fields for _, fields in _rows(path, 2)]
    if len({label for label, _ in rows}) < 2:
        raise DataError(f"{path} has fewer than two labels", hint=DAMAGED)
    return tuple(label for label, _ in rows), tuple(text for _, text in rows)


# -- lines -----------------------------------------------------------------------------------------------------------


def _existing(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataError(f"{folder / name} is missing (nor is there a {name}.gz)", hint=LAYOUT_HINT)


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
    """Yield the fields of each line; a tab always separates, a quotation mark is a letter like any other."""
    for number, line in _lines(path):
        fields = line.split("\t")
        if len(fields) != columns:
            raise DataError(f"{path}:{number}: {len(fields)} columns, not {columns}", hint=DAMAGED)
        yield number, fields


def _number(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{path}:{line}: `{text}` is not a number", hint=DAMAGED)
    return value
