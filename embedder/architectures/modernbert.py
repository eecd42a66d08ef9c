"""ModernBERT (gte-modernbert-base): rotary positions, and only every third layer looks beyond its neighbours.

`classifier_pooling` of its config.json speaks of a classifier's head, not of the vector: pooling is declared elsewhere.
"""

from typing import TYPE_CHECKING, Final

from embedder.architectures.base import Architecture, Keys

if TYPE_CHECKING:
    from torch.nn import Module

    from embedder.config import ModelConfig

DECLARED: Final = (  # passed on as they are
    "layer_types",  # these two: how transformers 5 writes what published files say in the next three
    "rope_parameters",
    "global_attn_every_n_layers",
    "global_rope_theta",
    "local_rope_theta",
    "local_attention",
    "norm_bias",
    "attention_bias",
    "mlp_bias",
)


def build(config: "ModelConfig") -> "Module":
    """Return transformers' ModernBERT."""
    from transformers import ModernBertConfig, ModernBertModel

    declared = {key: config.declared[key] for key in DECLARED if config.declared.get(key) is not None}
    if "layer_types" in declared:
        declared["layer_types"] = declared["layer_types"][: config.layers]
    return ModernBertModel(
        ModernBertConfig(
            vocab_size=config.vocabulary,
            hidden_size=config.hidden,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=config.intermediate,
            hidden_activation=config.activation,
            max_position_embeddings=config.position_rows,
            norm_eps=config.norm_eps,
            # of ids it needs none; the defaults lie beyond a small vocabulary
            pad_token_id=config.pad,
            bos_token_id=None,
            eos_token_id=None,
            cls_token_id=None,
            sep_token_id=None,
            **declared,
        )
    )


MODERNBERT: Final = Architecture(
    kind="modernbert",
    build=build,
    prefix="model.",
    keys=Keys(activation="hidden_activation", norm_eps="norm_eps"),
    norm_eps=1e-5,
)
