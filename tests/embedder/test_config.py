import json
from pathlib import Path
from typing import Any

import pytest

from embedder import CheckpointError, UnsupportedModelError
from embedder.config import ACTIVATIONS, ModelConfig

BERT: dict[str, Any] = {
    "model_type": "bert",
    "architectures": ["BertModel"],
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 512,
    "vocab_size": 30522,
}


def read(tmp_path: Path, **changes: Any) -> ModelConfig:  # noqa: ANN401
    path = tmp_path / "config.json"
    path.write_text(json.dumps(BERT | changes), encoding="utf-8")
    return ModelConfig.read(path)


def test_what_an_old_config_leaves_out_has_berts_values(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert (config.hidden, config.layers, config.vocabulary) == (384, 6, 30522)
    assert (config.token_types, config.activation, config.norm_eps) == (2, "gelu", 1e-12)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model_type": "modernbert"}, "`modernbert` model"),
        ({"model_type": "new"}, "`new` model"),
        ({"model_type": None}, "`None` model"),
        ({"auto_map": {"AutoModel": "modeling.Alibi"}}, "program code"),
        ({"position_embedding_type": "relative_key"}, "variant of BERT"),
        ({"is_decoder": True}, "variant of BERT"),
        ({"architectures": ["BertForSequenceClassification"]}, "labels"),
        ({"hidden_act": "swoosh"}, "activation `swoosh`"),
        ({"hidden_act": ["gelu"]}, "activation"),
    ],
)
def test_what_is_not_computed_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(UnsupportedModelError, match=says) as caught:
        read(tmp_path, **changes)
    assert "gte-mini" in caught.value.hint


@pytest.mark.parametrize("value", [None, 0, -1, "384", 3.5, True])
def test_a_size_that_is_no_size_is_damage(tmp_path: Path, value: object) -> None:
    with pytest.raises(CheckpointError, match="hidden_size"):
        read(tmp_path, hidden_size=value)


@pytest.mark.parametrize("value", ["tiny", "1e-12", None, 0, -1e-12, True, float("nan"), float("inf")])
def test_an_epsilon_that_is_no_number_above_0_is_damage(tmp_path: Path, value: object) -> None:
    with pytest.raises(CheckpointError, match="layer_norm_eps"):
        read(tmp_path, layer_norm_eps=value)


def test_both_runtimes_compute_every_activation_that_is_read(tmp_path: Path) -> None:
    from transformers.activations import ACT2FN

    from embedder import conversion

    assert set(conversion.ACTIVATIONS) == ACTIVATIONS <= set(ACT2FN)
    assert {read(tmp_path, hidden_act=name).activation for name in ACTIVATIONS} == ACTIVATIONS


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe{}"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        ModelConfig.read(tmp_path / "config.json")
