"""The `new` architecture (gte-base-en-v1.5, gte-large-en-v1.5): rotary positions and a gated feed-forward part.

Published with program code of its own, which is never run: transformers computes the same as GTE, under other names
and with the packed matrices apart. Names and arithmetic of the published code: Alibaba-NLP/new-impl on the hub.
"""

import re
from typing import TYPE_CHECKING, Any, Final

from embedder.architectures.base import Architecture
from embedder.architectures.bert import settings
from embedder.errors import UnsupportedModelError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from embedder.config import ModelConfig

RENAMED: Final = (
    ("attention.o_proj", "self_attn.o_proj"),
    ("attn_ln", "post_attention_layernorm"),
    ("mlp_ln", "post_mlp_layernorm"),
)
PACKED: Final = (  # rows of one published matrix: first, second, ...
    ("attention.qkv_proj", ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
    ("mlp.up_gate_proj", ("mlp.up_proj", "mlp.gate_proj")),
)
LAYER: Final = re.compile(r"encoder\.layer\.(?P<number>\d+)\.(?P<part>.+)\.(?P<kind>weight|bias)")


def build(config: "ModelConfig") -> "Module":
    """Return transformers' GTE. Raises UnsupportedModelError where the positions are scaled in another way than NTK."""
    from transformers import GteConfig, GteModel

    return GteModel(GteConfig(**settings(config), pad_token_id=config.pad, rope_parameters=rope(config)))


def rope(config: "ModelConfig") -> dict[str, Any]:
    """Return the rotary positions as transformers describes them.

    The published code scales at every length, not only beyond the trained one: with factor s, base b and head width d,
    frequency i is (b s)^(-2i/d) / s^(2/d). That is transformers' linear scaling by s^(2/d) over the base b s.
    """
    base, scaling = config.declared.get("rope_theta", 10000.0), config.declared.get("rope_scaling")
    if not scaling:
        return {"rope_type": "default", "rope_theta": base}
    said = scaling if isinstance(scaling, dict) else {}
    kind, factor = said.get("type", said.get("rope_type")), said.get("factor")
    if kind != "ntk" or said.get("mixed_b") is not None or not isinstance(factor, int | float) or factor < 1:
        raise UnsupportedModelError(
            f"rotary positions scaled by {scaling} are not computed here",
            hint="use a published checkpoint such as Alibaba-NLP/gte-base-en-v1.5, which scales by NTK",
        )
    width = config.hidden // config.heads
    return {"rope_type": "linear", "rope_theta": base * factor, "factor": factor ** (2 / width)}


def unpack(weights: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """Translate names, and cut the packed matrices into transformers' separate ones."""
    found: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        match = LAYER.fullmatch(name)
        if match is None:
            found[name] = tensor
            continue
        part = match["part"]
        names = dict(PACKED).get(part) or (dict(RENAMED).get(part, part),)
        for one, piece in zip(names, tensor.chunk(len(names)), strict=False):
            found[f"layers.{match['number']}.{one}.{match['kind']}"] = piece
    return found


GTE: Final = Architecture(
    kind="new",
    build=build,
    prefix="new.",
    program="NewModel",
    token_types=1,
    only={
        "position_embedding_type": "rope",
        "layer_norm_type": "layer_norm",
        "logn_attention_scale": False,
        "pack_qkv": True,
    },
    unpack=unpack,
)
