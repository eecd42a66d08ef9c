import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import peers as benchmark
from embedder import FakeEncoder
from indexer import open_index


def side(rate: float, *milliseconds: float) -> dict[str, Any]:
    answers = [{"query": "q", "total": one} for one in milliseconds]
    sizes = {"peak_rss_mb": 100.0, "rss_mb": 90.0, "disk_mb": 2.0, "load_s": 1.0}
    return {"passages_per_second": rate, "answers": answers, **sizes}


def test_ours_is_divided_by_each_peer_within_a_turn() -> None:
    runs = [{"ours": side(200, 5), "txtai": side(50, 10)}, {"ours": side(100, 4), "txtai": side(50, 2)}]
    found = benchmark.compared(runs)
    assert list(found) == ["txtai"]
    assert found["txtai"]["indexed, passages a second"] == {"median": 3.0, "least": 2.0, "most": 4.0}
    assert found["txtai"]["query p50, ms"]["most"] == 2.0


def test_only_peers_that_have_a_python_are_asked() -> None:
    given = ["--index", "i", "--queries", "q"]
    assert benchmark.sides(benchmark.parse(given)) == ["ours"]
    assert benchmark.sides(benchmark.parse([*given, "--chroma-python", "python"])) == ["ours", "chroma"]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    source, folder = tmp_path / "source", tmp_path / "index"
    source.mkdir()
    twice = "def retry_upload():\n    return 'again'\n"
    (source / "retry.py").write_text(twice, encoding="utf-8")
    (source / "listen.py").write_text(
        "def listen():\n    return 1\n\n\ndef answer():\n    return 2\n", encoding="utf-8"
    )
    with open_index(folder, create=True, encoder=FakeEncoder(), flags={"model": "fake"}) as opened:
        opened.sync([source], name="made")
    return folder


def test_passages_are_drawn_once_and_alike_by_every_side(index: Path) -> None:
    options = benchmark.parse(["--index", str(index), "--queries", "q", "--passages", "2"])
    drawn = benchmark.drawn(options)
    assert drawn == benchmark.drawn(options)
    assert len({chunk.passage for chunk in drawn}) == 2
    assert len({chunk.path for chunk in drawn}) == 2  # one of each file first


@pytest.mark.timeout(600)  # a process
def test_ours_is_measured_by_itself(index: Path, tmp_path: Path) -> None:
    queries, out = tmp_path / "queries.txt", tmp_path / "found.json"
    queries.write_text("where are uploads retried\n\nlisten\n", encoding="utf-8")
    given = ["--index", index, "--queries", queries, "--model", "fake", "--rounds", 2, "--turns", 1, "--out", out]
    assert benchmark.main([str(part) for part in given]) == 0
    (turn,) = json.loads(out.read_text(encoding="utf-8"))["turns"]
    assert list(turn) == ["ours"]
    assert len(turn["ours"]["answers"]) == 4
    assert turn["ours"]["first"]["listen"]
    page = out.with_suffix(".md").read_text(encoding="utf-8")
    assert "3 passages, model fake; 2 queries" in page
    assert "ours divided by" not in page
