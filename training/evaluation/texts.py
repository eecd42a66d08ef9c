"""Every text of evaluation sets, for training to keep away from (see training/screen.py): also those that no task asks.

Where `sets` leaves out queries that nobody judged or that stand for several texts, they are read here.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from training.errors import DataError
from training.evaluation import layout
from training.screen import EvaluationSet


def read_evaluation(folders: Sequence[Path]) -> list[EvaluationSet]:
    """Every evaluation set in or below these folders, by path; see `layout` for what a set is.

    Raises DataError if a folder holds none, or naming the line that is damaged.
    """
    found = []
    for folder in folders:
        here = sorted({path.parent for path in folder.rglob("*") if layout.kind(path) in READERS})
        if not here:
            raise DataError(
                f"no evaluation set in or below {folder}",
                hint="--against takes a folder of sets: each a folder with queries, corpus and qrels, or pairs.tsv",
            )
        found += [_read(each, str(each.relative_to(folder)) if each != folder else each.name) for each in here]
    return found


def _read(folder: Path, name: str) -> EvaluationSet:
    found = EvaluationSet(name)
    for path in sorted(folder.iterdir()):
        reader = READERS.get(layout.kind(path))
        if reader is not None:
            reader(path, found)
    if (folder / layout.QRELS).exists():
        found.pairs += _judged(folder)
    return found


def _texts(path: Path, into: EvaluationSet) -> None:
    for each in layout.texts(path):
        into.texts += [each.whole, each.text] if each.title else [each.whole]


def _pairs(path: Path, into: EvaluationSet) -> None:
    for pair in layout.pairs(path):
        into.texts += [pair.left, pair.right]
        into.pairs.append((pair.left, pair.right))


def _labelled(path: Path, into: EvaluationSet) -> None:
    into.texts += [text for _, text in layout.labelled(path)]


def _candidates(path: Path, into: EvaluationSet) -> None:
    for each in layout.candidates(path):
        into.texts += [each.query, *each.positives, *each.negatives]
        into.pairs += [(each.query, answer) for answer in each.positives]


def _judged(folder: Path) -> list[tuple[str, str]]:
    """Return the pairs of query and document that qrels.tsv calls relevant."""
    queries, documents = (
        {each.id: each.whole for each in layout.texts(layout.existing(folder, name))}
        for name in (layout.QUERIES, layout.CORPUS)
    )
    return [
        (queries[each.query], documents[each.document])
        for each in layout.judgements(folder / layout.QRELS)
        if each.relevance > 0 and each.query in queries and each.document in documents
    ]


READERS: Final[Mapping[str, Callable[[Path, EvaluationSet], None]]] = MappingProxyType(
    {
        layout.CORPUS: _texts,
        layout.QUERIES: _texts,
        layout.PAIRS: _pairs,
        layout.TRAIN: _labelled,
        layout.TEST: _labelled,
        layout.RERANK: _candidates,
    }
)
