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

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from training.errors import DataError
from training.evaluation import layout
from training.evaluation.layout import DAMAGED, LAYOUT_HINT


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

    root: a folder with `code` and `text`, one of these, a folder of sets, or a set itself. Raises DataError where
    there is none, or where a folder's files make no task.
    """
    if not root.is_dir():
        raise DataError(f"there is no folder {root}", hint="name the folder that holds the evaluation sets")
    root = root.resolve()  # so that the names of its parents are known
    task = _task(root)
    if task is not None:
        return [Place(name=root.name, folder=root, suite=_suite(root, task), task=task)]
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
            return _reranking(layout.existing(place.folder, layout.RERANK))
        case Task.STS | Task.PAIRS:
            return _pairs(place.folder / layout.PAIRS, labels=place.task is Task.PAIRS)
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
    if layout.CORPUS in names or layout.QRELS in names:
        return Task.RETRIEVAL
    if layout.RERANK in names:
        return Task.RERANKING
    if layout.PAIRS in names:
        return Task.PAIRS if _only_labels(folder / layout.PAIRS) else Task.STS
    if layout.TEST in names:
        return Task.CLASSIFICATION if layout.TRAIN in names else Task.CLUSTERING
    return None


def _only_labels(path: Path) -> bool:
    """Tell whether every score is written 0 or 1; grades are written 3.8, and a graded set has more than two."""
    return {pair.written for pair in layout.pairs(path)} <= {"0", "1", "0.0", "1.0"}


def _suite(folder: Path, task: Task) -> Suite:
    parents = [folder.parent.name, folder.parent.parent.name if folder.parent.name == "eval" else ""]
    for suite in Suite:
        if suite.value in parents:
            return suite
    if task is Task.RETRIEVAL:
        for document in layout.texts(layout.existing(folder, layout.CORPUS)):
            return Suite.CODE if document.row.get("lang") else Suite.TEXT
    return Suite.TEXT


# -- one layout each -------------------------------------------------------------------------------------------------


def _retrieval(folder: Path) -> Retrieval:
    corpus = layout.existing(folder, layout.CORPUS)
    documents, repeated = _texts(corpus)
    if repeated:
        raise DataError(f"{corpus}: the id `{repeated[0]}` stands for several texts", hint=DAMAGED)
    queries, ambiguous = _texts(layout.existing(folder, layout.QUERIES))
    judged: dict[str, dict[str, int]] = {}
    path = folder / layout.QRELS
    for number, query, document, relevance in layout.judgements(path):
        if query not in queries:
            raise DataError(f"{path}:{number}: no query `{query}` in queries.jsonl", hint=DAMAGED)
        judged.setdefault(query, {})[document] = relevance
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
    """Return id -> title and text, and the ids that stand for more than one text."""
    texts: dict[str, str] = {}
    repeated: dict[str, None] = {}
    for found in layout.texts(path):
        if texts.setdefault(found.id, found.whole) != found.whole:
            repeated[found.id] = None
    if not texts:
        raise DataError(f"{path} is empty", hint=DAMAGED)
    return texts, tuple(repeated)


def _reranking(path: Path) -> Reranking:
    # as in MTEB: where all or none are right, there is nothing to order
    found = [each for each in layout.candidates(path) if each.positives and each.negatives]
    if not found:
        raise DataError(f"{path} holds no query with both positives and negatives", hint=DAMAGED)
    queries, positives, negatives = zip(*found, strict=True)
    return Reranking(queries=queries, positives=positives, negatives=negatives)


def _pairs(path: Path, *, labels: bool) -> Pairs:
    found = list(layout.pairs(path))
    if len({pair.score for pair in found}) < 2:
        raise DataError(f"{path}: every {'label' if labels else 'score'} is the same", hint=DAMAGED)
    return Pairs(
        scores=tuple(pair.score for pair in found),
        left=tuple(pair.left for pair in found),
        right=tuple(pair.right for pair in found),
    )


def _labelled(folder: Path, *, train: bool) -> Labelled:
    train_labels, train_texts = _labels(folder / layout.TRAIN) if train else ((), ())
    test_labels, test_texts = _labels(folder / layout.TEST)
    return Labelled(train_labels=train_labels, train_texts=train_texts, test_labels=test_labels, test_texts=test_texts)


def _labels(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rows = list(layout.labelled(path))
    if len({label for label, _ in rows}) < 2:
        raise DataError(f"{path} has fewer than two labels", hint=DAMAGED)
    return tuple(label for label, _ in rows), tuple(text for _, text in rows)
