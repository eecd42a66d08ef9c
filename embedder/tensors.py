"""The tensors of a BERT checkpoint, read from safetensors and checked against its configuration."""

import re
from typing import Final

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from embedder.config import DAMAGED, ModelConfig
from embedder.errors import CheckpointError
from embedder.files import Layout

# Heads of other tasks, and buffers that old versions saved: nothing here reads them.
UNUSED: Final = re.compile(r"(pooler|cls|classifier)\.|embeddings\.(position_ids|token_type_ids)$")


def read_weights(layout: Layout) -> dict[str, Tensor]:
    """Return the encoder's tensors by transformers' names, in float32 on the CPU.

    Raises CheckpointError where a file is damaged or its tensors are not those of config.json.
    """
    weights: dict[str, Tensor] = {}
    for path in layout.weights:
        try:
            tensors = load_file(path)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"cannot read {path}: {error}", hint=DAMAGED) from error
        weights.update((_name(name), tensor.float()) for name, tensor in tensors.items())
    weights = {name: tensor for name, tensor in weights.items() if not UNUSED.match(name)}
    wanted = shapes(layout.config)
    for name in sorted(wanted.keys() | weights.keys()):
        found = tuple(weights[name].shape) if name in weights else None
        if found != wanted.get(name):
            raise CheckpointError(
                f"the weights of {layout.folder} do not fit its config.json: "
                f"`{name}` should be {wanted.get(name)}, is {found}",
                hint=DAMAGED,
            )
    return weights


def shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor of a BERT encoder without its pooler."""
    wide, narrow = config.intermediate, config.hidden
    found: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config.vocabulary, narrow),
        "embeddings.position_embeddings.weight": (config.max_positions, narrow),
        "embeddings.token_type_embeddings.weight": (config.token_types, narrow),
    }
    norms = ["embeddings.LayerNorm"]
    linears: dict[str, tuple[int, int]] = {}
    for number in range(config.layers):
        at = f"encoder.layer.{number}"
        norms += [f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"]
        linears |= {f"{at}.attention.self.{part}": (narrow, narrow) for part in ("query", "key", "value")}
        linears[f"{at}.attention.output.dense"] = (narrow, narrow)
        linears[f"{at}.intermediate.dense"] = (wide, narrow)
        linears[f"{at}.output.dense"] = (narrow, wide)
    for name in norms:
        found |= {f"{name}.weight": (narrow,), f"{name}.bias": (narrow,)}
    for name, shape in linears.items():
        found |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return found


def _name(stored: str) -> str:
    """Undo what older checkpoints call a tensor: a head's prefix, TensorFlow's names of a norm."""
    name = stored.removeprefix("bert.")
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
