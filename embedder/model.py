"""Ids and mask to token states: transformers' own BERT over weights from safetensors."""

import torch
from torch import Tensor
from torch.nn import Module
from transformers import BertConfig, BertModel

from embedder.config import ModelConfig
from embedder.files import Layout
from embedder.tensors import read_weights


def load_model(layout: Layout) -> Module:
    """Return the encoder in float32 on the CPU, in evaluation mode.

    Built from the configuration and the tensors alone: nothing of the folder is executed or looked up online.
    Raises CheckpointError where the weights are damaged or do not fit.
    """
    weights = read_weights(layout)
    model: Module = BertModel(_transformers_config(layout.config), add_pooling_layer=False)
    model.load_state_dict(weights)
    return model.eval()


def states(model: Module, ids: Tensor, mask: Tensor) -> Tensor:
    """Return token states [batch, tokens, dim] of ids and mask [batch, tokens], in the model's precision."""
    with torch.inference_mode():
        found: Tensor = model(input_ids=ids, attention_mask=mask).last_hidden_state
    return found


def _transformers_config(config: ModelConfig) -> BertConfig:
    return BertConfig(
        vocab_size=config.vocabulary,
        hidden_size=config.hidden,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        intermediate_size=config.intermediate,
        hidden_act=config.activation,
        max_position_embeddings=config.max_positions,
        type_vocab_size=config.token_types,
        layer_norm_eps=config.norm_eps,
    )
