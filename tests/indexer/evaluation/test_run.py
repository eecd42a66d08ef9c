import pytest

from indexer import Index
from indexer.errors import LabelsError
from indexer.evaluation.labels import Labelled, Place
from indexer.evaluation.run import described, evaluate, through

ASKED = [
    Labelled(query="one", targets=(Place(path="a"),), repo="r", language="go", category="symbol"),
    Labelled(query="two", targets=(Place(path="b"),), repo="r", language="c", category="symbol"),
    Labelled(query="three", targets=(Place(path="c"),)),
]
ANSWERS = {"one": [Place(path="a", start=1, end=2)], "two": [Place(path="a"), Place(path="b")], "three": []}


def test_means_are_taken_over_all_queries_and_over_those_of_a_group() -> None:
    report = evaluate(ASKED, lambda one: ANSWERS[one.query])
    assert report.overall.queries == 3
    assert report.overall.mrr.mean == pytest.approx((1 + 0.5 + 0) / 3)
    assert report.overall.ndcg.mean == pytest.approx((1 + 0.63093 + 0) / 3, abs=1e-5)
    assert report.by_category["symbol"].mrr.mean == pytest.approx(0.75)
    assert report.by_language["c"].recall.mean == 1.0
    assert list(report.by_language) == ["c", "go"]
    assert report.by_repo["r"].queries == 2
    assert [(row.rank, row.first) for row in report.rows] == [(1, "a:1-2"), (2, "a"), (None, None)]


def test_a_query_is_asked_in_the_repository_it_names(filled: Index) -> None:
    asked = [
        Labelled(query="retry failed upload", targets=(Place(path="src/upload.py", start=15, end=21),), repo="project")
    ]
    report = evaluate(asked, through(filled, asked))
    assert report.overall.ndcg.mean == 1.0
    assert report.rows[0].first == "src/upload.py:15-21"


def test_a_repository_that_is_not_indexed_is_an_error_rather_than_a_score(filled: Index) -> None:
    asked = [Labelled(query="x", targets=(Place(path="a"),), repo="elsewhere")]
    with pytest.raises(LabelsError, match="elsewhere") as caught:
        through(filled, asked)
    assert "project" in caught.value.hint


def test_without_vectors_no_result_is_due_to_meaning(filled: Index) -> None:
    assert "meaning" in filled.search("send a file to the server").hits[0].why
    found = filled.search("send a file to the server", vectors=False)
    assert found.hits
    assert not any("meaning" in hit.why for hit in found.hits)
    assert found.timings.encode < 1
    assert described(filled, vectors=False) == {"model": "none"}
