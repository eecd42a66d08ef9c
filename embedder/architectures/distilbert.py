"""DistilBERT: BERT of half the layers, without token types, under names of its own."""

from typing import TYPE_CHECKING, Final

from embedder.architectures.base import Architecture, Keys

if TYPE_CHECKING:
    from torch.nn import Module

    from embedder.config import ModelConfig


def build(config: "ModelConfig") -> "Module":
    """Return transformers' DistilBERT. Sinusoidal positions are stored like learnt ones, so they need no case."""
    from transformers import DistilBertConfig, DistilBertModel

    return DistilBertModel(
        DistilBertConfig(
            vocab_size=config.vocabulary,
            dim=config.hidden,
            n_layers=config.layers,
            n_heads=config.heads,
            hidden_dim=config.intermediate,
            activation=config.activation,
            max_position_embeddings=config.position_rows,
            pad_token_id=config.pad,
        )
    )


DISTILBERT: Final = Architecture(
    kind="distilbert",
    build=build,
    prefix="distilbert.",
    keys=Keys(hidden="dim", layers="n_layers", heads="n_heads", intermediate="hidden_dim", activation="activation"),
)
