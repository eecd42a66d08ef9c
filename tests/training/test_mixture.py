import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]  # the package ships no types

from training.mixture import Mixture, boosts_of, probabilities, runs_of

NAMES = ["a", "b", "c", "d"]
SIZES = [100, 1000, 5000, 20000]


def mixture(
    sizes: list[int], *, batch: int, steps: int, seed: int = 0, run: int = 1, names: list[str] | None = None
) -> Mixture:
    names = names or [f"source-{number}" for number in range(len(sizes))]
    return Mixture(names, sizes, alpha=0.5, batch=batch, steps=steps, seed=seed, runs=[run] * len(sizes))


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_sources_come_as_often_as_a_power_of_their_rows(alpha: float) -> None:
    steps, boosts = 20_000, [1.0, 2.0, 1.0, 0.5]
    drawn = Mixture(NAMES, SIZES, alpha=alpha, batch=8, steps=steps, seed=1, boosts=boosts).sources
    weights = np.asarray([boost * size**alpha for boost, size in zip(boosts, SIZES, strict=True)])
    assert stats.chisquare(np.bincount(drawn, minlength=4), steps * weights / weights.sum()).pvalue > 0.001


def test_a_wrong_power_would_be_seen() -> None:
    drawn = Mixture(NAMES, SIZES, alpha=0.5, batch=8, steps=20_000, seed=1).sources
    expected = 20_000 * probabilities(SIZES, alpha=0.45, boosts=[1.0] * 4)
    assert stats.chisquare(np.bincount(drawn, minlength=4), expected).pvalue < 0.001


@given(
    size=st.integers(1, 60), batch=st.integers(1, 80), run=st.integers(1, 9), seed=st.integers(0, 3), epochs=st.just(3)
)
def test_every_row_comes_once_an_epoch(size: int, batch: int, run: int, seed: int, epochs: int) -> None:
    steps = -(-epochs * size // min(batch, size))
    made = mixture([size], batch=batch, steps=steps, seed=seed, run=run)
    stream = np.concatenate([made[step].positions for step in range(steps)])
    for epoch in range(epochs):
        assert sorted(stream[epoch * size : (epoch + 1) * size]) == list(range(size))


@given(size=st.integers(2, 60), run=st.integers(2, 9), seed=st.integers(0, 3))
def test_runs_of_neighbours_stay_together(size: int, run: int, seed: int) -> None:
    order = mixture([size], batch=size, steps=1, seed=seed, run=run)[0].positions
    torn = sum(int(after) != int(before) + 1 for before, after in itertools.pairwise(order))
    assert torn <= -(-size // run)  # one less than the pieces, of which the first and the last may be short


def test_runs_begin_elsewhere_in_each_epoch() -> None:
    made = mixture([64], batch=64, steps=4, run=8)
    starts = {int(min(position % 8 for position in made[step].positions[::8])) for step in range(4)}
    assert len(starts) > 1


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4), seed=st.integers(0, 5), asked=st.data())
def test_the_rows_of_a_step_depend_on_seed_and_step_alone(sizes: list[int], seed: int, asked: st.DataObject) -> None:
    in_order = mixture(sizes, batch=7, steps=20, seed=seed)
    wanted = [in_order[step] for step in range(20)]
    other = mixture(sizes, batch=7, steps=20, seed=seed)
    for step in asked.draw(st.lists(st.integers(0, 19), max_size=8)):  # a resumed run begins anywhere
        assert other[step].source == wanted[step].source
        assert other[step].positions.tolist() == wanted[step].positions.tolist()


def test_another_seed_is_another_order() -> None:
    first, second = (mixture([1000], batch=50, steps=1, seed=seed)[0].positions for seed in (0, 1))
    assert first.tolist() != second.tolist()


def test_the_order_of_a_source_does_not_depend_on_the_others() -> None:
    alone = mixture([50], batch=50, steps=1, names=["b"])[0].positions
    beside = mixture([20, 50], batch=50, steps=30, names=["a", "b"])
    step = beside.sources.tolist().index(1)
    assert beside[step].positions.tolist() == alone.tolist()


def test_patterns_name_sources() -> None:
    assert boosts_of(["code_go", "prose"], {"code_*": 2.0, "*_go": 1.5}) == [3.0, 1.0]
    assert runs_of(["code_go", "prose"], {"code_*": 16, "*": 4}) == [16, 4]
    assert runs_of(["prose"], {}) == [1]
