"""Any part of a shuffled order, without the whole: a source of a billion rows would need 8 GB of positions."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]

KEYS: Final = 8  # rounds; a source of few rows has few bits, which need more of them


def permuted(places: Positions, *, size: int, keys: Sequence[np.uint64]) -> Positions:
    """Return what stands at these places of the numbers 0 to size - 1, shuffled by the keys (`KEYS` of them).

    A Feistel network over the next power of 4 permutes it, whatever its round function; a number beyond the size is
    sent through again until it falls inside, which keeps the rest a permutation (cycle walking; Black, Rogaway 2002).
    """
    bits = max(1, ((size - 1).bit_length() + 1) // 2)
    half, mask = np.uint64(bits), np.uint64((1 << bits) - 1)
    found = places.astype(np.uint64)
    todo = np.arange(len(found))
    while len(todo):
        left, right = found[todo] >> half, found[todo] & mask
        for key in keys:
            left, right = right, left ^ (_mixed(right + key) & mask)
        found[todo] = (left << half) | right
        todo = todo[found[todo] >= size]
    return found.astype(np.int64)


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Mix the bits of each number, as splitmix64 does."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
