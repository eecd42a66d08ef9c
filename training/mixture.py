"""Which rows a step trains on: the next source, then its next rows.

The order is a function of seed and step alone, so a resumed run needs no stored state to go on as if never stopped, and
only the rows of the step are computed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.permutation import KEYS, Positions, permuted


class Draw(NamedTuple):
    """The rows of one batch."""

    source: int  # number of the source
    positions: Positions  # rows of it, at most as many as the batch asks for


def probabilities(sizes: Sequence[int], *, alpha: float, boosts: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return the chance of each source: boost * n^alpha, scaled to a sum of 1. Source: GTE, eq. 4 (without boosts)."""
    weights = np.asarray(sizes, dtype=np.float64) ** alpha * np.asarray(boosts, dtype=np.float64)
    found: npt.NDArray[np.float64] = weights / weights.sum()
    return found


def boosts_of(names: Sequence[str], boost: Mapping[str, float]) -> list[float]:
    """Return the product of the boosts whose pattern matches each name; 1 where none does."""
    return [
        float(np.prod([factor for pattern, factor in boost.items() if fnmatchcase(name, pattern)])) for name in names
    ]


def runs_of(names: Sequence[str], runs: Mapping[str, int]) -> list[int]:
    """Return the run of the first pattern that matches each name; 1 where none does."""
    return [next((run for pattern, run in runs.items() if fnmatchcase(name, pattern)), 1) for name in names]


class Mixture:
    """The batches of a run, by step. Every batch comes from one source, as in the paper's section 3.2."""

    def __init__(
        self,
        names: Sequence[str],
        sizes: Sequence[int],
        *,
        alpha: float,
        batch: int,
        steps: int,
        seed: int,
        runs: Sequence[int] | None = None,
        boosts: Sequence[float] | None = None,
    ) -> None:
        """Draw the source of every step.

        batch: rows a step. runs: for each source, how many rows that stand together in its file stay together, so
        that passages of one package, which are the hardest negatives of each other, meet in a batch; 1 shuffles
        single rows.
        """
        self._names, self._sizes, self._batch, self._seed = names, sizes, batch, seed
        self._runs = runs or [1] * len(sizes)
        chances = probabilities(sizes, alpha=alpha, boosts=boosts or [1.0] * len(sizes))
        self.sources = np.random.default_rng([seed, 0]).choice(len(sizes), size=steps, p=chances)

    def __getitem__(self, step: int) -> Draw:
        """Return the rows of step `step`, from 0."""
        source = int(self.sources[step])
        before = int((self.sources[:step] == source).sum())
        size = self._sizes[source]
        rows = min(self._batch, size)
        start = before * rows
        stop = start + rows
        epochs = range(start // size, (stop - 1) // size + 1)
        spans = [(max(start - epoch * size, 0), min(stop - epoch * size, size)) for epoch in epochs]
        parts = [self._part(source, epoch, np.arange(*span)) for epoch, span in zip(epochs, spans, strict=True)]
        return Draw(source, np.concatenate(parts))

    def _part(self, source: int, epoch: int, places: Positions) -> Positions:
        """Return the rows of a source that stand at these places of one epoch's order."""
        size, run = self._sizes[source], self._runs[source]
        name = int.from_bytes(hashlib.blake2b(self._names[source].encode(), digest_size=4).digest(), "big")
        rng = np.random.default_rng([self._seed, 1, name, epoch])
        keys = rng.integers(0, 2**64, size=KEYS, dtype=np.uint64)
        # the runs begin elsewhere in each epoch, so that other rows meet; what is left over by them comes last
        first, whole = int(rng.integers(size)), size // run
        in_run = places < whole * run
        order = places.copy()
        order[in_run] = permuted(places[in_run] // run, size=whole, keys=list(keys)) * run + places[in_run] % run
        return (order + first) % size
