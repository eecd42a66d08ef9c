"""MPNet (all-mpnet-base-v2): RoBERTa's positions, and a bias by distance that all layers share."""

from typing import TYPE_CHECKING, Final

from embedder.architectures.base import Architecture
from embedder.architectures.bert import settings

if TYPE_CHECKING:
    from torch.nn import Module

    from embedder.config import ModelConfig


def build(config: "ModelConfig") -> "Module":
    """Return transformers' MPNet without its pooler."""
    from transformers import MPNetConfig, MPNetModel

    sizes = {key: value for key, value in settings(config).items() if key != "type_vocab_size"}
    buckets = config.declared.get("relative_attention_num_buckets", 32)
    found = MPNetConfig(**sizes, pad_token_id=config.pad, relative_attention_num_buckets=buckets)
    return MPNetModel(found, add_pooling_layer=False)


MPNET: Final = Architecture(kind="mpnet", build=build, prefix="mpnet.", pad=1, positions_after_pad=True)
