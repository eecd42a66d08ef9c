"""The tasks: a set and a scorer in, measures out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from training import measures
from training.evaluation.scorers import Dense, Scorer, Scores
from training.evaluation.sets import Content, Labelled, Pairs, Reranking, Retrieval, Suite, Task

VERSION: Final = 1  # of the definitions below: raise it when a stored result would come out otherwise
DEPTH: Final = 100  # documents kept a query

MAIN: Final[Mapping[Task, str]] = MappingProxyType(
    {
        Task.RETRIEVAL: "ndcg@10",
        Task.STS: "spearman",
        Task.CLASSIFICATION: "accuracy",
        Task.CLUSTERING: "v_measure",
        Task.RERANKING: "map",
        Task.PAIRS: "ap",
    }
)
"""The measure that stands in the table for each task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one set says of one model."""

    measures: Mapping[str, float]  # 0 to 1, Spearman from -1; MAIN of the task is among them
    interval: tuple[float, float] | None = None  # of the main measure, 95 percent, where it is a mean over queries


def run(content: Content, scorer: Scorer, *, task: Task, suite: Suite) -> Outcome | None:
    """Measure; None where the scorer has no vectors, which the task needs."""
    if isinstance(content, Retrieval):
        return retrieval(content, scorer, suite)
    if isinstance(content, Reranking):
        return reranking(content, scorer, suite)
    if not isinstance(scorer, Dense):
        return None
    if isinstance(content, Labelled):
        return classification(content, scorer) if task is Task.CLASSIFICATION else clustering(content, scorer)
    return pairs(content, scorer) if task is Task.PAIRS else similarity(content, scorer)


def texts(content: Content, *, task: Task) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Return what the task encodes: queries, passages, and texts compared as equals."""
    if isinstance(content, Retrieval):
        return content.queries, content.documents, ()
    if isinstance(content, Reranking):
        return content.queries, _candidates(content), ()
    if isinstance(content, Pairs):
        return (), (), content.left + content.right
    trained = [content.train_texts[row] for row in _trained(content)] if task is Task.CLASSIFICATION else []
    return (), (), [*trained, *content.test_texts]


def retrieval(content: Retrieval, scorer: Scorer, suite: Suite) -> Outcome:
    """Rank all documents for each query, exactly; means over the judged queries."""
    names = np.asarray(content.document_ids)
    rows: dict[str, list[float]] = {"ndcg@10": [], "mrr@10": [], "recall@10": [], "recall@100": []}
    query_ids = iter(content.query_ids)
    for block in scorer.scores(content.queries, content.documents, suite):
        for scores in block:
            best = _best(scores)
            ranked = measures.ranking(names[best].tolist(), scores[best])
            judged = content.judged[next(query_ids)]
            rows["ndcg@10"].append(measures.ndcg(ranked, judged, 10))
            rows["mrr@10"].append(measures.reciprocal_rank(ranked, judged, 10))
            rows["recall@10"].append(measures.recall(ranked, judged, 10))
            rows["recall@100"].append(measures.recall(ranked, judged, 100))
    return Outcome(measures=_means(rows), interval=measures.confidence(rows["ndcg@10"]))


def _best(scores: Scores) -> npt.NDArray[np.intp]:
    """Return the positions of the DEPTH best and of all equal to the last of them, so that `ranking` breaks the tie."""
    if len(scores) <= DEPTH:
        return np.arange(len(scores))
    return np.flatnonzero(scores >= np.partition(scores, -DEPTH)[-DEPTH])


def reranking(content: Reranking, scorer: Scorer, suite: Suite) -> Outcome:
    """Order each query's own candidates; MAP, with positives last among equals (as in MTEB, by their ids there)."""
    passages = _candidates(content)
    place = {text: position for position, text in enumerate(passages)}
    rows: dict[str, list[float]] = {"map": [], "mrr@10": []}
    candidates = zip(content.positives, content.negatives, strict=True)
    for block in scorer.scores(content.queries, passages, suite):
        for scores in block:
            positives, negatives = next(candidates)
            ids = [f"apositive_{n:05}" for n in range(len(positives))] + [
                f"negative_{n:05}" for n in range(len(negatives))
            ]
            ranked = measures.ranking(ids, scores[[place[text] for text in positives + negatives]])
            judged = dict.fromkeys(ids[: len(positives)], 1)
            rows["map"].append(measures.average_precision(ranked, judged))
            rows["mrr@10"].append(measures.reciprocal_rank(ranked, judged, 10))
    return Outcome(measures=_means(rows), interval=measures.confidence(rows["map"]))


def _candidates(content: Reranking) -> list[str]:
    """Return every candidate once."""
    return list(dict.fromkeys(text for group in (*content.positives, *content.negatives) for text in group))


def _means(rows: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: float(np.mean(values)) for name, values in rows.items()}


def similarity(content: Pairs, scorer: Dense) -> Outcome:
    """Compare the order of cosines with the order of the grades."""
    cosine = measures.cosine(scorer.vectors(content.left), scorer.vectors(content.right))
    return Outcome(measures={"spearman": measures.spearman(content.scores, cosine)})


def pairs(content: Pairs, scorer: Dense) -> Outcome:
    """Average precision of the cosine; `max_ap` is MTEB's main score, which may take another similarity."""
    left, right = scorer.vectors(content.left), scorer.vectors(content.right)
    labels = [int(score) for score in content.scores]
    return Outcome(
        measures={
            "ap": measures.pair_precision(labels, measures.cosine(left, right)),
            "max_ap": measures.best_pair_precision(labels, left, right),
        }
    )


def classification(content: Labelled, scorer: Dense) -> Outcome:
    """Mean accuracy of classifiers trained on a few examples a class. Only the drawn training texts are encoded."""
    drawn = measures.draws(content.train_labels)
    rows = _trained(content)
    place = {row: position for position, row in enumerate(rows)}
    train = scorer.vectors([content.train_texts[row] for row in rows])
    test = scorer.vectors(content.test_texts)
    accuracies = [
        measures.accuracy(
            train[[place[row] for row in chosen]],
            [content.train_labels[row] for row in chosen],
            test,
            content.test_labels,
        )
        for chosen in drawn
    ]
    return Outcome(measures={"accuracy": float(np.mean(accuracies)), "accuracy_std": float(np.std(accuracies))})


def _trained(content: Labelled) -> list[int]:
    return sorted({row for chosen in measures.draws(content.train_labels) for row in chosen})


def clustering(content: Labelled, scorer: Dense) -> Outcome:
    """Mean v-measure of mini-batch k-means over samples."""
    scores = measures.v_measures(scorer.vectors(content.test_texts), content.test_labels)
    return Outcome(measures={"v_measure": float(np.mean(scores)), "v_measure_std": float(np.std(scores))})
