"""Every architecture against the libraries that its checkpoints are published for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import embedder
from embedder import CheckpointError, UnsupportedModelError
from embedder.architectures import ARCHITECTURES
from embedder.encoder import TorchEncoder
from embedder.files import Layout
from embedder.model import load_model, mask_of, padded, states
from tests.embedder import checkpoints, published
from tests.embedder.checkpoints import LONGEST

TEXTS = ["where are redirects followed", "", "def retry(self): return open(file)", "merge proxy settings " * 200, "a b"]
LOADED_BY_TRANSFORMERS = [kind for kind in published.KINDS if not kind.endswith("v1.5")]  # the rest need program code
LAYERS = ("layer", "layers")  # what architectures call them in the names of tensors


def test_every_architecture_has_a_checkpoint_here(tiny: Path, tiny_of: Callable[[str], Path]) -> None:
    seen = {Layout.find(folder).config.kind for folder in (tiny, *map(tiny_of, published.KINDS))}
    assert seen == set(ARCHITECTURES)


@pytest.mark.filterwarnings("ignore")  # of another library's imports
@pytest.mark.parametrize("kind", ["tiny", "tiny_cls", *LOADED_BY_TRANSFORMERS])
def test_vectors_are_those_of_sentence_transformers(
    kind: str, request: pytest.FixtureRequest, tiny_of: Callable[[str], Path], cache_dir: Path
) -> None:
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    folder = request.getfixturevalue(kind) if kind.startswith("tiny") else tiny_of(kind)
    expected = library.SentenceTransformer(str(folder), device="cpu").float().encode(TEXTS, normalize_embeddings=True)
    found = TorchEncoder(Layout.find(folder), cache_dir=cache_dir).encode(TEXTS, role="passage")
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", LOADED_BY_TRANSFORMERS)
def test_states_are_those_of_transformers(kind: str, tiny_of: Callable[[str], Path], cache_dir: Path) -> None:
    from transformers import AutoModel

    folder = tiny_of(kind)
    rows = [[5, 9, 12, 30, 31, 2], [7, 2], list(range(5, 5 + LONGEST - 8))]
    layout = Layout.find(folder)
    ids, mask = padded(rows, fill=layout.config.pad), mask_of(rows)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        expected = model(input_ids=ids, attention_mask=mask).last_hidden_state
    found = states(load_model(layout), ids, mask)
    for row, one in enumerate(rows):
        torch.testing.assert_close(found[row, : len(one)], expected[row, : len(one)], atol=1e-5, rtol=1e-4)


def test_modernbert_reads_the_keys_of_transformers_5_like_those_of_the_published_file(tmp_path: Path) -> None:
    from transformers import ModernBertModel

    folder = published.modernbert(tmp_path / "older")
    before = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(TEXTS, role="passage")
    ModernBertModel.from_pretrained(folder, dtype=torch.float32).save_pretrained(folder)  # config.json is written anew
    assert "global_rope_theta" not in (folder / "config.json").read_text(encoding="utf-8")
    after = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(TEXTS, role="passage")
    np.testing.assert_allclose(before, after, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("gte-base-en-v1.5", {"rope_theta": "wide"}),
        ("gte-modernbert-base", {"local_attention": "wide"}),
        ("mpnet", {"relative_attention_num_buckets": "many"}),
    ],
)
def test_values_that_only_the_architecture_reads_are_damage_where_they_are_nonsense(
    kind: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    folder = published.write(tmp_path / "m", kind)
    checkpoints.change_json(folder / "config.json", **changes)
    with pytest.raises(CheckpointError, match=r"config\.json describes no model"):
        TorchEncoder(Layout.find(folder), cache_dir=tmp_path)


@pytest.mark.parametrize("kind", published.KINDS)
def test_a_prefix_of_the_layers_is_a_model_of_so_many_layers(kind: str, tmp_path: Path) -> None:
    folder = published.write(tmp_path / "m", kind)
    checkpoints.write_json(folder / "config_sentence_transformers.json", {"elastic_layers": [2]})
    layout = Layout.find(folder).cut(dim=None, layers=2)
    found = TorchEncoder(layout, cache_dir=tmp_path).encode(TEXTS, role="passage")
    tensors = load_file(folder / "model.safetensors")
    kept = {name: t for name, t in tensors.items() if not any(f"{at}.{n}." in name for at in LAYERS for n in (2, 3))}
    assert len(kept) < len(tensors)
    save_file(kept, folder / "model.safetensors")
    key = ARCHITECTURES[layout.config.kind].keys.layers
    checkpoints.change_json(folder / "config.json", **{key: 2})
    expected = TorchEncoder(Layout.find(folder), cache_dir=tmp_path).encode(TEXTS, role="passage")
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kind", published.KINDS)
def test_a_cpu_takes_pytorch_for_what_the_int8_runtime_does_not_compute(
    kind: str, tiny_of: Callable[[str], Path], cache_dir: Path
) -> None:
    folder = tiny_of(kind)
    assert isinstance(embedder.load(folder, device="cpu", cache_dir=cache_dir, convert=False), TorchEncoder)
    with pytest.raises(UnsupportedModelError, match="computes BERT only") as caught:
        embedder.load(folder, device="cpu", runtime="ct2", cache_dir=cache_dir)
    assert "auto" in caught.value.hint


def test_positions_of_roberta_leave_room_for_the_padding_token(tiny_of: Callable[[str], Path]) -> None:
    config = Layout.find(tiny_of("roberta")).config
    assert (config.position_rows, config.max_positions) == (LONGEST + 2, LONGEST)
