"""Data parallel training under `torchrun`, with the negatives of every process.

Each process encodes its own rows and receives the vectors of all, so each computes the same loss over the whole batch.
The gradient of its own vectors is exact; only the parameters' gradients have to be added up afterwards.
"""

import os
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import Parameter


class World:
    """The processes of a run, while it lasts; one alone where none was started by `torchrun`."""

    def __init__(self, *, device: str) -> None:
        """Name the place: "cpu", "cuda" or "cuda:N"; of several processes each takes a GPU of its own."""
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self._cuda = device.startswith("cuda")
        # with its number, since the GPU that a process has chosen holds in the thread that chose it alone
        self.device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if self._cuda and self.size > 1 else device

    def __enter__(self) -> Self:
        """Join the others."""
        if self.size > 1:
            if self._cuda:
                torch.cuda.set_device(self.device)
            dist.init_process_group("nccl" if self._cuda else "gloo")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave when all are done; after an error at once, so that `torchrun` ends the others."""
        if self.size > 1:
            if error is None:
                dist.barrier()
            dist.destroy_process_group()

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

    def collect(self, own: Tensor) -> list[Tensor]:
        """Return a tensor of every process, by rank, on the CPU. All are of one shape and kind."""
        if self.size == 1:
            return [own.cpu()]
        own = own.to(self.device)
        parts = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(parts, own)
        return [part.cpu() for part in parts]

    def any(self, said: bool) -> bool:
        """Tell whether any process said so: what they do next must be the same."""
        return any(bool(each) for each in self.collect(torch.tensor(int(said))))
