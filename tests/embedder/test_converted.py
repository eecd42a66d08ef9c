"""A folder that CTranslate2 wrote, and files that only look like one."""

import struct
from collections.abc import Callable
from pathlib import Path

import ctranslate2  # type: ignore[import-untyped]  # the package ships no types
import numpy as np
import pytest

import embedder
from embedder import CheckpointError, UnsupportedModelError
from embedder.converted import KIND, is_converted, read_config
from embedder.cpu import Ct2Encoder, convert
from embedder.encoder import TorchEncoder
from embedder.files import Layout
from embedder.tokens import TextTokenizer
from tests.embedder import checkpoints, published

TEXTS = ["where are redirects followed", "def retry(self): return open(file)", "merge proxy settings " * 200]


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    return published.converted(tmp_path / "gte-small-ct2-int8", tiny)


def test_the_shape_is_read_from_the_arrays(tiny: Path, folder: Path, tmp_path: Path) -> None:
    before = Layout.find(tiny).config
    ours = convert(Layout.find(tiny), tmp_path)
    for config in (read_config(folder), read_config(ours)):
        assert (config.kind, config.hidden, config.layers, config.heads) == (KIND, 32, 2, 4)
        assert (config.intermediate, config.token_types, config.activation) == (64, 2, "gelu")
        assert (config.vocabulary, config.max_positions) == (before.vocabulary, before.max_positions)
        assert config.norm_eps == pytest.approx(before.norm_eps)


@pytest.mark.parametrize("kind", ["ct2", "ct2-older"])
def test_vectors_are_the_mean_over_the_true_length(
    kind: str, tiny_of: Callable[[str], Path], tiny: Path, cache_dir: Path
) -> None:
    layout = Layout.find(tiny_of(kind))
    assert layout.max_tokens == checkpoints.LONGEST  # the folder declares none: all its positions
    found = embedder.load(tiny_of(kind), device="cpu", cache_dir=cache_dir).encode(TEXTS, role="passage")
    library = ctranslate2.Encoder(str(layout.folder), device="cpu")
    for row, ids in zip(found, TextTokenizer(layout).ids(TEXTS, role="passage"), strict=True):
        mean = np.array(library.forward_batch([ids]).last_hidden_state)[0].mean(axis=0)
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-5)
    reference = TorchEncoder(Layout.find(tiny), cache_dir=cache_dir).encode(TEXTS[:2], role="passage")
    assert (found[:2] * reference).sum(axis=1).min() > 0.99


def test_it_needs_no_conversion_and_names_its_vectors_int8(folder: Path, tmp_path: Path) -> None:
    encoder = embedder.load(folder, device="cpu", convert=False, cache_dir=tmp_path)
    assert isinstance(encoder, Ct2Encoder)
    assert encoder.fingerprint.startswith("gte-small-ct2-int8@")
    assert encoder.fingerprint.endswith("+int8")
    assert not (tmp_path / "ct2").exists()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_pytorch_cannot_read_it(folder: Path, tmp_path: Path, device: str) -> None:
    with pytest.raises(UnsupportedModelError, match="PyTorch cannot read it") as caught:
        embedder.load(folder, device=device, runtime="torch", cache_dir=tmp_path)
    assert "auto" in caught.value.hint


@pytest.mark.parametrize("name", ["vocabulary.json", "config.json"])
def test_a_folder_that_is_laid_out_otherwise_is_none(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError):
        Layout.find(folder)


def test_a_checkpoint_with_a_file_of_that_name_beside_it_is_none(folder: Path) -> None:
    assert is_converted(folder)
    checkpoints.change_json(folder / "config.json", model_type="bert")
    assert not is_converted(folder)
    with pytest.raises(CheckpointError, match="pickle"):
        Layout.find(folder)


@pytest.mark.parametrize("keep", [0, 3, 40, 4000])
def test_a_file_that_was_cut_off_is_named(folder: Path, keep: int) -> None:
    path = folder / "model.bin"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"model\.bin"):
        Layout.find(folder)


def test_a_pickle_under_that_name_is_never_opened_as_one(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"\x80\x04cos\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises((CheckpointError, UnsupportedModelError), match=r"model\.bin"):
        Layout.find(folder)


def test_a_model_that_gives_no_vectors_is_refused(folder: Path) -> None:
    name = b"TransformerSpec\0"
    (folder / "model.bin").write_bytes(struct.pack("<IH", 6, len(name)) + name + struct.pack("<II", 1, 0))
    with pytest.raises(UnsupportedModelError, match="`TransformerSpec`, which gives no vectors"):
        Layout.find(folder)


def test_an_encoder_of_another_shape_is_refused(folder: Path) -> None:
    name = b"TransformerEncoderSpec\0"
    (folder / "model.bin").write_bytes(struct.pack("<IH", 6, len(name)) + name + struct.pack("<II", 1, 0))
    with pytest.raises(UnsupportedModelError, match="not shaped like BERT"):
        Layout.find(folder)


def test_a_damaged_file_is_to_be_downloaded_again(folder: Path, tmp_path: Path) -> None:
    path = folder / "model.bin"
    path.write_bytes(path.read_bytes()[:-8])  # behind the arrays: only the library sees it
    with pytest.raises(CheckpointError) as caught:
        Ct2Encoder(Layout.find(folder), cache_dir=tmp_path)
    assert "download" in caught.value.hint
