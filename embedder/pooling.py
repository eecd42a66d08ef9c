"""States of tokens to one vector a text: functions of states and mask."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from embedder.models import Pooling

Pool = Callable[[Tensor, Tensor], Tensor]
"""states [batch, tokens, dim], mask [batch, tokens] -> [batch, dim] float32, not normalised."""


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Average the states of real tokens.

    states [batch, tokens, dim] any float, summed in float32; mask [batch, tokens] 1 = token, 0 = padding.
    Returns [batch, dim] float32, not normalised. Raises ValueError if a row has no token.
    Source: GTE, arXiv 2308.03281, eq. 2.
    """
    counts = mask.sum(dim=1, dtype=torch.float32)
    if bool((counts == 0).any()):
        raise ValueError("a row of the mask has no token")
    # where, not a product: 0 times an infinite state of a padded position would be no number
    kept = torch.where(mask.unsqueeze(-1).bool(), states.float(), 0.0)
    return kept.sum(dim=1) / counts.unsqueeze(-1)


def cls_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Take the state of the first token.

    states [batch, tokens, dim] any float; mask [batch, tokens], padding on the right.
    Returns [batch, dim] float32, not normalised. Raises ValueError if a row does not begin with a token.
    """
    if not bool(mask[:, 0].all()):
        raise ValueError("a row of the mask does not begin with a token")
    return states[:, 0].float()


def unit(vectors: Tensor) -> Tensor:
    """Scale each row of [batch, dim] to length 1, in float32."""
    return torch.nn.functional.normalize(vectors.float(), dim=1)


POOL: Final[Mapping[Pooling, Pool]] = MappingProxyType({Pooling.MEAN: mean_pool, Pooling.CLS: cls_pool})
