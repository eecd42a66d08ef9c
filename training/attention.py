"""Attention in plain products, for training on a processor.

PyTorch's fused attention is slow backwards in bfloat16 there, and transformers' plain one, under autocast, holds the
scores of all pairs of tokens in float32 and several times over. Here they stay in the precision of the products (a
softmax adds up in float32 whatever it reads), are scaled before there are so many, and masked where they lie.
"""

from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

NAME: Final = "plain"


def use(model: nn.Module) -> None:
    """Let a model of transformers attend like this, where it lets one choose; MPNet always attends in its own way."""
    if not getattr(model, "_supports_attention_backend", False):
        return
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, _mask)
    model.set_attn_implementation(NAME)  # type: ignore[operator]  # torch types methods as tensors


def attend(
    _: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    dropout: float = 0.0,
    **__: Any,  # noqa: ANN401  # what other attentions need
) -> tuple[Tensor, None]:
    """Return the values that each token attends to, [rows, tokens, heads, dim].

    query, key, value [rows, heads, tokens, dim]. attention_mask: to be added to the scores,
    broadcast to [rows, heads, tokens, tokens].
    """
    rows, heads, tokens, _dim = query.shape
    # in three dimensions: in four, PyTorch copies the operands of each product
    scores = torch.bmm((query * scaling).flatten(0, 1), key.flatten(0, 1).transpose(1, 2))
    if attention_mask is not None:
        scores.view(rows, heads, tokens, -1).add_(attention_mask)
    with torch.autocast(query.device.type, enabled=False):  # it would make float32 of what the softmax reads
        shares = nn.functional.dropout(scores.softmax(-1), dropout)
    found = torch.bmm(shares, value.flatten(0, 1))
    return found.view(rows, heads, tokens, -1).transpose(1, 2).contiguous(), None


def _mask(*sizes: Any, **options: Any) -> Tensor:  # noqa: ANN401  # as transformers passes them on
    """Return what to add to scores; in bfloat16, as float32's lowest number is bfloat16's infinity, and no softmax."""
    found: Tensor = eager_mask(*sizes, **{**options, "dtype": torch.bfloat16})
    return found
