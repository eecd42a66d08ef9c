"""Gradients of a whole batch's loss, in chunks that fit in memory.

A contrastive loss needs the vectors of the whole batch at once, but not their graphs. The vectors are computed chunk
by chunk, the loss gives a gradient for each vector, and each chunk is then carried back alone. With `replay` no graph
is kept: a chunk is computed a second time, under the random numbers it had, just before it is carried back. That
costs a third more time and makes memory independent of the batch. Source: GradCache, arXiv 2101.06983.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from training import randomness
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
    states: list[randomness.States] = []
    with torch.set_grad_enabled(not replay):
        for chunk in chunks:
            if replay:
                states.append(randomness.states())
            graphs.append(forward(chunk))
    positions = torch.cat([chunk.positions for chunk in chunks])
    found = torch.cat([graph.detach() for graph in graphs])
    vectors = torch.empty_like(found)
    vectors[positions.to(found.device)] = found
    vectors.requires_grad_()
    loss = objective(vectors)
    (gradient,) = torch.autograd.grad(loss, vectors)
    gradient *= scale
    for chunk in chunks:
        graph = graphs.pop(0)  # so that it is freed as soon as it is used
        if replay:
            with _drawn_again(states.pop(0)):
                graph = forward(chunk)
        torch.autograd.backward(graph, gradient[chunk.positions.to(gradient.device)])
    return loss.detach()


@contextmanager
def _drawn_again(then: randomness.States) -> Iterator[None]:
    """Draw random numbers as they were drawn then, and go on with those of now."""
    now = randomness.states()
    randomness.restore(then)
    yield
    randomness.restore(now)
