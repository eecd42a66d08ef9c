"""Ids and mask to token states: transformers' own modules over weights from safetensors."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import Module

from embedder.architectures import ARCHITECTURES
from embedder.config import DAMAGED, ModelConfig
from embedder.errors import CheckpointError, EmbedderError, UnsupportedModelError
from embedder.files import Layout
from embedder.tensors import read_weights


def load_model(layout: Layout) -> Module:
    """Return the encoder in float32 on the CPU, in evaluation mode.

    Built from the configuration and the tensors alone: nothing of the folder is executed or looked up online.
    Raises CheckpointError where the weights are damaged or do not fit.
    """
    return _filled(layout, ARCHITECTURES[layout.config.kind].build)


def load_classifier_model(layout: Layout) -> Module:
    """Return the encoder with its head of labels. Raises as `load_model`, or UnsupportedModelError for want of one."""
    build = ARCHITECTURES[layout.config.kind].classifier
    if build is None:
        raise UnsupportedModelError(
            f"no classifier over a `{layout.config.kind}` model is computed here",
            hint="choose one over BERT, such as mjwong/gte-large-mnli-anli",
        )
    return _filled(layout, build)


def states(model: Module, ids: Tensor, mask: Tensor) -> Tensor:
    """Return token states [batch, tokens, dim] of ids and mask [batch, tokens], in the model's precision."""
    with torch.inference_mode():
        found: Tensor = model(input_ids=ids, attention_mask=mask).last_hidden_state
    return found


def padded(rows: Sequence[Sequence[int]], *, fill: int) -> Tensor:
    """Return rows of numbers as one tensor [rows, longest], filled up on the right."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows])


def mask_of(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return the mask [rows, longest] of what `padded` makes: 1 = token, 0 = padding."""
    lengths = torch.tensor([len(row) for row in rows])
    return (torch.arange(int(lengths.max())) < lengths.unsqueeze(1)).long()


def _filled(layout: Layout, build: Callable[[ModelConfig], Module]) -> Module:
    try:
        model = build(layout.config)
    except EmbedderError:
        raise
    except Exception as error:  # what transformers raises over values that only it reads has no common base
        raise CheckpointError(f"{layout.config_path} describes no model: {error}", hint=DAMAGED) from error
    model.load_state_dict(read_weights(layout, model))
    return model.eval()
