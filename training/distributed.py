"""Data parallel training under `torchrun`, with the negatives of every process.

Each process encodes its own rows and receives the vectors of all, so each computes the same loss over the whole batch.
The gradient of its own vectors is exact; only the parameters' gradients have to be added up afterwards.
"""

import os
from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import Parameter


class World:
    """The processes of a run; one alone where none was started by `torchrun`."""

    def __init__(self, *, device: str) -> None:
        """Join the others. device: "cpu" or "cuda"."""
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.size > 1 and not dist.is_initialized():
            if device == "cuda":
                torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
            dist.init_process_group("nccl" if device == "cuda" else "gloo")

    @property
    def is_first(self) -> bool:
        """Whether this process writes what is written once."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Return this process's part of `count` rows; all parts are of one size, so up to size - 1 rows stay out."""
        part = count // self.size
        return slice(self.rank * part, (self.rank + 1) * part)

    def gather(self, own: Tensor, *, rows: int) -> Tensor:
        """Put the texts of every process in the order of one batch.

        own [blocks * rows, ...]: this process's queries, positives and blocks of negatives, `rows` of each.
        Returns [blocks * rows * size, ...] in the same order of blocks. The gradient reaches `own` alone.
        """
        if self.size == 1:
            return own
        parts = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(parts, own.detach().contiguous())
        parts[self.rank] = own
        blocks = torch.stack([part.view(-1, rows, *own.shape[1:]) for part in parts], dim=1)
        return blocks.reshape(-1, *own.shape[1:])

    def add_gradients(self, parameters: Iterable[Parameter]) -> None:
        """Add the gradients of all processes, so that each holds the whole batch's."""
        if self.size > 1:
            for parameter in parameters:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
                dist.all_reduce(parameter.grad)

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            dist.barrier()

    def leave(self) -> None:
        """End the group."""
        if self.size > 1:
            dist.destroy_process_group()
