"""RoBERTa and XLM-RoBERTa: BERT whose position table begins after the padding token."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from embedder.architectures.base import Architecture
from embedder.architectures.bert import settings

if TYPE_CHECKING:
    from torch.nn import Module

    from embedder.config import ModelConfig


def build(config: "ModelConfig") -> "Module":
    """Return transformers' RoBERTa without its pooler. XLM-RoBERTa is the same computation."""
    from transformers import RobertaConfig, RobertaModel

    return RobertaModel(RobertaConfig(**settings(config), pad_token_id=config.pad), add_pooling_layer=False)


ROBERTA: Final = Architecture(
    kind="roberta",
    build=build,
    prefix="roberta.",
    token_types=2,
    pad=1,
    positions_after_pad=True,
    only={"position_embedding_type": "absolute", "is_decoder": False},
)
XLM_ROBERTA: Final = replace(ROBERTA, kind="xlm-roberta")
