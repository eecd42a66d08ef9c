"""Texts in batches: order by length, cut by token budget, put back in order.

A batch costs as many positions as its longest text times its rows. Code is long-tailed: batches of 32 in
the order of the files are three quarters padding, sorted by length a few hundredths.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Final, TypeVar

import numpy as np

from embedder.errors import CheckpointError
from embedder.types import Vectors

Batch = TypeVar("Batch")
Result = TypeVar("Result")

WINDOW_TEXTS: Final = 4096  # sorted together; their token ids take some 40 MB at 256 tokens each
WINDOW_CHARACTERS: Final = 4_000_000  # the tokenizer holds about a hundred bytes a token while it works


def windows(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut `texts` into runs that may be tokenised at once; a text longer than the limit is a run of its own."""
    start, characters = 0, 0
    for index, text in enumerate(texts):
        full = index - start == WINDOW_TEXTS or characters + len(text) > WINDOW_CHARACTERS
        if full and index > start:
            yield texts[start:index]
            start, characters = index, 0
        characters += len(text)
    if start < len(texts):
        yield texts[start:]


def order(lengths: Sequence[int]) -> list[int]:
    """Return the positions of `lengths`, longest first; equals keep their order."""
    return sorted(range(len(lengths)), key=lambda position: -lengths[position])


def cut(lengths: Sequence[int], budget: int) -> Iterator[slice]:
    """Cut lengths that fall into batches of at most `budget` padded tokens; one text alone may exceed it.

    >>> list(cut([9, 5, 5, 2, 1], 10))
    [slice(0, 1, None), slice(1, 3, None), slice(3, 5, None)]
    """
    start = 0
    while start < len(lengths):
        rows = max(1, budget // max(1, lengths[start]))  # the first is the longest
        stop = min(start + rows, len(lengths))
        yield slice(start, stop)
        start = stop


def restore(rows: Vectors, positions: Sequence[int]) -> Vectors:
    """Undo `order`: row i of `rows` goes to row positions[i]."""
    restored = np.empty_like(rows)
    restored[np.asarray(positions, dtype=np.intp)] = rows
    return restored


def run(
    forward: Callable[[Batch], Result], batches: Sequence[Batch], workers: Executor | None = None
) -> Iterable[Result]:
    """Return what `forward` makes of each batch, in their order.

    workers: threads that compute several batches at a time; None, or a single batch, is computed in this one.
    """
    return workers.map(forward, batches) if workers and len(batches) > 1 else map(forward, batches)


def encode(
    texts: Sequence[str],
    *,
    tokenise: Callable[[Sequence[str]], list[list[int]]],
    forward: Callable[[list[list[int]]], Vectors],
    dim: int,
    budget: int,
    workers: Executor | None = None,
) -> Vectors:
    """Run texts through tokenizer and model in batches of at most `budget` padded tokens.

    forward: token ids, longest first -> [rows, dim] unit rows; called by `workers` where there are some. Returns
    [len(texts), dim] float32 in the order of `texts`. Raises CheckpointError where the model gives numbers that are
    not finite.
    """
    vectors = np.empty((len(texts), dim), dtype=np.float32)
    done = 0
    for window in windows(texts):
        ids = tokenise(window)
        positions = order([len(row) for row in ids])
        ids = [ids[position] for position in positions]
        rows = np.empty((len(ids), dim), dtype=np.float32)
        batches = list(cut([len(row) for row in ids], budget))
        for batch, found in zip(batches, run(forward, [ids[batch] for batch in batches], workers), strict=True):
            rows[batch] = found
        if not np.isfinite(rows).all():
            raise CheckpointError(
                "the model gives numbers that are not finite",
                hint="its weights are damaged (download them again), or overflow at this precision (use float32)",
            )
        vectors[done : done + len(ids)] = restore(rows, positions)
        done += len(ids)
    return vectors
