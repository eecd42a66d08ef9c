"""The tensors of a checkpoint, read from safetensors and checked against the module that will hold them."""

import re
from typing import Final

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import Module

from embedder.architectures import ARCHITECTURES
from embedder.config import DAMAGED
from embedder.errors import CheckpointError
from embedder.files import Layout

# Heads of other tasks, and buffers that old versions saved: nothing here reads them, unless a module has them.
UNUSED: Final = re.compile(
    r"(pooler|cls|classifier|lm_head|head|decoder|vocab_\w+)\.|embeddings\.(position_ids|token_type_ids)$|.*inv_freq$"
)
LAYER: Final = re.compile(r"(?:\w+\.)?layers?\.(\d+)\.")


def read_weights(layout: Layout, module: Module) -> dict[str, Tensor]:
    """Return the tensors of `module` by its own names, in float32 on the CPU.

    module: may stand on the "meta" device, since only names and shapes are looked at.
    Raises CheckpointError where a file is damaged or its tensors are not those of the module.
    """
    architecture = ARCHITECTURES[layout.config.kind]
    weights: dict[str, Tensor] = {}
    for path in layout.weights:
        try:
            tensors = load_file(path)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"cannot read {path}: {error}", hint=DAMAGED) from error
        weights.update((_name(name, architecture.prefix), tensor.float()) for name, tensor in tensors.items())
    wanted = {name.removeprefix(architecture.prefix): (name, t.shape) for name, t in module.state_dict().items()}
    weights = {name: tensor for name, tensor in weights.items() if name in wanted or not UNUSED.match(name)}
    weights = architecture.unpack(weights)
    if layout.cut_layers is not None:
        weights = {name: tensor for name, tensor in weights.items() if not _beyond(name, layout.cut_layers)}
    for name in sorted(wanted.keys() | weights.keys()):
        shape = tuple(wanted[name][1]) if name in wanted else None
        found = tuple(weights[name].shape) if name in weights else None
        if found != shape:
            raise CheckpointError(
                f"the weights of {layout.folder} do not fit its config.json: `{name}` should be {shape}, is {found}",
                hint=DAMAGED,
            )
    return {wanted[name][0]: tensor for name, tensor in weights.items()}


def _name(stored: str, prefix: str) -> str:
    """Undo what older checkpoints call a tensor: a head's prefix, TensorFlow's names of a norm."""
    name = stored.removeprefix(prefix)
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _beyond(name: str, layers: int) -> bool:
    match = LAYER.match(name)
    return match is not None and int(match[1]) >= layers
