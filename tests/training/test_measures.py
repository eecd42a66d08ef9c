"""Each measure against an implementation that is not ours."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st
from mteb._evaluators.retrieval_metrics import calculate_retrieval_scores
from mteb.abstasks.pair_classification import AbsTaskPairClassification

from embedder import Vectors
from training import measures

NAMES = st.sampled_from([f"d{number}" for number in range(12)])
JUDGED = st.dictionaries(NAMES, st.integers(min_value=-1, max_value=3), min_size=1)
Unit = Callable[[int], Vectors]
SCORES = st.dictionaries(NAMES, st.sampled_from([0.0, 0.1, 0.1 + 1e-10, 0.5, 1.0, -1.0]))


@pytest.fixture
def vectors() -> Unit:
    """Random unit rows, as many as asked for."""
    generator = np.random.default_rng(0)

    def rows(count: int) -> Vectors:
        found: Vectors = generator.standard_normal((count, 16)).astype(np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found

    return rows


def ranked(scores: dict[str, float]) -> list[str]:
    return measures.ranking(list(scores), list(scores.values()))


@given(JUDGED, SCORES, st.sampled_from([1, 3, 10]))
def test_rankings_score_as_in_trec_eval_ties_included(judged: dict[str, int], scores: dict[str, float], k: int) -> None:
    evaluator = pytrec_eval.RelevanceEvaluator({"q": judged}, {f"ndcg_cut.{k}", f"recall.{k}", "map"})
    wanted = evaluator.evaluate({"q": scores})["q"]
    order = ranked(scores)
    assert measures.ndcg(order, judged, k) == pytest.approx(wanted[f"ndcg_cut_{k}"])
    assert measures.recall(order, judged, k) == pytest.approx(wanted[f"recall_{k}"])
    assert measures.average_precision(order, judged) == pytest.approx(wanted["map"])


@given(JUDGED, SCORES.filter(bool), st.sampled_from([1, 3, 10]))
def test_the_reciprocal_rank_is_that_of_mteb(judged: dict[str, int], scores: dict[str, float], k: int) -> None:
    scores = {name: float(np.float32(score)) for name, score in scores.items()}  # what vectors give
    wanted = calculate_retrieval_scores({"q": scores}, {"q": judged}, [k])
    assert measures.reciprocal_rank(ranked(scores), judged, k) == pytest.approx(wanted.mrr[f"MRR@{k}"])


@given(st.lists(NAMES, unique=True), JUDGED, st.integers(min_value=1, max_value=12))
def test_every_measure_of_a_ranking_is_within_0_and_1(order: list[str], judged: dict[str, int], k: int) -> None:
    values = [
        measures.ndcg(order, judged, k),
        measures.reciprocal_rank(order, judged, k),
        measures.recall(order, judged, k),
        measures.average_precision(order, judged),
    ]
    assert all(0 <= value <= 1 + 1e-12 for value in values)


@given(JUDGED, st.integers(min_value=1, max_value=12))
def test_the_best_order_is_worth_1(judged: dict[str, int], k: int) -> None:
    order = sorted(judged, key=lambda name: -judged[name])
    relevant = any(gain > 0 for gain in judged.values())
    assert measures.ndcg(order, judged, k) == pytest.approx(1.0 if relevant else 0.0)


def test_a_query_that_finds_nothing_scores_0() -> None:
    assert measures.ndcg([], {"a": 1}, 10) == 0.0
    assert measures.average_precision([], {"a": 1}) == 0.0


def test_spearman_takes_the_mean_rank_of_ties() -> None:
    gold, similarity = [1.0, 2.0, 2.0, 4.0], np.array([0.1, 0.4, 0.2, 0.2])
    ranks, others = np.array([1, 2.5, 2.5, 4]), np.array([1, 4, 2.5, 2.5])
    assert measures.spearman(gold, similarity) == pytest.approx(np.corrcoef(ranks, others)[0, 1])


def test_spearman_of_a_constant_is_0() -> None:
    assert measures.spearman([1.0, 2.0], np.array([0.5, 0.5])) == 0.0


def test_pairs_score_as_in_mteb(vectors: Unit) -> None:
    left, right = vectors(60), vectors(60)
    right[:20] = left[:20]  # ties at cosine 1
    labels = [1] * 25 + [0] * 35
    cosine = measures.cosine(left, right)
    manhattan = np.abs(left.astype(np.float64) - right).sum(axis=1)
    euclidean = np.linalg.norm(left.astype(np.float64) - right, axis=1)
    wanted = AbsTaskPairClassification._compute_metrics(
        AbsTaskPairClassification.__new__(AbsTaskPairClassification),
        {
            "cosine_scores": cosine.tolist(),
            "dot_scores": cosine.tolist(),
            "similarity_scores": cosine.tolist(),
            "manhattan_distances": manhattan.tolist(),
            "euclidean_distances": euclidean.tolist(),
        },
        labels,
    )
    assert measures.pair_precision(labels, cosine) == pytest.approx(wanted["cosine_ap"])
    assert measures.best_pair_precision(labels, left, right) == pytest.approx(wanted["max_ap"], abs=1e-3)


def test_a_perfect_classifier_and_clustering_score_1() -> None:
    corners = np.repeat(np.eye(4, dtype=np.float32), 25, axis=0)
    labels = [name for name in "abcd" for _ in range(25)]
    assert measures.accuracy(corners, labels, corners, labels) == 1.0
    assert measures.v_measures(corners, labels, size=200, repeats=2) == pytest.approx([1.0, 1.0])


def test_draws_take_the_same_number_of_each_label() -> None:
    labels = [random.Random(number).choice("abc") for number in range(100)]
    for chosen in measures.draws(labels, samples=5, repeats=3):
        assert sorted(labels[row] for row in chosen) == ["a"] * 5 + ["b"] * 5 + ["c"] * 5


def test_draws_differ() -> None:
    first, second = measures.draws(["a"] * 100, samples=5, repeats=2)
    assert first != second


def test_a_label_with_too_few_texts_gives_all_it_has() -> None:
    (chosen,) = measures.draws(["a"] * 9 + ["b"], samples=5, repeats=1)
    assert len(chosen) == 6


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=50))
def test_an_interval_lies_around_the_mean(values: list[float]) -> None:
    low, high = measures.confidence(values)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_an_interval_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(0).random(1000).tolist()
    low, high = measures.confidence(values)
    spread = 1.96 * np.std(values) / math.sqrt(len(values))
    assert (low, high) == pytest.approx((np.mean(values) - spread, np.mean(values) + spread), abs=2e-3)
