"""The encoder in training: chunk of token ids to pooled vectors, with gradients."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from embedder.encoder import select_device
from embedder.files import Layout
from embedder.model import load_model
from embedder.pooling import POOL
from training import attention
from training.collate import Chunk
from training.errors import RecipeError
from training.recipe import Precision

DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Student:
    """A model, where it computes and how."""

    def __init__(
        self, layout: Layout, *, layers: Sequence[int] = (), dropout: float, device: str, precision: Precision = "auto"
    ) -> None:
        """Load the start.

        layers: prefixes of the layers whose states are pooled too, before the last. dropout: of every dropout layer.
        device: "cpu", "cuda" or "cuda:N". precision: of the matrix products; weights stay in float32. "auto" is
        bfloat16 where the processor multiplies it faster than float32, on other GPUs float16, else float32.
        Raises RecipeError for layers that the model has not, UnsupportedModelError for a device that is not there, and
        CheckpointError where the start is damaged.
        """
        self.layout = layout
        self.device = select_device(device)
        self.precision = _precision(precision, self.device)
        self._pool = POOL[layout.pooling]
        self._layers = (*layers, layout.config.layers)
        if list(self._layers) != sorted(set(self._layers)) or self._layers[0] < 1:
            raise RecipeError(
                f"layers {list(layers)} are not rising prefixes of the model's {layout.config.layers}",
                hint="correct `layers` in the recipe",
            )
        self.model = load_model(layout)
        if self.device.type == "cpu":
            attention.use(self.model)
        for module in self.model.modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout
        self.model.to(self.device).train()

    def forward(self, chunk: Chunk) -> Tensor:
        """Return the pooled vectors of a chunk, [rows, layers, dim] float32, not normalised, the whole model last."""
        ids, mask = chunk.ids.to(self.device), chunk.mask.to(self.device)
        with torch.autocast(self.device.type, dtype=DTYPES[self.precision], enabled=self.precision != "float32"):
            output = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=len(self._layers) > 1)
        states = [*(output.hidden_states[layer] for layer in self._layers[:-1]), output.last_hidden_state]
        return torch.stack([self._pool(state, mask) for state in states], dim=1)


def _precision(asked: Precision, device: torch.device) -> str:
    if asked != "auto":
        return asked
    if device.type == "cuda":
        # PyTorch also counts GPUs that only emulate it, slower than float32
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    # without such instructions bfloat16 is computed through float32, slower than float32 itself
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if fast else "float32"
