from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embedder import FakeEncoder
from training.evaluation import lexical, scorers
from training.evaluation.lexical import Bm25
from training.evaluation.scorers import Dense, Scorer
from training.evaluation.sets import Suite
from training.evaluation.vectors import Kept

PASSAGES = ["def retryUpload(path): return self.sendFile(path)", "open a socket", "the weather is fine", "open files"]


def all_scores(scorer: Scorer, queries: Sequence[str], suite: Suite = Suite.TEXT) -> list[list[float]]:
    return [row.tolist() for block in scorer.scores(queries, PASSAGES, suite) for row in block]


def best(scorer: Scorer, query: str, suite: Suite = Suite.TEXT) -> str:
    (row,) = all_scores(scorer, [query], suite)
    return PASSAGES[int(np.argmax(row))]


def test_dense_scores_are_cosines(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    queries = ["open the socket", "weather"]
    wanted = encoder.encode(queries, role="query") @ encoder.encode(PASSAGES, role="passage").T
    np.testing.assert_allclose(all_scores(Dense(Kept(encoder, tmp_path)), queries), wanted, rtol=1e-6)


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_blocks_change_nothing(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    queries = ["socket", "weather", "open", "nothing at all", "upload"]
    whole = all_scores(Bm25(), queries)
    monkeypatch.setattr(lexical, "ROWS", rows)
    assert all_scores(Bm25(), queries) == whole


def test_bm25_is_lucenes_formula() -> None:
    passages = ["cat cat dog", "dog bird", "fish"]
    (row,) = next(Bm25().scores(["cat dog"], passages, Suite.TEXT))
    lengths = np.array([3, 2, 1])
    wanted = np.zeros(3)
    for term in ("cat", "dog"):
        counts = np.array([text.split().count(term) for text in passages])
        holders = (counts > 0).sum()
        idf = np.log(1 + (3 - holders + 0.5) / (holders + 0.5))
        wanted += idf * counts / (counts + 1.2 * (1 - 0.75 + 0.75 * lengths / lengths.mean()))
    np.testing.assert_allclose(row, wanted, rtol=1e-5)


def test_bm25_stems_and_leaves_stop_words_out() -> None:
    assert best(Bm25(), "the opening of sockets") == "open a socket"
    assert all_scores(Bm25(), ["the"]) == [[0, 0, 0, 0]]


def test_bm25_splits_the_identifiers_of_code() -> None:
    assert best(Bm25(), "retry an upload", Suite.CODE) == PASSAGES[0]
    assert all_scores(Bm25(), ["upload"], Suite.TEXT) == [[0, 0, 0, 0]]


def test_instructions_for_search_are_kept_out_of_symmetric_tasks() -> None:
    roles = {name: scorers.symmetric_role(name) for name in ("bge-small-en-v1.5", "e5-small-v2", "gte-small")}
    assert roles == {"bge-small-en-v1.5": "passage", "e5-small-v2": "query", "gte-small": "query"}
