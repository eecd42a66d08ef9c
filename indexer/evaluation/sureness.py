"""How sure a mean is, and a difference of two: seeded, so that the same scores always give the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

SEED: Final = 42
RESAMPLES: Final = 2_000  # of the bootstrap: the ends of an interval are then sure to a twentieth of its width
FLIPS: Final = 10_000  # of the permutation test: the smallest p is 1/10,001
LEVEL: Final = 0.95
BLOCK: Final = 4_000_000  # numbers drawn at a time: 32 MB, however many queries there are

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over queries, with the interval of 95 % of the bootstrap's means."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a second run gained over a first on the same queries."""

    mean: float  # above 0: the second is better
    low: float
    high: float
    p: float  # chance of a mean as far from 0, either way, were the two runs alike


def mean(values: Sequence[float]) -> Mean:
    """Return the mean of `values`, one a query and at least one, with its interval by bootstrap over queries."""
    sample = np.asarray(values, dtype=np.float64)
    low, high = _interval(sample)
    return Mean(mean=float(sample.mean()), low=low, high=high)


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Compare two runs query by query; both in the same order.

    p is that of the paired permutation test: the sign of each query's difference is drawn anew FLIPS times.
    """
    change = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    low, high = _interval(change)
    return Difference(mean=float(change.mean()), low=low, high=high, p=_chance(change))


def _interval(sample: Numbers) -> tuple[float, float]:
    generator = np.random.default_rng(SEED)
    means = np.empty(RESAMPLES)
    step = max(1, BLOCK // len(sample))
    for start in range(0, RESAMPLES, step):
        part = means[start : start + step]
        part[:] = sample[generator.integers(len(sample), size=(len(part), len(sample)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _chance(change: Numbers) -> float:
    changed = change[change != 0]  # a query that did not change has no sign
    if not len(changed):
        return 1.0
    generator = np.random.default_rng(SEED)
    observed = abs(changed.sum()) * (1 - 1e-12)  # sums of the same numbers in another order differ in the last digit
    far, step = 0, max(1, BLOCK // len(changed))
    for start in range(0, FLIPS, step):
        signs = generator.integers(2, size=(min(step, FLIPS - start), len(changed)), dtype=np.int8) * 2.0 - 1.0
        far += int((np.abs(signs @ changed) >= observed).sum())
    return (1 + far) / (1 + FLIPS)
