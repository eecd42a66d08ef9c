"""Vectors and models that are cut to the sizes that they were trained for."""

import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import embedder
from embedder import CheckpointError, ModelNotFoundError, UnsupportedModelError
from embedder.files import Layout
from tests.embedder import checkpoints

TEXTS = ["where are redirects followed", "", "def retry(self): return open(file)", "merge proxy settings " * 200]
RUNTIMES: tuple[Literal["torch", "ct2"], ...] = ("torch", "ct2")


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> Literal["torch", "ct2"]:
    found: Literal["torch", "ct2"] = request.param
    return found


def test_a_short_vector_is_the_start_of_the_long_one(
    tiny_elastic: Path, cache_dir: Path, runtime: Literal["torch", "ct2"]
) -> None:
    whole = embedder.load(tiny_elastic, device="cpu", runtime=runtime, cache_dir=cache_dir)
    short = embedder.load(tiny_elastic, device="cpu", runtime=runtime, dim=8, cache_dir=cache_dir)
    assert (whole.dim, short.dim) == (32, 8)
    start = whole.encode(TEXTS, role="passage")[:, :8]
    expected = start / np.linalg.norm(start, axis=1, keepdims=True)
    np.testing.assert_allclose(short.encode(TEXTS, role="passage"), expected, atol=1e-5)


def test_fewer_layers_are_a_model_of_so_many_layers(
    tiny_elastic: Path, tmp_path: Path, runtime: Literal["torch", "ct2"]
) -> None:
    cut = embedder.load(tiny_elastic, device="cpu", runtime=runtime, layers=1, cache_dir=tmp_path)
    folder = Path(shutil.copytree(tiny_elastic, tmp_path / "one"))
    checkpoints.change_json(folder / "config.json", num_hidden_layers=1)
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensors[name] for name in tensors if "layer.1." not in name}, folder / "model.safetensors")
    one = embedder.load(folder, device="cpu", runtime=runtime, cache_dir=tmp_path)
    vectors = cut.encode(TEXTS, role="passage")
    np.testing.assert_allclose(vectors, one.encode(TEXTS, role="passage"), atol=1e-5)
    whole = embedder.load(tiny_elastic, device="cpu", runtime=runtime, cache_dir=tmp_path)
    assert (vectors * whole.encode(TEXTS, role="passage")).sum(axis=1).max() < 0.999


def test_the_fingerprint_names_what_was_cut(tiny_elastic: Path, cache_dir: Path) -> None:
    def fingerprint(*, dim: int | None = None, layers: int | None = None) -> str:
        encoder = embedder.load(
            tiny_elastic, device="cpu", runtime="torch", dim=dim, layers=layers, cache_dir=cache_dir
        )
        return encoder.fingerprint

    whole = fingerprint()
    assert fingerprint(dim=16) == f"{whole}+16d"
    assert fingerprint(layers=1) == f"{whole}+1layers"
    assert fingerprint(dim=16, layers=1) == f"{whole}+1layers+16d"
    assert fingerprint(dim=32, layers=2) == whole  # the full size is no cut


def test_a_fingerprint_loads_what_it_names(
    tiny_elastic: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_elastic.parent)
    first = embedder.load("tiny-elastic", device="cpu", dim=16, layers=1, cache_dir=cache_dir)
    assert first.fingerprint.endswith("+1layers+16d+int8")
    again = embedder.load(first.fingerprint, device="cpu", cache_dir=cache_dir)
    assert (again.fingerprint, again.dim) == (first.fingerprint, 16)
    with pytest.raises(ModelNotFoundError, match=r"is `tiny-elastic@\w+\+1layers\+8d\+int8`"):
        embedder.load(first.fingerprint, device="cpu", dim=8, cache_dir=cache_dir)


@pytest.mark.parametrize(
    ("cut", "says"),
    [({"dim": 12}, "it can be cut to 8, 16, 32"), ({"layers": 3}, "it can be cut to 1, 2"), ({"dim": 64}, "8, 16, 32")],
)
def test_a_size_that_is_not_declared_is_refused(tiny_elastic: Path, cut: dict[str, Any], says: str) -> None:
    with pytest.raises(UnsupportedModelError, match="was not trained to be cut to") as caught:
        embedder.load(tiny_elastic, device="cpu", **cut)
    assert says in caught.value.hint


@pytest.mark.parametrize(("cut", "name"), [({"dim": 16}, "dim"), ({"layers": 1}, "layers")])
def test_a_checkpoint_that_declares_no_sizes_is_not_cut(tiny: Path, cut: dict[str, Any], name: str) -> None:
    with pytest.raises(UnsupportedModelError, match=f"{name}=") as caught:
        embedder.load(tiny, device="cpu", **cut)
    assert caught.value.hint == f"load it without {name}"


@pytest.mark.parametrize("sizes", [16, "16", [0], [16.0], [True], {"16": 16}])
def test_sizes_that_are_none_are_damage(own: Path, sizes: object) -> None:
    checkpoints.write_json(own / "config_sentence_transformers.json", {"elastic_dims": sizes})
    with pytest.raises(CheckpointError, match="elastic_dims"):
        Layout.find(own)


def test_the_fake_is_never_cut() -> None:
    with pytest.raises(UnsupportedModelError, match="fake"):
        embedder.load("fake", dim=8)
