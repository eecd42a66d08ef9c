import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import indexing_speed as benchmark
from benchmarks import memory, turns
from embedder import FakeEncoder
from indexer import open_index


def turn(first: float, whole: float, theirs: float) -> dict[str, Any]:
    again = {"wall_s": 0.5, "cpu_s": 0.4}
    used = {"cpu_s": 1.0, "peak_rss_mb": 100.0, "peak_pss_mb": 50.0, "processes": 2, "chunks": 9, "unchanged": again}
    ours = {**used, "first_hit_s": first, "first_hit_chunks": 3, "wall_s": whole, "files": 2}
    return {"ours": ours, "semble": {**used, "wall_s": theirs, "index_s": theirs / 2, "files": 2}}


def test_the_first_hit_is_compared_with_the_others_whole_run_of_the_same_turn() -> None:
    found = benchmark.compared([turn(1, 4, 2), turn(3, 12, 12)])
    assert found["first hit / semble's whole run"] == {"median": 0.375, "least": 0.25, "most": 0.5}
    assert found["all text / semble's indexing alone"]["most"] == 4


def test_without_semble_nothing_is_compared() -> None:
    assert benchmark.compared([{"ours": turn(1, 2, 3)["ours"]}]) == {}


def test_a_command_is_watched_to_its_end(tmp_path: Path) -> None:
    if not memory.PROC.is_dir():
        pytest.skip("memory is read from /proc")
    code = "import time; held = bytearray(b'1' * (30 << 20)); time.sleep(0.4); print('done')"
    found = benchmark.watched([sys.executable, "-c", code], turns.environment(), tmp_path)
    assert found["printed"] == "done\n"
    assert 0.4 < found["wall_s"] < 60
    assert 0 < found["cpu_s"] < found["wall_s"] + 1
    assert found["peak_rss_mb"] > 30


def test_a_command_that_fails_is_told_with_its_message(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"(?s)failed.*nothing here"):
        benchmark.watched([sys.executable, "-c", "raise OSError('nothing here')"], turns.environment(), tmp_path)


@pytest.mark.timeout(600)  # two processes
def test_a_small_folder_is_indexed_and_found(tmp_path: Path) -> None:
    if not memory.PROC.is_dir():
        pytest.skip("memory is read from /proc")
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_text("import os\n\ndef here():\n    return os.getcwd()\n", encoding="utf-8")
    out = tmp_path / "found.json"
    assert benchmark.main(["--source", str(source), "--turns", "1", "--out", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    (ours,) = (one["ours"] for one in found["turns"])
    assert ours["files"] == 1
    assert ours["first_hit_s"] > 0
    assert ours["first_hit_chunks"] == ours["chunks"] > 0
    assert "| first hit, s |" in out.with_suffix(".md").read_text(encoding="utf-8")


def test_vectors_are_counted_while_the_index_grows(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "index"
    source.mkdir()
    (source / "a.py").write_text("def here():\n    return 1\n\n\ndef there():\n    return 2\n", encoding="utf-8")
    growth = benchmark.Growth(folder)
    growth.look(time.monotonic())  # there is no index yet
    assert growth.until(benchmark.QUARTERS) == {}
    with open_index(folder, create=True, encoder=FakeEncoder(), flags={"model": "fake"}) as index:
        index.sync([source])
    started = time.monotonic() - 1
    growth.look(started)
    growth.look(started)
    ((seconds, count),) = growth.seen
    assert count == 2
    assert growth.until(benchmark.QUARTERS) == dict.fromkeys(("25%", "50%", "75%", "100%"), seconds)
    assert growth.text_s is not None
    assert growth.text_s >= 1
