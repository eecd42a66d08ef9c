"""The table of architectures that are computed here. A new one is a file and a row; importing this loads no torch."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from embedder.architectures.base import Architecture, Keys
from embedder.architectures.bert import BERT
from embedder.architectures.distilbert import DISTILBERT
from embedder.architectures.gte import GTE
from embedder.architectures.modernbert import MODERNBERT
from embedder.architectures.mpnet import MPNET
from embedder.architectures.roberta import ROBERTA, XLM_ROBERTA

__all__ = ["ARCHITECTURES", "Architecture", "Keys"]

ARCHITECTURES: Final[Mapping[str, Architecture]] = MappingProxyType(
    {one.kind: one for one in (BERT, ROBERTA, XLM_ROBERTA, MPNET, DISTILBERT, GTE, MODERNBERT)}
)
"""By `model_type` of config.json."""
