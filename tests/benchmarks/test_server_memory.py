import json
import os
from pathlib import Path

import pytest

from benchmarks import memory
from benchmarks import server_memory as benchmark
from embedder import FakeEncoder
from indexer import open_index

needs_proc = pytest.mark.skipif(not memory.PROC.is_dir(), reason="memory is read from /proc")


@needs_proc
def test_the_largest_process_is_told_beside_all_of_them() -> None:
    found = benchmark.held(os.getpid())
    assert 0 < found["rss_mb"] <= found["all_rss_mb"]
    assert found["rss_mb"] <= found["peak_rss_mb"] * 1.01
    assert found["processes"] >= 1


@needs_proc
@pytest.mark.timeout(600)  # two servers
def test_both_doors_are_asked_and_leave_no_process(tmp_path: Path) -> None:
    source, index = tmp_path / "source", tmp_path / "index"
    source.mkdir()
    (source / "retry.py").write_text("def retry_upload():\n    return 'again'\n", encoding="utf-8")
    with open_index(index, create=True, encoder=FakeEncoder(), flags={"model": "fake"}) as opened:
        opened.sync([source])
    queries, out = tmp_path / "queries.txt", tmp_path / "found.json"
    queries.write_text("retry_upload\n", encoding="utf-8")
    before = set(memory.tree(os.getpid()))
    assert benchmark.main([f"--index={index}", f"--queries={queries}", f"--out={out}"]) == 0
    sides = json.loads(out.read_text(encoding="utf-8"))["sides"]
    assert sides["serve"]["processes"] == 1
    assert sides["ui"]["processes"] >= 2  # the command, the page, and what watches the files
    assert not sides["serve"]["without_hits"] + sides["ui"]["without_hits"]
    assert set(memory.tree(os.getpid())) <= before
    assert "the page, after requests" in out.with_suffix(".md").read_text(encoding="utf-8")
