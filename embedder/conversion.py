"""A BERT checkpoint rewritten for CTranslate2 with int8 weights: the only step of the CPU runtime that needs torch.

The mapping is written out instead of using CTranslate2's converter, which wants transformers' own loading of
model and tokenizer (and with it every other kind of checkpoint file) and keeps a pooler that nothing here reads.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from ctranslate2.specs import (  # type: ignore[import-untyped]  # the package ships no types
    Activation,
    EmbeddingsMerge,
    TransformerEncoderModelSpec,
    TransformerEncoderSpec,
)
from tokenizers import Tokenizer
from torch import Tensor

from embedder.architectures import ARCHITECTURES
from embedder.files import Layout
from embedder.tensors import read_weights

ACTIVATIONS: Final[Mapping[str, Any]] = {  # for each of config.ACTIVATIONS
    "gelu": Activation.GELU,
    "gelu_new": Activation.GELUTanh,
    "gelu_pytorch_tanh": Activation.GELUTanh,
    "relu": Activation.RELU,
    "silu": Activation.SWISH,
}


def write(layout: Layout, folder: Path) -> None:
    """Write the int8 copy of a checkpoint into an existing empty folder.

    Raises CheckpointError where the weights are damaged or do not fit, OSError where the folder cannot be written.
    """
    with torch.device("meta"):  # names and shapes only
        module = ARCHITECTURES[layout.config.kind].build(layout.config)
    spec = _spec(layout, read_weights(layout, module))
    spec.register_vocabulary(_vocabulary(layout))
    spec.config.layer_norm_epsilon = layout.config.norm_eps
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))


def _spec(layout: Layout, weights: Mapping[str, Tensor]) -> Any:  # noqa: ANN401  # an untyped library's object
    config = layout.config
    encoder = TransformerEncoderSpec(
        config.layers,
        config.heads,
        pre_norm=False,
        activation=ACTIVATIONS[config.activation],
        layernorm_embedding=True,
        num_source_embeddings=2,  # words and token types
        embeddings_merge=EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]
    _norm(encoder.layernorm_embedding, weights, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        at = f"encoder.layer.{number}"
        fused, out = layer.self_attention.linear
        parts = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        fused.weight = torch.cat([weights[f"{part}.weight"] for part in parts])
        fused.bias = torch.cat([weights[f"{part}.bias"] for part in parts])
        _linear(out, weights, f"{at}.attention.output.dense")
        _norm(layer.self_attention.layer_norm, weights, f"{at}.attention.output.LayerNorm")
        _linear(layer.ffn.linear_0, weights, f"{at}.intermediate.dense")
        _linear(layer.ffn.linear_1, weights, f"{at}.output.dense")
        _norm(layer.ffn.layer_norm, weights, f"{at}.output.LayerNorm")
    return TransformerEncoderModelSpec(encoder)


def _linear(spec: Any, weights: Mapping[str, Tensor], name: str) -> None:  # noqa: ANN401
    spec.weight = weights[f"{name}.weight"]
    spec.bias = weights[f"{name}.bias"]


def _norm(spec: Any, weights: Mapping[str, Tensor], name: str) -> None:  # noqa: ANN401
    spec.gamma = weights[f"{name}.weight"]
    spec.beta = weights[f"{name}.bias"]


def _vocabulary(layout: Layout) -> list[str]:
    """Return one name for each row of the embedding: the format wants them, though only ids are ever sent."""
    names = {number: token for token, number in Tokenizer.from_file(str(layout.tokenizer)).get_vocab().items()}
    return [names.get(number, f"<unused_{number}>") for number in range(layout.config.vocabulary)]
