import json
from pathlib import Path

import pytest

from indexer.cli import FAILED, FOUND, main


@pytest.fixture
def labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tree: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A file of labelled queries over an indexed tree."""
    monkeypatch.setenv("GTE_SEARCH_INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    main(["index", str(tree)])
    capsys.readouterr()
    path = tmp_path / "queries.jsonl"
    rows = [
        {"query": "retry_failed", "relevant": ["src/upload.py:15-21"], "category": "symbol", "language": "python"},
        {"query": "accept connections on a socket", "relevant": ["src/server.go"], "repo": "project"},
        {"query": "no such thing", "relevant": ["src/gone.py"], "category": "semantic"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def test_eval_prints_means_groups_and_the_worst_queries(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", labels]) == FOUND
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "model: fake"
    assert lines[1].split() == ["queries", "NDCG@10", "recall@10", "MRR"]
    assert lines[2].startswith("all queries         3 0.6667 [0.000, 1.000]")
    assert any(line.startswith("  symbol            1 1.0000 [1.000, 1.000]") for line in lines)
    worst = lines.index("worst answered (1 of 3):")
    assert lines[worst + 1] == "  no such thing"
    assert lines[worst + 2].startswith("      no right result in 10; first came ")


def test_eval_against_the_json_of_another_run_compares_the_two(
    labels: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", labels, "--no-vectors", "--json"]) == FOUND
    before = capsys.readouterr().out
    assert json.loads(before)["settings"] == {"model": "none"}
    (tmp_path / "a.json").write_text(before, "utf-8")
    assert main(["eval", labels, "--against", str(tmp_path / "a.json"), "--worst", "0"]) == FOUND
    out = capsys.readouterr().out
    assert "difference to the other run, over 3 queries:" in out
    assert "worst" not in out
    assert main(["eval", labels, "--against", str(tmp_path / "a.json"), "--json"]) == FOUND
    found = json.loads(capsys.readouterr().out)
    assert set(found["comparison"]["ndcg"]) == {"mean", "low", "high", "p"}
    assert [row["query"] for row in found["rows"]] == [
        "retry_failed",
        "accept connections on a socket",
        "no such thing",
    ]


def test_a_wrong_line_is_exit_status_two_and_names_the_line(labels: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Path(labels).open("a", encoding="utf-8") as file:
        file.write('{"query": "x"}\n')
    assert main(["eval", labels]) == FAILED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {labels}:4: no target")
    assert "\nhint: " in captured.err
