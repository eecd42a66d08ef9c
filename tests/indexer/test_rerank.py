from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embedder import FakeEncoder, FakeReranker, Scores, UnsupportedModelError
from indexer import Index, open_index
from indexer.errors import IndexerError
from indexer.evaluation.run import described
from indexer.ranking.weights import JUDGED, WEIGHTS
from tests.embedder import checkpoints

QUESTION = "try again after a failed upload"


class Opinion:
    """Prefers the passages that hold a word; notes what it is asked."""

    name = "opinion"

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[tuple[str, list[str]]] = []

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        self.asked.append((query, list(passages)))
        return np.asarray([float(self.word in passage) for passage in passages], dtype=np.float32)


def opened(filled: Index, reranker: Opinion) -> Index:
    """The same index with a cross-encoder."""
    return Index(filled._store, filled.settings, encoder=FakeEncoder(), reranker=reranker)


def test_a_hit_gains_what_the_cross_encoder_says_of_it_as_a_signal_of_its_own(filled: Index) -> None:
    before = {hit.id: hit for hit in filled.search(QUESTION).hits}
    hits = opened(filled, Opinion("Listen")).search(QUESTION).hits
    assert {hit.id for hit in hits} == set(before)
    for hit in hits:
        gained = WEIGHTS["judged"] if "Listen" in hit.text else 0.0
        assert hit.why.get("judged", 0.0) == gained
        assert hit.score == pytest.approx(before[hit.id].score + gained)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_hit_that_was_nearly_first_becomes_the_first(filled: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.ranking.weights.WEIGHTS", {**WEIGHTS, "judged": 100.0})
    assert "Listen" not in filled.search(QUESTION).hits[0].text
    assert "Listen" in opened(filled, Opinion("Listen")).search(QUESTION).hits[0].text


def test_it_reads_the_question_and_the_passages_of_the_best_hits(filled: Index) -> None:
    reranker = Opinion("")
    hits = opened(filled, reranker).search(f"{QUESTION} -lang:rust").hits
    ((query, passages),) = reranker.asked
    assert query == QUESTION
    assert len(passages) == min(JUDGED, len(hits))
    assert hits[0].text in passages[0]


def test_pages_of_one_answer_fit_together(filled: Index) -> None:
    index = opened(filled, Opinion("Listen"))
    whole = [hit.id for hit in index.search(QUESTION).hits]
    assert [hit.id for at in range(len(whole)) for hit in index.search(QUESTION, limit=1, offset=at).hits] == whole


@pytest.mark.parametrize(
    "text",
    [
        "Uploader.retry_failed",
        "src/upload.py",
        '"after a failed upload"',
        "/retry_\\w+/",
        "TimeoutError: upload failed",
    ],
)
def test_what_is_no_question_in_words_is_not_reranked(filled: Index, text: str) -> None:
    reranker = Opinion("upload")
    assert opened(filled, reranker).search(text).hits
    assert reranker.asked == []


def test_nothing_found_is_nothing_to_read(filled: Index) -> None:
    reranker = Opinion("upload")
    assert opened(filled, reranker).search(f"{QUESTION} repo:elsewhere").hits == ()
    assert reranker.asked == []


def test_it_is_off_unless_a_setting_names_a_model(filled: Index, tmp_path: Path) -> None:
    assert not any("judged" in hit.why for hit in filled.search(QUESTION).hits)
    assert "rerank" not in described(filled, vectors=True)
    with open_index(tmp_path / "index", flags={"rerank": "fake"}, encoder=FakeEncoder()) as index:
        hits = index.search(QUESTION).hits
        assert described(index, vectors=True)["rerank"] == "fake"
        assert index.try_reranker() == FakeReranker().name
    assert hits[0].why["judged"] > 0


def test_a_model_that_is_none_is_an_error_of_the_first_question_only(filled: Index, tmp_path: Path) -> None:
    encoder = checkpoints.write(tmp_path / "encoder")
    with open_index(tmp_path / "index", flags={"rerank": str(encoder)}, encoder=FakeEncoder()) as index:
        assert index.search("Uploader.retry_failed").hits
        with pytest.raises(UnsupportedModelError, match="`encoder` is no cross-encoder"):
            index.search(QUESTION)


def test_a_repository_may_not_choose_it(filled: Index, tree: Path, tmp_path: Path) -> None:
    (tree / ".gtesearch.toml").write_text("rerank = 'evil'", "utf-8")
    with (
        open_index(tmp_path / "index", encoder=FakeEncoder()) as index,
        pytest.raises(IndexerError, match="sets `rerank`"),
    ):
        index.sync([tree])
