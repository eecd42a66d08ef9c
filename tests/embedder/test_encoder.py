from pathlib import Path

import numpy as np
import pytest

from embedder import CheckpointError, UnsupportedModelError
from embedder.encoder import TorchEncoder
from embedder.files import Layout
from embedder.tokens import TextTokenizer
from tests.embedder import checkpoints

TEXTS = ["where are redirects followed", "", "def retry(self): return open(file)", "merge proxy settings " * 200]


def test_vectors_are_those_of_transformers_and_a_mean(tiny: Path, cache_dir: Path) -> None:
    import torch
    from transformers import BertModel

    layout = Layout.find(tiny)
    ids = torch.tensor(TextTokenizer(layout).ids(["follow the redirect"], role="query"))
    with torch.no_grad():
        mean = BertModel.from_pretrained(tiny)(ids).last_hidden_state[0].mean(dim=0).numpy()
    (vector,) = TorchEncoder(layout, cache_dir=cache_dir).encode(["follow the redirect"], role="query")
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


@pytest.mark.model
@pytest.mark.filterwarnings("ignore")  # of another library's imports
def test_real_vectors_are_those_of_sentence_transformers(cache_dir: Path) -> None:
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    layout = Layout.find(checkpoints.bundled_model())
    model = library.SentenceTransformer(str(layout.folder), device="cpu", model_kwargs={"dtype": "float32"})
    expected = model.encode(TEXTS)
    found = TorchEncoder(layout, cache_dir=cache_dir).encode(TEXTS, role="passage")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_small_budget_changes_no_vector(tiny: Path, cache_dir: Path) -> None:
    layout = Layout.find(tiny)
    one_by_one = TorchEncoder(layout, cache_dir=cache_dir, batch_tokens=1).encode(TEXTS, role="passage")
    together = TorchEncoder(layout, cache_dir=cache_dir).encode(TEXTS, role="passage")
    np.testing.assert_allclose(one_by_one, together, atol=1e-5)


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "cuda:999", "cpu0"])
def test_a_device_that_is_not_there_is_refused(tiny: Path, cache_dir: Path, device: str) -> None:
    with pytest.raises(UnsupportedModelError, match=device) as caught:
        TorchEncoder(Layout.find(tiny), cache_dir=cache_dir, device=device)
    assert "cpu" in caught.value.hint


def test_half_precision_is_for_a_gpu(tiny: Path, cache_dir: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="bfloat16"):
        TorchEncoder(Layout.find(tiny), cache_dir=cache_dir, precision="bfloat16")


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_a_gpu_gives_the_vectors_of_the_cpu(tiny: Path, cache_dir: Path, precision: str) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("PyTorch sees no GPU")
    layout = Layout.find(tiny)
    on_gpu = TorchEncoder(layout, cache_dir=cache_dir, device="cuda", precision=precision)  # type: ignore[arg-type]  # one of the literals
    on_cpu = TorchEncoder(layout, cache_dir=cache_dir)
    assert on_gpu.fingerprint == on_cpu.fingerprint
    similarity = (on_gpu.encode(TEXTS, role="query") * on_cpu.encode(TEXTS, role="query")).sum(axis=1)
    assert similarity.min() > 0.999


def test_weights_that_are_no_numbers_are_told_from_vectors(own: Path, cache_dir: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    tensors = load_file(own / "model.safetensors")
    tensors["embeddings.LayerNorm.weight"] = torch.full((checkpoints.HIDDEN,), float("nan"))
    save_file(tensors, own / "model.safetensors")
    with pytest.raises(CheckpointError, match="not finite"):
        TorchEncoder(Layout.find(own), cache_dir=cache_dir).encode(["file"], role="query")
