"""Measures of encoders, each by MTEB's definition. Pure functions; higher is better everywhere.

scikit-learn and SciPy are imported inside the functions: loading them takes more than a second.
"""

import random
import warnings
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

import numpy as np
import numpy.typing as npt

from embedder.types import Vectors

SEED: Final = 42  # MTEB's
SAMPLES: Final = 8  # training examples a class; MTEB's default
DRAWS: Final = 10  # classifiers fitted, and clusterings made; MTEB's default
CLUSTERED: Final = 16_384  # vectors of one clustering, drawn with replacement; MTEB's default
CLUSTER_BATCH: Final = 512  # vectors of one step of mini-batch k-means; MTEB's default
RESAMPLES: Final = 1000  # of the bootstrap

Numbers = npt.NDArray[np.float32] | npt.NDArray[np.float64]

# -- rankings: `ranked` holds document ids, the best first; `judged` holds id -> relevance, 0 for judged useless ------


def ranking(ids: Sequence[str], scores: Sequence[float] | Numbers) -> list[str]:
    """Order ids by score, highest first; of equal scores the larger id goes first.

    That is trec_eval's rule, which pytrec_eval and so MTEB follow; it also compares scores as float32.

    >>> ranking(["a", "b", "c"], [0.5, 0.5, 0.9])
    ['c', 'b', 'a']
    """
    rounded = np.asarray(scores, dtype=np.float32).tolist()
    return [name for _, name in sorted(zip(rounded, ids, strict=True), reverse=True)]


def ndcg(ranked: Sequence[str], judged: Mapping[str, int], k: int) -> float:
    """Discounted cumulative gain of the first k over that of the best possible order; in [0, 1].

    The gain is the relevance itself (trec_eval's `ndcg_cut`), and nothing judged relevant gives 0.
    """
    ideal = _dcg(sorted((gain for gain in judged.values() if gain > 0), reverse=True)[:k])
    return _dcg([max(judged.get(name, 0), 0) for name in ranked[:k]]) / ideal if ideal else 0.0


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / float(np.log2(rank + 1)) for rank, gain in enumerate(gains, start=1))


def reciprocal_rank(ranked: Sequence[str], judged: Mapping[str, int], k: int) -> float:
    """One over the rank of the first relevant document, 0 where none is among the first k. Its mean is MRR@k."""
    return next((1 / rank for rank, name in enumerate(ranked[:k], start=1) if judged.get(name, 0) > 0), 0.0)


def recall(ranked: Sequence[str], judged: Mapping[str, int], k: int) -> float:
    """Share of the relevant documents among the first k; 0 where nothing is relevant."""
    relevant = _relevant(judged)
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def average_precision(ranked: Sequence[str], judged: Mapping[str, int]) -> float:
    """Mean over the relevant documents of the precision at their rank; one never ranked counts 0. Its mean is MAP."""
    relevant = _relevant(judged)
    hits = [rank for rank, name in enumerate(ranked, start=1) if name in relevant]
    return sum(count / rank for count, rank in enumerate(hits, start=1)) / len(relevant) if relevant else 0.0


def _relevant(judged: Mapping[str, int]) -> set[str]:
    return {name for name, gain in judged.items() if gain > 0}


# -- pairs -----------------------------------------------------------------------------------------------------------


def cosine(left: Vectors, right: Vectors) -> npt.NDArray[np.float64]:
    """Return the similarity of row i of `left` and row i of `right`; both [n, dim], rows of unit length."""
    similarity: npt.NDArray[np.float64] = np.einsum("ij,ij->i", left, right, dtype=np.float64)
    return similarity


def spearman(gold: Sequence[float], similarity: Numbers) -> float:
    """Rank correlation in [-1, 1], with the mean rank for ties; 0 where either side is constant."""
    from scipy.stats import spearmanr  # type: ignore[import-untyped]  # the package ships no types

    if len(set(gold)) < 2 or len(np.unique(similarity)) < 2:
        return 0.0  # SciPy warns and gives NaN
    return float(spearmanr(gold, similarity).statistic)


def pair_precision(labels: Sequence[int], similarity: Numbers) -> float:
    """Average precision of similarity as the score of "same": area under precision over recall, ties taken together."""
    from sklearn.metrics import average_precision_score  # type: ignore[import-untyped]  # the package ships no types

    return float(average_precision_score(labels, similarity))


def best_pair_precision(labels: Sequence[int], left: Vectors, right: Vectors) -> float:
    """MTEB's `max_ap`: the best average precision over cosine, dot product, Euclidean and Manhattan.

    On unit vectors the first three order alike, so this is the better of cosine and Manhattan.
    """
    manhattan = np.abs(left.astype(np.float64) - right).sum(axis=1)
    return max(pair_precision(labels, cosine(left, right)), pair_precision(labels, -manhattan))


# -- labelled texts --------------------------------------------------------------------------------------------------


def draws(labels: Sequence[Hashable], *, samples: int = SAMPLES, repeats: int = DRAWS) -> list[list[int]]:
    """Return the rows that each classifier is trained on: the first `samples` of each label after a shuffle.

    Each shuffle goes on from the order of the one before, with the generator set back: MTEB's way, kept so that
    the same rows are drawn.
    """
    rows = list(range(len(labels)))
    drawn = []
    for _ in range(repeats):
        np.random.RandomState(SEED).shuffle(rows)  # the generator that MTEB draws with
        taken: Counter[Hashable] = Counter()
        chosen = []
        for row in rows:
            if taken[labels[row]] < samples:
                chosen.append(row)
                taken[labels[row]] += 1
        drawn.append(chosen)
    return drawn


def accuracy(train: Vectors, train_labels: Sequence[str], test: Vectors, test_labels: Sequence[str]) -> float:
    """Share of test rows that a logistic regression fitted on the training rows labels right.

    train, test [n, dim]. At most 100 steps of L-BFGS, converged or not, as in MTEB.
    """
    from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]  # the package ships no types
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # the package ships no types

    model = LogisticRegression(max_iter=100, random_state=SEED)
    with _one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the definition stops there all the same
        model.fit(train, list(train_labels))
    return float(np.mean(model.predict(test) == np.asarray(test_labels)))


def v_measures(vectors: Vectors, labels: Sequence[str], *, size: int = CLUSTERED, repeats: int = DRAWS) -> list[float]:
    """Cluster `repeats` samples with mini-batch k-means and compare each with the labels.

    vectors [n, dim]; each sample is `size` rows drawn with replacement, clustered into as many parts as there are
    labels. Returns v-measures in [0, 1]; MTEB's score is their mean.
    """
    from sklearn.cluster import MiniBatchKMeans  # type: ignore[import-untyped]  # the package ships no types
    from sklearn.metrics import v_measure_score

    generator = random.Random(SEED)
    names = np.asarray(labels)
    model = MiniBatchKMeans(
        n_clusters=len(set(labels)), batch_size=CLUSTER_BATCH, init="k-means++", n_init=1, random_state=SEED
    )
    scores = []
    for _ in range(repeats):
        rows = generator.choices(range(len(names)), k=size)
        with _one_thread():
            scores.append(float(v_measure_score(names[rows], model.fit_predict(vectors[rows]))))
    return scores


def _one_thread() -> AbstractContextManager[object]:
    """Keep scikit-learn on one core: its steps are short, and threads wait for each other in loops.

    Measured beside another program on 2 cores: clustering 80 texts takes 0.6 s so, and 45 s with two threads.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # the package ships no types

    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits


# -- how sure a mean is ----------------------------------------------------------------------------------------------


def confidence(values: Sequence[float], *, level: float = 0.95, seed: int = SEED) -> tuple[float, float]:
    """Return the interval of the mean of `values` (one a query) by bootstrap."""
    sample = np.asarray(values, dtype=np.float64)
    generator = np.random.default_rng(seed)
    means = [sample[generator.integers(len(sample), size=len(sample))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
