from pathlib import Path

import numpy as np
import pytest

import embedder
from embedder import LabelError, UnsupportedModelError
from embedder.classify import Outcomes, ZeroShotClassifier, outcomes
from embedder.files import Layout
from tests.embedder import checkpoints, published

TEXTS = ["where are redirects followed", "error", "merge proxy settings from the environment " * 40, "open (file): a"]
LABELS = ["retry", "proxy settings", "error of a file", "upload"]
ORDERS = [("entailment", "neutral", "contradiction"), ("CONTRADICTION", "NEUTRAL", "ENTAILMENT")]


@pytest.fixture(scope="module", params=ORDERS, ids=lambda order: order[0].lower())
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.inference(tmp_path_factory.mktemp("inference") / "tiny", request.param)


@pytest.fixture(scope="module")
def classifier(folder: Path) -> ZeroShotClassifier:
    return embedder.load_classifier(folder, device="cpu")


@pytest.mark.filterwarnings("ignore")  # of another library's imports
@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("labels", [LABELS, LABELS[:1]], ids=["four labels", "one label"])
@pytest.mark.parametrize("template", ["This example is {}.", "the file is of {}"])
def test_scores_are_those_of_the_pipeline_of_transformers(
    folder: Path, classifier: ZeroShotClassifier, labels: list[str], template: str, multi_label: bool
) -> None:
    from transformers import BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # it has no types
        tokenizer_file=str(folder / "tokenizer.json"),
        model_max_length=checkpoints.LONGEST,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **{f"{role}_token": name for role, name in checkpoints.SPECIAL.items()},
    )
    model = BertForSequenceClassification.from_pretrained(folder)
    oracle = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device="cpu")
    found = classifier.classify(TEXTS, labels, multi_label=multi_label, template=template)
    for row, text in zip(found, TEXTS, strict=True):
        answer = oracle(text, candidate_labels=labels, multi_label=multi_label, hypothesis_template=template)
        expected = dict(zip(answer["labels"], answer["scores"], strict=True))
        np.testing.assert_allclose(row, [expected[label] for label in labels], atol=1e-5)


def test_labels_share_one_unless_each_stands_for_itself(classifier: ZeroShotClassifier) -> None:
    shared = classifier.classify(TEXTS, LABELS)
    np.testing.assert_allclose(shared.sum(axis=1), 1, atol=1e-5)
    alone = np.concatenate([classifier.classify(TEXTS, [label]) for label in LABELS], axis=1)
    np.testing.assert_allclose(classifier.classify(TEXTS, LABELS, multi_label=True), alone, atol=1e-5)


def test_neighbours_change_no_score(folder: Path, classifier: ZeroShotClassifier) -> None:
    one_by_one = ZeroShotClassifier(Layout.find(folder), batch_tokens=1).classify(TEXTS, LABELS)
    np.testing.assert_allclose(classifier.classify(TEXTS, LABELS), one_by_one, atol=1e-5)


def test_no_texts_have_no_scores(classifier: ZeroShotClassifier) -> None:
    assert classifier.classify([], LABELS).shape == (0, len(LABELS))


def test_reading_only_the_head_of_a_long_text_changes_nothing(classifier: ZeroShotClassifier) -> None:
    text = " " * 5000 + "file error " * 100
    whole, trimmed = classifier.classify([text + "retry " * 5000, text.strip()], LABELS)
    np.testing.assert_allclose(whole, trimmed, atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("entailment", "neutral", "contradiction"), Outcomes(0, 2)),
        (("contradiction", "entailment", "neutral"), Outcomes(1, 0)),  # the pipeline would take neutral for it
        (("neutral", "contradiction", "entailment"), Outcomes(2, 1)),
        (("not_entailment", "entailment"), Outcomes(1, 0)),
    ],
)
def test_outcomes_are_found_by_name(tmp_path: Path, labels: tuple[str, ...], expected: Outcomes) -> None:
    assert outcomes(Layout.find(published.inference(tmp_path / "m", labels))) == expected


def test_the_order_of_the_file_is_not_that_of_the_outputs(tmp_path: Path) -> None:
    folder = published.inference(tmp_path / "m", ORDERS[0])
    checkpoints.change_json(folder / "config.json", id2label={"2": "contradiction", "0": "entailment", "1": "neutral"})
    assert Layout.find(folder).config.labels == ORDERS[0]


def test_a_classifier_of_something_else_is_refused(tmp_path: Path) -> None:
    folder = published.inference(tmp_path / "m", ["positive", "negative"])
    with pytest.raises(UnsupportedModelError, match="positive, negative") as caught:
        embedder.load_classifier(folder, device="cpu")
    assert "mjwong/gte-large-mnli-anli" in caught.value.hint


def test_an_encoder_gives_no_labels_and_a_classifier_no_vectors(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="its labels: none"):
        embedder.load_classifier(tiny, device="cpu")
    folder = published.inference(tmp_path / "m", ORDERS[0])
    with pytest.raises(UnsupportedModelError, match="gives labels, not vectors") as caught:
        embedder.load(folder, device="cpu", cache_dir=tmp_path)
    assert "load_classifier" in caught.value.hint


@pytest.mark.parametrize("template", ["no place", "{} {}", "{named}", "{"])
def test_a_template_that_cannot_be_filled_is_refused(classifier: ZeroShotClassifier, template: str) -> None:
    with pytest.raises(LabelError) as caught:
        classifier.classify(TEXTS, LABELS, template=template)
    assert "{}" in caught.value.hint


def test_labels_that_leave_no_room_for_a_text_are_refused(classifier: ZeroShotClassifier) -> None:
    with pytest.raises(LabelError, match="the model reads 48"):
        classifier.classify(TEXTS, ["retry " * 60])
    with pytest.raises(LabelError, match="no labels"):
        classifier.classify(TEXTS, [])
