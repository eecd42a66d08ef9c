import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import query_latency as benchmark
from embedder import FakeEncoder
from indexer import open_index


def answers(*totals: float) -> dict[str, Any]:
    parts = {"encode": 1.0, "search": 2.0, "rank": 3.0}
    told = [{"query": f"q{number}", "total": total, **parts} for number, total in enumerate(totals)]
    return {"answers": told, "chunks": 5, "peak_rss_mb": 100.0, "rss_mb": 90.0}


def test_percentiles_are_of_the_answers_of_all_turns() -> None:
    found = benchmark.summary([answers(10, 20), answers(30, 40)])
    assert found["milliseconds"]["total"]["p50"] == 25
    assert found["milliseconds"]["encode"] == {"p50": 1, "p95": 1, "p99": 1}
    assert found["milliseconds"]["rest"]["p50"] == 19  # beside encode, search and rank


def test_a_tool_that_times_no_parts_has_only_a_total() -> None:
    found = benchmark.summary([{**answers(), "answers": [{"query": "q", "total": 7.0}]}])
    assert list(found["milliseconds"]) == ["total"]


def test_ratios_compare_with_other_tools_within_a_turn() -> None:
    runs = [{"ours": answers(10), "served": answers(1), "semble": answers(20)}]
    runs += [{"ours": answers(30), "served": answers(1), "semble": answers(10)}]
    found = benchmark.compared(runs)
    assert list(found) == ["semble"]
    assert found["semble"]["p50"] == {"median": 1.75, "least": 0.5, "most": 3.0}


def test_the_slowest_queries_come_first() -> None:
    assert [one["query"] for one in benchmark.slowest([answers(10, 30, 20)], count=2)] == ["q1", "q2"]


def test_an_index_that_is_absent_and_cannot_be_made_is_told(tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("one\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="there is no index"):
        benchmark.main(["--index", str(tmp_path / "none"), "--queries", str(queries)])


@pytest.mark.timeout(600)  # three processes
def test_a_small_index_is_measured_in_turns_and_over_http(tmp_path: Path) -> None:
    source, index = tmp_path / "source", tmp_path / "index"
    source.mkdir()
    (source / "retry.py").write_text(
        'def retry_upload():\n    """Try a failed upload again."""\n    return 1\n', encoding="utf-8"
    )
    with open_index(index, create=True, encoder=FakeEncoder(), flags={"model": "fake"}) as opened:
        opened.sync([source])
    queries = tmp_path / "queries.txt"
    queries.write_text("where are uploads retried\n\nretry_upload\n", encoding="utf-8")
    given = ["--index", index, "--queries", queries, "--out", tmp_path / "found.json"]
    assert benchmark.main([str(part) for part in (*given, "--rounds", 2, "--turns", 1, "--served")]) == 0
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert {side: len(one["answers"]) for side, one in found["turns"][0].items()} == {"ours": 4, "served": 4}
    assert found["turns"][0]["ours"]["without_hits"] == []
    assert [one["query"] for one in found["turns"][0]["ours"]["once"]] == ["Try a failed upload again."]
    assert "| this commit over HTTP | total |" in (tmp_path / "found.md").read_text(encoding="utf-8")
