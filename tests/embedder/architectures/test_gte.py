"""The `new` architecture against a forward pass of its own, written in NumPy from the published program code."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from embedder import CheckpointError, UnsupportedModelError
from embedder.encoder import TorchEncoder
from embedder.files import Layout
from tests.embedder import checkpoints, published

Array = npt.NDArray[np.float64]
NTK = {"factor": 2.0, "type": "ntk"}
TEXTS = ["where are redirects followed", "", "def retry(self): return open(file)", "merge proxy settings " * 60]


def norm(x: Array, weights: dict[str, Array], name: str) -> Array:
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    centred: Array = (x - x.mean(axis=-1, keepdims=True)) / spread
    return centred * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def gelu(x: Array) -> Array:
    error: Array = np.vectorize(math.erf)(x / math.sqrt(2))
    return x * 0.5 * (1 + error)


def frequencies(config: dict[str, Any], width: int) -> Array:
    base, scaling = config["rope_theta"], config["rope_scaling"]
    steps = np.arange(0, width, 2) / width
    if scaling is None:
        return np.asarray(1 / base**steps)
    factor = scaling["factor"]
    return np.asarray(1 / (base * factor) ** steps / factor ** (2 / width))


def rotated(x: Array, angles: Array) -> Array:
    """Turn number j of a head together with number j + width / 2."""
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def forward(folder: Path, ids: list[int]) -> Array:
    """Return the unit vector of one text's token ids."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    weights = {name: tensor.astype(np.float64) for name, tensor in load_file(folder / "model.safetensors").items()}
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    width = hidden // heads
    angles = np.outer(np.arange(len(ids)), frequencies(config, width))
    x = weights["embeddings.word_embeddings.weight"][ids]
    if config["type_vocab_size"]:
        x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, weights, "embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{number}"
        packed = x @ weights[f"{at}.attention.qkv_proj.weight"].T + weights[f"{at}.attention.qkv_proj.bias"]
        query, key, value = packed[:, :hidden], packed[:, hidden : 2 * hidden], packed[:, 2 * hidden :]
        mixed = []
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            scores = rotated(query[:, part], angles) @ rotated(key[:, part], angles).T / math.sqrt(width)
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            mixed.append(powers / powers.sum(axis=1, keepdims=True) @ value[:, part])
        out = np.concatenate(mixed, axis=1)
        out = out @ weights[f"{at}.attention.o_proj.weight"].T + weights[f"{at}.attention.o_proj.bias"]
        x = norm(x + out, weights, f"{at}.attn_ln")
        up, gate = np.split(x @ weights[f"{at}.mlp.up_gate_proj.weight"].T, 2, axis=1)
        down = (gelu(gate) * up) @ weights[f"{at}.mlp.down_proj.weight"].T + weights[f"{at}.mlp.down_proj.bias"]
        x = norm(x + down, weights, f"{at}.mlp_ln")
    return np.asarray(x[0] / np.linalg.norm(x[0]))


def expected(folder: Path, texts: list[str], longest: int) -> Array:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return np.stack([forward(folder, tokenizer.encode(text).ids) for text in texts])


@pytest.mark.parametrize("scaling", [NTK, {"factor": 8.0, "type": "ntk"}, None], ids=["NTK 2", "NTK 8", "unscaled"])
@pytest.mark.parametrize("token_types", [0, 2], ids=["base", "large"])
def test_vectors_are_those_of_the_published_arithmetic(
    tmp_path: Path, token_types: int, scaling: dict[str, Any] | None
) -> None:
    folder = published.new(tmp_path / "m", token_types=token_types, scaling=scaling)
    found = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(TEXTS, role="passage")
    np.testing.assert_allclose(found, expected(folder, TEXTS, 64), atol=2e-5)


def test_positions_are_scaled_beyond_the_length_that_the_model_was_trained_on(tmp_path: Path) -> None:
    # The published code builds its table for `factor` times max_position_embeddings, all of it with scaled frequencies.
    folder = published.new(tmp_path / "m", token_types=0, scaling=NTK, longest=1024)
    texts = ["merge proxy settings from the environment " * 300, "error " * 700 + "file"]
    found = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(texts, role="passage")
    np.testing.assert_allclose(found, expected(folder, texts, 1024), atol=2e-5)
    checkpoints.change_json(folder / "config.json", rope_scaling=None)
    unscaled = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(texts, role="passage")
    assert (found * unscaled).sum(axis=1).max() < 0.999


def test_a_head_on_top_changes_nothing(tmp_path: Path) -> None:
    folder = published.new(tmp_path / "m", token_types=2, scaling=NTK)
    before = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(TEXTS, role="passage")
    tensors = {f"new.{name}": tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    more = {name: np.zeros((32, 32), dtype=np.float32) for name in ("lm_head.dense.weight", "new.pooler.dense.weight")}
    save_file(tensors | more, folder / "model.safetensors")
    after = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(TEXTS, role="passage")
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    "changes",
    [
        {"rope_scaling": {"type": "ntk", "factor": 2.0, "mixed_b": 0.5}},
        {"rope_scaling": {"type": "dynamic", "factor": 2.0}},
        {"rope_scaling": {"type": "ntk"}},
        {"rope_scaling": "ntk"},
        {"position_embedding_type": "absolute"},
        {"layer_norm_type": "rms_norm"},
        {"logn_attention_scale": True},
        {"pack_qkv": False},
        {"auto_map": {"AutoModel": "modeling.OtherModel"}},
    ],
)
def test_variants_that_are_not_computed_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = published.new(tmp_path / "m", token_types=0, scaling=NTK)
    checkpoints.change_json(folder / "config.json", **changes)
    with pytest.raises(UnsupportedModelError) as caught:
        TorchEncoder(Layout.find(folder), cache_dir=tmp_path)
    assert caught.value.hint


def test_packed_weights_of_another_size_are_named(tmp_path: Path) -> None:
    folder = published.new(tmp_path / "m", token_types=0, scaling=NTK)
    tensors = load_file(folder / "model.safetensors")
    name = "encoder.layer.0.mlp.up_gate_proj.weight"
    save_file(tensors | {name: tensors[name][:-2].copy()}, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="do not fit"):
        TorchEncoder(Layout.find(folder), cache_dir=tmp_path)
