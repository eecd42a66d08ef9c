"""Gradients of a whole batch's loss, in chunks that fit in memory.

A contrastive loss needs the vectors of the whole batch at once, but not their graphs. The vectors are computed chunk
by chunk, the loss gives a gradient for each vector, and each chunk is then carried back alone. With `replay` no graph
is kept: a chunk is computed a second time, under the random numbers it had, just before it is carried back. That
costs a third more time and makes memory independent of the batch. Source: GradCache, arXiv 2101.06983.
"""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

from training.collate import Chunk

Forward = Callable[[Chunk], Tensor]
"""A chunk -> [rows, layers, dim] float32, its pooled vectors, with a graph where gradients are on."""

Objective = Callable[[Tensor], Tensor]
"""Leaf vectors [texts, layers, dim] of the whole batch -> a scalar loss with a graph."""


def backward(
    forward: Forward, chunks: Sequence[Chunk], objective: Objective, *, replay: bool, scale: float = 1.0
) -> Tensor:
    """Add the gradient of the batch's loss to the parameters behind `forward`; return the loss, detached.

    scale: multiplies the gradients (not the loss returned), for arithmetic in half precision.
    """
    graphs: list[Tensor] = []
    states: list[list[Tensor]] = []
    with torch.set_grad_enabled(not replay):
        for chunk in chunks:
            if replay:
                states.append(_random_state())
            graphs.append(forward(chunk))
    positions = torch.cat([chunk.positions for chunk in chunks])
    found = torch.cat([graph.detach() for graph in graphs])
    vectors = torch.empty_like(found)
    vectors[positions.to(found.device)] = found
    vectors.requires_grad_()
    loss = objective(vectors)
    (gradient,) = torch.autograd.grad(loss, vectors)
    gradient *= scale
    if replay:
        graphs.clear()
    for number, chunk in enumerate(chunks):
        if replay:
            with _randomness(states[number]):
                graph = forward(chunk)
        else:
            graph = graphs[number]
            graphs[number] = EMPTY  # frees the graph as soon as it is used
        torch.autograd.backward(graph, gradient[chunk.positions.to(gradient.device)])
    return loss.detach()


EMPTY: Final = torch.empty(0)


def _random_state() -> list[Tensor]:
    states = [torch.get_rng_state()]
    if torch.cuda.is_available():
        states.append(torch.cuda.get_rng_state())
    return states


class _randomness:  # noqa: N801  # reads as a function where it is used
    """Draws random numbers again as they were drawn, then goes on with those of now."""

    def __init__(self, states: list[Tensor]) -> None:
        self._then = states

    def __enter__(self) -> None:
        self._now = _random_state()
        _set_random_state(self._then)

    def __exit__(self, *_: object) -> None:
        _set_random_state(self._now)


def _set_random_state(states: list[Tensor]) -> None:
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1])
