import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

import embedder
from embedder import FakeEncoder, ModelNotFoundError, UnsupportedModelError
from tests.embedder import checkpoints

HEAVY = ("torch", "transformers", "ctranslate2", "tokenizers", "huggingface_hub", "safetensors")


def test_the_public_names_are_these() -> None:
    assert sorted(embedder.__all__) == [
        "CheckpointError",
        "DEFAULT_CLASSIFIER",
        "DEFAULT_MODEL",
        "EmbedderError",
        "Encoder",
        "FakeEncoder",
        "FakeReranker",
        "KnownModel",
        "LabelError",
        "MODELS",
        "ModelNotFoundError",
        "Pooling",
        "Reranker",
        "Role",
        "Scores",
        "UnsupportedModelError",
        "Vectors",
        "absolute_name",
        "default_cache_dir",
        "elastic_dims",
        "load",
        "load_classifier",
        "load_reranker",
    ]
    assert all(hasattr(embedder, name) for name in embedder.__all__)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, embedder; print([name for name in {HEAVY} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.parametrize("name", ["fake", FakeEncoder().fingerprint])
def test_the_fake_is_loaded_by_name(name: str) -> None:
    encoder = embedder.load(name)
    assert isinstance(encoder, FakeEncoder)
    assert encoder.fingerprint == FakeEncoder().fingerprint


def test_a_cpu_gets_the_int8_runtime_by_itself(tiny: Path, cache_dir: Path) -> None:
    assert embedder.load(tiny, device="cpu", cache_dir=cache_dir).fingerprint.endswith("+int8")
    assert not embedder.load(tiny, device="cpu", runtime="torch", cache_dir=cache_dir).fingerprint.endswith("+int8")


def test_the_int8_runtime_takes_no_gpu(tiny: Path, cache_dir: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="not on `cuda`"):
        embedder.load(tiny, device="cuda", runtime="ct2", cache_dir=cache_dir)


def test_an_unknown_runtime_is_refused(tiny: Path, cache_dir: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="onnx") as caught:
        embedder.load(tiny, runtime="onnx", cache_dir=cache_dir)  # type: ignore[arg-type]  # what a setting may hold
    assert "ct2" in caught.value.hint


@pytest.mark.model
def test_the_fingerprint_that_an_index_shows_loads_the_same_encoder(cache_dir: Path) -> None:
    checkpoints.bundled_model()
    runtimes: tuple[Literal["ct2", "torch"], ...] = ("ct2", "torch")
    for runtime in runtimes:
        first = embedder.load(device="cpu", runtime=runtime, cache_dir=cache_dir)
        again = embedder.load(first.fingerprint, device="cpu", cache_dir=cache_dir)
        assert type(again) is type(first)
        assert again.fingerprint == first.fingerprint


@pytest.mark.model
def test_a_fingerprint_of_other_weights_is_not_answered(cache_dir: Path) -> None:
    name = checkpoints.bundled_model()
    with pytest.raises(ModelNotFoundError, match="on this machine is") as caught:
        embedder.load(f"{name}@00000000+int8", device="cpu", cache_dir=cache_dir)
    assert "folder of the checkpoint" in caught.value.hint


def test_the_cache_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert embedder.default_cache_dir().name == "gte-search"


def test_a_folder_gets_its_full_path_and_a_name_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = checkpoints.write(tmp_path / "my-model")
    notes = tmp_path / "gte-small"  # no checkpoint: the name means the model
    notes.mkdir()
    assert embedder.absolute_name("./my-model") == embedder.absolute_name("my-model") == str(folder.resolve())
    assert [embedder.absolute_name(name) for name in ("gte-small", "owner/model", "fake")] == [
        "gte-small",
        "owner/model",
        "fake",
    ]
