import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import embedder
from embedder import CheckpointError, FakeReranker, Reranker, UnsupportedModelError
from embedder.files import Layout
from embedder.rerank import PAIR_TOKENS, Ct2Reranker
from embedder.tokens import QuestionTokenizer
from tests.embedder import checkpoints, published

QUERY = "where are redirects followed"
PASSAGES = [
    "def redirect(self): return self.follow",
    "error",
    "merge proxy settings from the environment " * 40,
    "",
    "class upload: open file, read file, write file",
    "retry the failed upload to the file",
]
READY = """
import json, sys
from pathlib import Path
import embedder
reranker = embedder.load_reranker(sys.argv[1], cache_dir=Path(sys.argv[2]), threads=1)
scores = reranker.score("where are redirects followed", ["error", "retry"])
heavy = [name for name in ("torch", "transformers", "huggingface_hub") if name in sys.modules]
print(json.dumps({"heavy": heavy, "scores": scores.tolist()}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As cross-encoder/ms-marco-MiniLM-L-6-v2 is laid out: BERT with a head of one output."""
    return published.inference(tmp_path_factory.mktemp("cross") / "tiny", ["LABEL_0"])


@pytest.fixture(scope="module")
def reranker(folder: Path, cache_dir: Path) -> Reranker:
    return embedder.load_reranker(folder, cache_dir=cache_dir)


@pytest.fixture(params=["int8", "fake"])
def every(request: pytest.FixtureRequest, reranker: Reranker) -> Reranker:
    return reranker if request.param == "int8" else FakeReranker()


def test_every_reranker_gives_one_finite_score_a_passage_in_their_order(every: Reranker) -> None:
    assert isinstance(every, Reranker)
    scores = every.score(QUERY, PASSAGES)
    assert scores.shape == (len(PASSAGES),)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(every.score(QUERY, PASSAGES[::-1]), scores[::-1], atol=0.05)
    assert every.score(QUERY, []).shape == (0,)


@pytest.mark.filterwarnings("ignore")  # of another library's imports
def test_scores_are_close_to_the_logits_of_transformers(folder: Path, reranker: Reranker) -> None:
    from transformers import BertForSequenceClassification

    layout = Layout.find(folder)
    model = BertForSequenceClassification.from_pretrained(folder)
    model.eval()  # type: ignore[no-untyped-call]  # it has no types
    rows = QuestionTokenizer(layout, longest=PAIR_TOKENS).pairs(QUERY, PASSAGES)
    with torch.inference_mode():
        expected = [
            model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types])).logits.item()
            for ids, types in rows
        ]
    found = reranker.score(QUERY, PASSAGES)
    np.testing.assert_allclose(found, expected, atol=0.1 * (max(expected) - min(expected)))  # the rounding of int8
    assert np.argsort(found).tolist() == np.argsort(expected).tolist()


def test_a_pair_is_laid_out_as_the_published_tokenizer_does(folder: Path) -> None:
    from tokenizers import Tokenizer

    oracle = Tokenizer.from_file(str(folder / "tokenizer.json"))
    oracle.no_padding()
    oracle.enable_truncation(max_length=checkpoints.LONGEST, strategy="only_second")
    expected = [oracle.encode(QUERY, passage) for passage in PASSAGES]
    found = QuestionTokenizer(Layout.find(folder), longest=PAIR_TOKENS).pairs(QUERY, PASSAGES)
    assert found == [(one.ids, one.type_ids) for one in expected]


def test_a_long_query_leaves_half_of_the_length_to_the_passage(folder: Path) -> None:
    ((ids, types),) = QuestionTokenizer(Layout.find(folder), longest=20).pairs("retry " * 500, ["file " * 500])
    assert len(ids) == 20
    assert sum(types) == 8  # of the other 10, one is a special token; the query has 10 and two


def test_neighbours_change_no_score_by_more_than_rounding(reranker: Reranker) -> None:
    alone = np.concatenate([reranker.score(QUERY, [passage]) for passage in PASSAGES])
    np.testing.assert_allclose(reranker.score(QUERY, PASSAGES), alone, atol=0.05)


def test_once_converted_it_needs_no_torch(folder: Path, reranker: Reranker, cache_dir: Path) -> None:
    command = [sys.executable, "-c", READY, str(folder), str(cache_dir)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    report = json.loads(done.stdout)
    assert report["heavy"] == []
    np.testing.assert_allclose(report["scores"], reranker.score(QUERY, ["error", "retry"]), atol=0.05)


def test_an_encoder_is_no_cross_encoder(tiny: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="no cross-encoder: it gives vectors") as caught:
        embedder.load_reranker(tiny)
    assert "one output" in caught.value.hint


def test_a_classifier_of_several_labels_is_no_cross_encoder(tmp_path: Path) -> None:
    folder = published.inference(tmp_path / "m", ["entailment", "contradiction"])
    with pytest.raises(UnsupportedModelError, match=r"gives 2 labels \(entailment, contradiction\), not one score"):
        embedder.load_reranker(folder)


def test_a_cross_encoder_over_another_architecture_is_refused(folder: Path) -> None:
    layout = Layout.find(folder)
    other = published.by_transformers(folder.parent / "distilbert", "distilbert")
    checkpoints.change_json(
        other / "config.json", architectures=["DistilBertForSequenceClassification"], id2label={"0": "LABEL_0"}
    )
    assert layout.config.labels == ("LABEL_0",)
    with pytest.raises(UnsupportedModelError, match="`distilbert` model; cross-encoders are computed over BERT only"):
        embedder.load_reranker(other)


def test_a_cross_encoder_gives_no_vectors(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="gives labels, not vectors"):
        embedder.load(folder, device="cpu", cache_dir=tmp_path)


@pytest.mark.parametrize("name", ["bert.pooler.dense.bias", "classifier.weight"])
def test_a_head_that_is_not_whole_is_named(tmp_path: Path, name: str) -> None:
    folder = published.inference(tmp_path / "m", ["LABEL_0"])
    weights = load_file(folder / "model.safetensors")
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=name.removeprefix("bert.")):
        Ct2Reranker(Layout.find(folder), cache_dir=tmp_path)
