"""What a list of results is worth, by the rules of the code-search benchmark that semble began."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.evaluation.labels import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of one query; each from 0 to 1."""

    ndcg: float
    recall: float
    mrr: float  # one over the rank of the first result that meets a target, 0 where none does
    rank: int | None  # of that result, from 1


def score(results: Sequence[Place], targets: Sequence[Place], *, limit: int) -> Score:
    """Score the first `limit` results, best first, against at least one target.

    Each target takes the rank of the first result that meets it. A rank counts once, even when it meets several
    targets, and a second piece of a file found before counts nothing. The ideal has min(limit, targets) hits on top.

    >>> score([Place(path="b"), Place(path="a")], [Place(path="a")], limit=10).mrr
    0.5
    """
    taken = [rank for target in targets if (rank := _rank(results[:limit], target))]
    ideal = sum(map(_gain, range(1, min(limit, len(targets)) + 1)))
    first = min(taken, default=None)
    return Score(
        ndcg=sum(map(_gain, set(taken))) / ideal,
        recall=len(taken) / len(targets),
        mrr=1 / first if first else 0.0,
        rank=first,
    )


def _rank(results: Sequence[Place], target: Place) -> int | None:
    return next((rank for rank, place in enumerate(results, start=1) if place.meets(target)), None)


def _gain(rank: int) -> float:
    return 1 / math.log2(rank + 1)
