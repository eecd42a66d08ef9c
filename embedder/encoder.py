"""TorchEncoder, the reference: batch, model, pool. On a GPU also the fastest."""

from pathlib import Path
from typing import Final, Literal

import torch

from embedder import converted
from embedder.checkpoint import CheckpointEncoder
from embedder.errors import UnsupportedModelError
from embedder.files import Layout
from embedder.model import load_model, mask_of, padded, states
from embedder.pooling import POOL, unit
from embedder.types import Vectors

Precision = Literal["float32", "float16", "bfloat16"]
CPU_TOKENS: Final = 2048  # padded tokens a batch; measured on 2 cores: 4,096 takes 1.2 times the processor time
CUDA_TOKENS: Final = 65536


class TorchEncoder(CheckpointEncoder):
    """A checkpoint of any architecture on PyTorch. Vectors of one fingerprint agree on every device and precision."""

    runtime = "PyTorch"

    def __init__(
        self,
        layout: Layout,
        *,
        cache_dir: Path,
        device: str = "cpu",
        precision: Precision | None = None,
        threads: int | None = None,
        batch_tokens: int | None = None,
    ) -> None:
        """Load the weights.

        cache_dir: remembers the digest of the weights. device: "cpu", "cuda" or "cuda:N". precision: float32 on
        a CPU, float16 by default on a GPU (the GTE checkpoints are published in it). threads: of this whole
        process's PyTorch; None leaves it as it is. batch_tokens: padded tokens a batch.
        Raises CheckpointError, or UnsupportedModelError for a device or precision that is not there.
        """
        if layout.config.kind == converted.KIND:
            raise UnsupportedModelError(
                f"`{layout.name}` is converted for the int8 runtime, and PyTorch cannot read it",
                hint="leave the runtime to auto and the device to cpu, or give the checkpoint it was made from",
            )
        self._device = select_device(device)
        on_gpu = self._device.type == "cuda"
        precision = precision or ("float16" if on_gpu else "float32")
        if precision != "float32" and not on_gpu:
            raise UnsupportedModelError(
                f"{precision} is for a GPU", hint="on a CPU use float32, or the int8 runtime (runtime='ct2')"
            )
        if threads is not None:
            torch.set_num_threads(threads)
        super().__init__(
            layout,
            fingerprint=layout.fingerprint(cache_dir),
            batch_tokens=batch_tokens or (CUDA_TOKENS if on_gpu else CPU_TOKENS),
        )
        self._model = load_model(layout)
        self._model.to(device=self._device, dtype=getattr(torch, precision))

    @property
    def device(self) -> str:
        """What it computes on: "cpu", "cuda" or "cuda:N"."""
        return str(self._device)

    def _forward(self, rows: list[list[int]]) -> Vectors:
        """Token ids, longest first -> [rows, dim] unit rows."""
        ids = padded(rows, fill=self._layout.config.pad).to(self._device)
        mask = mask_of(rows).to(self._device)
        pooled = POOL[self._layout.pooling](states(self._model, ids, mask), mask)
        vectors: Vectors = unit(pooled[:, : self.dim]).cpu().numpy()
        return vectors


def select_device(name: str) -> torch.device:
    """Return the device "cpu", "cuda" or "cuda:N"; raises UnsupportedModelError where there is none."""
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdecimal()):
        raise UnsupportedModelError(f"unknown device `{name}`", hint="use auto, cpu, cuda or cuda:N")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise UnsupportedModelError(
            f"PyTorch sees no device `{name}`", hint="use device auto or cpu, or install a PyTorch built for this GPU"
        )
    return torch.device(name)
