from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from embedder import CheckpointError
from embedder.architectures import ARCHITECTURES
from embedder.files import Layout
from embedder.tensors import read_weights
from tests.embedder import checkpoints

Tensors = dict[str, Tensor]


def rewrite(folder: Path, change: Callable[[Tensors], Tensors]) -> Layout:
    path = folder / "model.safetensors"
    changed = change(load_file(path))
    save_file({name: tensor.contiguous() for name, tensor in changed.items()}, path)
    return Layout.find(folder)


def read(layout: Layout) -> Tensors:
    with torch.device("meta"):
        module = ARCHITECTURES[layout.config.kind].build(layout.config)
    return read_weights(layout, module)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: {f"bert.{name}": tensor for name, tensor in found.items()},
        lambda found: {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
            for name, tensor in found.items()
        },
        lambda found: found | {"cls.predictions.bias": torch.zeros(3), "embeddings.position_ids": torch.arange(48)},
    ],
    ids=["of a model with a head", "of TensorFlow", "with unused tensors"],
)
def test_older_spellings_give_the_same_weights(own: Path, change: Callable[[Tensors], Tensors]) -> None:
    before = read(Layout.find(own))
    after = read(rewrite(own, change))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_weights_are_widened(own: Path, dtype: torch.dtype) -> None:
    layout = rewrite(own, lambda found: {name: tensor.to(dtype) for name, tensor in found.items()})
    assert {tensor.dtype for tensor in read(layout).values()} == {torch.float32}


def test_weights_in_parts_are_joined(own: Path) -> None:
    before = read(Layout.find(own))
    tensors = load_file(own / "model.safetensors")
    (own / "model.safetensors").unlink()
    parts = {name: f"part-{number % 2}.safetensors" for number, name in enumerate(tensors)}
    for part in set(parts.values()):
        save_file({name: tensors[name] for name in tensors if parts[name] == part}, own / part)
    checkpoints.write_json(own / "model.safetensors.index.json", {"weight_map": parts})
    after = read(Layout.find(own))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: {n: t for n, t in found.items() if "layer.1.output.dense.bias" not in n}, "is None"),
        (lambda found: found | {"encoder.layer.2.output.dense.bias": torch.zeros(32)}, "should be None"),
        (lambda found: found | {"embeddings.LayerNorm.bias": torch.zeros(7)}, r"should be \(32,\), is \(7,\)"),
    ],
    ids=["missing", "left over", "of another shape"],
)
def test_weights_that_do_not_fit_are_named(own: Path, change: Callable[[Tensors], Tensors], says: str) -> None:
    with pytest.raises(CheckpointError, match=says):
        read(rewrite(own, change))


def test_a_damaged_file_is_named(own: Path) -> None:
    (own / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        read(Layout.find(own))
