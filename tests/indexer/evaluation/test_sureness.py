import pytest

from indexer.evaluation.sureness import difference, mean


def test_the_interval_is_near_that_of_the_normal_distribution() -> None:
    found = mean([0.0, 1.0] * 200)
    assert found.mean == 0.5
    assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.008)  # 0.5 / sqrt(400)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.008)


def test_equal_values_leave_no_doubt() -> None:
    found = mean([0.25])
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)


def test_the_same_values_give_the_same_figures() -> None:
    values = [0.1, 0.7, 0.4, 1.0]
    assert mean(values) == mean(values)
    assert difference(values, values[::-1]) == difference(values, values[::-1])


@pytest.mark.parametrize(
    ("changes", "p"),
    [
        ([1.0] * 5, 2 / 32),  # only all signs alike are as far out
        ([0.5, 0.5, 0.5, -0.5], 10 / 16),  # of 16 signs two give 2.0 and eight give 1.0, either way
        ([0.3, -0.3], 1.0),
        ([0.1] * 3 + [0.0] * 50, 2 / 8),  # queries that did not change say nothing
    ],
)
def test_p_is_that_of_all_signs(changes: list[float], p: float) -> None:
    found = difference([0.0] * len(changes), changes)
    assert found.p == pytest.approx(p, abs=0.015)
    assert found.mean == pytest.approx(sum(changes) / len(changes))


def test_a_clear_gain_has_a_small_p_and_an_interval_above_0() -> None:
    found = difference([0.5] * 40, [0.6, 0.7] * 20)
    assert found.p < 0.001
    assert 0.1 < found.low < found.mean < found.high < 0.2


def test_runs_that_are_equal_do_not_differ() -> None:
    found = difference([0.4, 0.9], [0.4, 0.9])
    assert (found.mean, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)
