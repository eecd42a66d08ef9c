"""BERT: the first GTE models and most small embedding models. Also the one that the int8 runtime computes."""

from typing import TYPE_CHECKING, Any, Final

from embedder.architectures.base import Architecture

if TYPE_CHECKING:
    from torch.nn import Module

    from embedder.config import ModelConfig


def build(config: "ModelConfig") -> "Module":
    """Return transformers' BERT without its pooler, which no vector needs."""
    from transformers import BertConfig, BertModel

    return BertModel(BertConfig(**settings(config)), add_pooling_layer=False)


def classifier(config: "ModelConfig") -> "Module":
    """Return transformers' BERT with pooler and a head of one output a label."""
    from transformers import BertConfig, BertForSequenceClassification

    labels = dict(enumerate(config.labels or ()))
    return BertForSequenceClassification(BertConfig(**settings(config), id2label=labels))


def settings(config: "ModelConfig") -> dict[str, Any]:
    """Return the numbers by the names that BERT and its descendants give them."""
    return {
        "vocab_size": config.vocabulary,
        "hidden_size": config.hidden,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.intermediate,
        "hidden_act": config.activation,
        "max_position_embeddings": config.position_rows,
        "type_vocab_size": config.token_types,
        "layer_norm_eps": config.norm_eps,
    }


BERT: Final = Architecture(
    kind="bert",
    build=build,
    classifier=classifier,
    prefix="bert.",
    token_types=2,
    only={"position_embedding_type": "absolute", "is_decoder": False},
)
