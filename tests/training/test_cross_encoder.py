from pathlib import Path

import numpy as np
import pytest
import torch

from tests.embedder import checkpoints
from training.cross_encoder import SCALE, CrossEncoder
from training.errors import RunError


def write(folder: Path, *, labels: int = 1) -> Path:
    """Write a random cross-encoder as transformers lays it out."""
    from transformers import BertConfig, BertForSequenceClassification

    folder.mkdir()
    vocabulary = checkpoints.write_tokenizer(folder)
    checkpoints.write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]"},
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=300,
        initializer_range=0.5,
    )
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_pair_has_one_score_whatever_stands_beside_it(tmp_path: Path) -> None:
    judge = CrossEncoder(write(tmp_path / "judge"))
    pairs = [("retry", "def retry self"), ("merge proxy", "where " * 400), ("open " * 400, "close")]
    together = judge.score(pairs)
    assert together.shape == (3,)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, [judge.score([pair])[0] for pair in pairs], atol=1e-5)
    assert len(set(together.tolist())) == 3


def test_scores_are_logits_on_the_scale_of_cosines(tmp_path: Path) -> None:
    judge = CrossEncoder(write(tmp_path / "judge"))
    with torch.inference_mode():
        tokens = judge._tokenizer([("retry", "def retry")], return_tensors="pt")
        wanted = judge._model(**tokens).logits.item() * SCALE
    assert judge.score([("retry", "def retry")])[0] == pytest.approx(wanted, abs=1e-6)


def test_a_classifier_of_several_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="2 numbers a pair") as caught:
        CrossEncoder(write(tmp_path / "judge", labels=2))
    assert "cross-encoder for ranking" in caught.value.hint


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no cross-encoder"):
        CrossEncoder(tmp_path)
