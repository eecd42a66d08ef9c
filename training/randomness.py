"""The states of PyTorch's random numbers: kept to draw the same ones again, in a replay or after a kill."""

from collections.abc import Mapping

import torch
from torch import Tensor

States = Mapping[str, Tensor]
"""By kind, "cpu" and perhaps "cuda" (the GPU of this process): bytes."""


def states() -> States:
    """Return the states of this process."""
    found = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_rng_state()
    return found


def restore(then: States) -> None:
    """Go on drawing as when `then` was returned; a kind that is missing, or that this machine lacks, stays as it is."""
    if "cpu" in then:
        torch.set_rng_state(then["cpu"])
    if "cuda" in then and torch.cuda.is_available():
        torch.cuda.set_rng_state(then["cuda"])
