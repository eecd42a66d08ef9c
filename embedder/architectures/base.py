"""What there is to know of an architecture: one value of this kind, in one file, for each. Needs no torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from embedder.config import ModelConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Where config.json keeps what every architecture has. The defaults are BERT's."""

    hidden: str = "hidden_size"
    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    intermediate: str = "intermediate_size"
    activation: str = "hidden_act"
    norm_eps: str = "layer_norm_eps"


def as_they_are(weights: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """Return the tensors: they are published under transformers' own names."""
    return weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """How checkpoints of one `model_type` are read, and which of transformers' own classes computes them."""

    kind: str  # `model_type` of config.json
    build: "Callable[[ModelConfig], Module]"  # the encoder without weights; imports transformers
    prefix: str  # before the names of tensors that were saved with a head on top
    keys: Keys = Keys()
    token_types: int = 0  # where config.json is silent
    norm_eps: float = 1e-12  # where config.json is silent
    pad: int = 0  # id of the padding token where config.json is silent
    positions_after_pad: bool = False  # the first token reads the row after that of the padding token's id
    only: Mapping[str, Any] = field(default_factory=dict)  # key of config.json to the one value that is computed
    program: str | None = None  # the class of published program code that `build` stands in for
    unpack: "Callable[[dict[str, Tensor]], dict[str, Tensor]]" = as_they_are  # published names and shapes to built ones
    classifier: "Callable[[ModelConfig], Module] | None" = None  # the same with a head that gives labels
