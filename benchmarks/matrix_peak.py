"""How fast this machine multiplies matrices, in the number formats and at the shapes of an encoder.

The int8 encoder (CTranslate2) multiplies by its weights in int8 and computes attention in float32. Two peaks are told:

- `products`: nothing but the matrix products. int8 by oneDNN, the library that CTranslate2 has them from on AMD (its
  own copy cannot be called alone: the one inside PyTorch is, `torch._int_mm`), float32 by PyTorch; each shape by
  itself, the operands in the cache, nothing quantised, no bias; measured on one thread and multiplied, so that threads
  that wait for each other, as on a busy machine, do not lower it. No encoder reaches it: between its products it
  quantises, adds, normalises and takes softmax and GELU.
- `encoder`: CTranslate2 itself running the model on rows of one length, so without padding, tokenising and pooling, a
  batch a thread, at the best of several lengths and batches. What is lost against it is lost around the model.

Operations are counted from the shapes, for real tokens only: work on padding counts as none. 1 product-and-sum = 2.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

TOKENS: Final = 512  # of a batch, as the encoder makes them
LENGTHS: Final = (64, 128, 256)
BATCHES: Final = (256, 512, 1024, 2048)  # tokens
AHEAD: Final = 4  # batches for each thread in one measurement: at its end no thread waits long for another
REPEATS: Final = 20
SECONDS: Final = 0.5  # at least, for each shape or batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of a BERT."""

    layers: int
    hidden: int
    intermediate: int
    heads: int

    @property
    def weights(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each product with weights in a layer; query, key and value are one."""
        return [
            (self.hidden, 3 * self.hidden),
            (self.hidden, self.hidden),
            (self.hidden, self.intermediate),
            (self.intermediate, self.hidden),
        ]


def linear_flops(shape: Shape, tokens: int) -> float:
    """Count the operations of the products with weights.

    >>> linear_flops(Shape(layers=1, hidden=2, intermediate=8, heads=1), 1)
    96.0
    """
    return 2.0 * shape.layers * tokens * sum(inputs * outputs for inputs, outputs in shape.weights)


def attention_flops(shape: Shape, lengths: Sequence[int]) -> float:
    """Count the operations of queries by keys, and of weights by values, of texts of `lengths` tokens.

    >>> attention_flops(Shape(layers=1, hidden=2, intermediate=8, heads=1), [3, 1])
    80.0
    """
    return 4.0 * shape.layers * shape.hidden * sum(length * length for length in lengths)


def least_seconds(shape: Shape, lengths: Sequence[int], rates: Mapping[str, Any]) -> float:
    """Return how long the matrix products alone would take at the peaks that `products` measured."""
    tokens = sum(lengths)
    linear: list[float] = [
        2.0 * shape.layers * tokens * inputs * outputs / rates["int8"][f"{inputs}x{outputs}"]
        for inputs, outputs in shape.weights
    ]
    attention: float = attention_flops(shape, lengths) / rates["attention"]
    return sum(linear) + attention


def products(shape: Shape, *, threads: int) -> dict[str, Any]:
    """Measure operations a second of the products alone: int8 and float32 by shape, and attention's in float32."""
    import torch

    torch.set_num_threads(1)
    int8, float32 = {}, {}
    for inputs, outputs in shape.weights:
        operations = 2.0 * TOKENS * inputs * outputs
        left = torch.randint(-127, 128, (TOKENS, inputs), dtype=torch.int8)
        right = torch.randint(-127, 128, (outputs, inputs), dtype=torch.int8)
        name = f"{inputs}x{outputs}"
        # either order of the weights: oneDNN prefers one or the other by shape
        both = [right.t(), right.t().contiguous()]
        int8[name] = threads * max(rate(partial(torch._int_mm, left, one), operations) for one in both)
        float32[name] = threads * rate(partial(torch.nn.functional.linear, left.float(), right.float()), operations)
    length = 128
    rows = TOKENS // length * shape.heads
    queries = torch.randn(rows, length, shape.hidden // shape.heads)
    keys = torch.randn(rows, shape.hidden // shape.heads, length)
    attention = threads * rate(
        partial(torch.bmm, queries, keys), 2.0 * rows * length * length * shape.hidden / shape.heads
    )
    return {"int8": int8, "float32": float32, "attention": attention}


def encoder(folder: Path, shape: Shape, *, threads: int, vocabulary: int) -> dict[str, float]:
    """Measure operations a second of the int8 copy in `folder` on equal rows: by "rows x tokens of each"."""
    import ctranslate2  # type: ignore[import-untyped]  # the package ships no types
    import numpy as np

    model = ctranslate2.Encoder(
        str(folder), device="cpu", compute_type="default", inter_threads=threads, intra_threads=1
    )
    draw = np.random.default_rng(0)
    found = {}
    with ThreadPoolExecutor(threads) as workers:
        for batch in BATCHES:
            for length in LENGTHS:
                rows = draw.integers(vocabulary // 2, vocabulary, size=(batch // length, length)).tolist()
                lengths = [length] * len(rows)
                operations = linear_flops(shape, sum(lengths)) + attention_flops(shape, lengths)
                many = [rows] * (AHEAD * threads)
                found[f"{len(rows)} x {length}"] = rate(
                    partial(_all, workers.map, model.forward_batch, many), len(many) * operations
                )
    return found


def _all(mapped: Callable[..., Iterable[object]], *given: object) -> None:
    """Compute all that a map gives."""
    list(mapped(*given))


def rate(call: Callable[[], object], operations: float) -> float:
    """Return operations a second at the fastest of many calls."""
    call()
    best, started = float("inf"), time.perf_counter()
    calls = 0
    while calls < REPEATS or time.perf_counter() - started < SECONDS:
        before = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - before)
        calls += 1
        if time.perf_counter() - started > 10 * SECONDS:  # a busy or slow machine
            break
    return operations / best
