import json
import math
from pathlib import Path

import pytest

from benchmarks import quality_results
from indexer.errors import LabelsError
from indexer.evaluation.labels import Labelled, Place

UPLOAD = Labelled(query="retry an upload", repo="project", targets=(Place(path="src/upload.py", start=15, end=21),))
SERVER = Labelled(
    query="accept", repo="project", targets=(Place(path="src/server.go"), Place(path="src/loop.go")), category="symbol"
)


def written(folder: Path, *rows: object) -> Path:
    path = folder / "results.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def answer(one: Labelled, *results: dict[str, object]) -> dict[str, object]:
    return {"repo": one.repo, "query": one.query, "results": results}


def test_answers_score_as_the_benchmark_scores_them(tmp_path: Path) -> None:
    other_lines = {"path": "src/upload.py", "start": 1, "end": 14}
    right_lines = {"path": ".\\src\\upload.py", "start": 21, "end": 40}
    same_file_again = {"path": "src/server.go", "start": 1, "end": 9}
    path = written(
        tmp_path,
        answer(UPLOAD, other_lines, right_lines),
        "",
        answer(SERVER, {"path": "./src/server.go"}, same_file_again, {"path": "src/loop.go", "start": None}),
        {"repo": "elsewhere", "query": "accept", "results": []},
    )
    scored = quality_results.measure([UPLOAD, SERVER], quality_results.read(path))
    upload, server = scored.report.rows
    assert upload.ndcg == pytest.approx(1 / math.log2(3))
    assert (upload.mrr, upload.recall) == (0.5, 1.0)
    assert server.ndcg == pytest.approx((1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3)))
    assert scored.unanswered == 0


def test_a_query_without_a_line_scores_nothing_and_is_counted(tmp_path: Path) -> None:
    answers = quality_results.read(written(tmp_path, answer(SERVER, {"path": "src/server.go"})))
    scored = quality_results.measure([UPLOAD, SERVER], answers)
    assert scored.unanswered == 1
    assert scored.report.rows[0].ndcg == 0.0
    assert scored.report.overall.queries == 2


def test_only_the_first_ten_results_count(tmp_path: Path) -> None:
    wrong: list[dict[str, object]] = [{"path": f"wrong{number}.py"} for number in range(10)]
    answers = quality_results.read(written(tmp_path, answer(UPLOAD, *wrong, {"path": "src/upload.py"})))
    assert quality_results.measure([UPLOAD], answers).report.overall.recall.mean == 0.0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "Expecting"),
        ("[]", "not a JSON object"),
        ({"repo": "project", "results": []}, "`query` is missing"),
        ({"repo": 1, "query": "accept", "results": []}, "not a text"),
        ({"repo": "project", "query": "accept", "results": {}}, "not a list of objects"),
        ({"repo": "project", "query": "accept", "results": ["src/server.go"]}, "not a list of objects"),
        ({"repo": "project", "query": "accept", "results": [{}]}, "`path` is missing"),
        ({"repo": "project", "query": "accept", "results": [{"path": None}]}, "`path` of a result is not a text"),
        ({"repo": "project", "query": "accept", "results": [{"path": "a", "start": "1"}]}, "not a number of a line"),
        (answer(UPLOAD), "an earlier line has the same"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, row: object, said: str) -> None:
    with pytest.raises(LabelsError, match=said) as caught:
        quality_results.read(written(tmp_path, answer(UPLOAD), row))
    assert f"{tmp_path / 'results.jsonl'}:2: " in str(caught.value)
    assert '"repo"' in caught.value.hint


def test_a_file_that_is_not_there_or_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="cannot read"):
        quality_results.read(tmp_path / "none.jsonl")
    answers = quality_results.read(written(tmp_path, {"repo": "elsewhere", "query": "accept", "results": []}))
    with pytest.raises(LabelsError, match="no line is about a query"):
        quality_results.measure([UPLOAD], answers)
