import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]  # the package ships no types

from training.permutation import KEYS, permuted


def keys(seed: int) -> list[np.uint64]:
    return list(np.random.default_rng(seed).integers(0, 2**64, size=KEYS, dtype=np.uint64))


@given(size=st.integers(1, 3000), seed=st.integers(0, 2**32))
def test_every_number_stands_somewhere_once(size: int, seed: int) -> None:
    assert sorted(permuted(np.arange(size), size=size, keys=keys(seed))) == list(range(size))


def test_a_part_is_that_part_of_the_whole() -> None:
    whole = permuted(np.arange(1000), size=1000, keys=keys(0))
    assert permuted(np.arange(300, 400), size=1000, keys=keys(0)).tolist() == whole[300:400].tolist()


@pytest.mark.parametrize("size", [10, 60, 1000])
def test_every_number_stands_everywhere_as_often(size: int) -> None:
    first = [int(permuted(np.arange(1), size=size, keys=keys(seed))[0]) for seed in range(5000)]
    assert stats.chisquare(np.bincount(np.asarray(first) * 10 // size, minlength=10)).pvalue > 0.001


def test_neighbours_do_not_stay_together() -> None:
    order = permuted(np.arange(100_000), size=100_000, keys=keys(1))
    assert abs(stats.spearmanr(order[:-1], order[1:]).statistic) < 0.02
    assert (np.diff(order) == 1).sum() < 20  # one is expected


def test_a_billion_rows_take_the_memory_of_a_batch() -> None:
    rows = permuted(np.arange(10**9, 10**9 + 4096), size=3 * 10**9, keys=keys(2))
    assert len(set(rows.tolist())) == 4096
    assert rows.max() < 3 * 10**9
