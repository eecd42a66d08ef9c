import math

import pytest

from indexer.evaluation.labels import Place
from indexer.evaluation.measures import score

A, B, X = (Place(path=f"{name}.py", start=1, end=9) for name in "abx")
WHOLE_A, WHOLE_B = Place(path="a.py"), Place(path="b.py")


def test_each_target_takes_the_rank_of_the_first_result_that_meets_it() -> None:
    found = score([X, A, A, B], [WHOLE_A, WHOLE_B], limit=10)
    # by hand: (1/log2(3) + 1/log2(5)) / (1/log2(2) + 1/log2(3)) = (0.63093 + 0.43068) / 1.63093
    assert found.ndcg == pytest.approx(0.65092, abs=1e-5)
    assert (found.recall, found.mrr, found.rank) == (1.0, 0.5, 2)


def test_a_result_that_meets_two_targets_counts_once_in_ndcg_and_twice_in_recall() -> None:
    targets = [Place(path="a.py", start=1, end=5), Place(path="a.py", start=9, end=20)]
    found = score([A], targets, limit=10)
    assert found.ndcg == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert (found.recall, found.mrr) == (1.0, 1.0)


def test_lines_must_overlap_where_both_have_them() -> None:
    after = Place(path="a.py", start=10, end=20)
    assert score([after], [A], limit=10).rank is None
    assert score([Place(path="a.py", start=9, end=9)], [A], limit=10).rank == 1
    assert score([WHOLE_A], [A], limit=10).rank == 1


def test_a_result_beyond_the_limit_is_none() -> None:
    found = score([X] * 10 + [A], [WHOLE_A], limit=10)
    assert (found.ndcg, found.recall, found.mrr, found.rank) == (0.0, 0.0, 0.0, None)


def test_the_ideal_has_no_more_hits_than_the_limit() -> None:
    targets = [Place(path=f"{number}.py") for number in range(12)]
    found = score(targets[:10], targets, limit=10)
    assert found.ndcg == pytest.approx(1.0)
    assert found.recall == pytest.approx(10 / 12)


def test_paths_are_equal_or_not_the_same() -> None:
    assert score([Place(path="src/a.py")], [WHOLE_A], limit=10).rank is None


def test_no_results_score_nothing() -> None:
    assert score([], [WHOLE_A], limit=10).ndcg == 0.0
