import json
import sys
import time
from pathlib import Path

import pytest

from benchmarks import indexing_profile as benchmark
from benchmarks import stages
from embedder import FakeEncoder


def test_a_stage_is_found_by_function_before_module_before_package() -> None:
    assert stages.stage_of("indexer.walk", "digest") == "hashing"
    assert stages.stage_of("indexer.walk", "walk") == "walk"
    assert stages.stage_of("indexer.parse.code", "parse_code") == stages.stage_of("indexer.parse", "parse")
    assert stages.stage_of("json", "dumps") is None


def test_a_comprehension_is_counted_where_it_stands() -> None:
    assert stages.stage_of("indexer.chunk", "<listcomp>") == "chunking"
    assert stages.stage_of("indexer.store.writes", "<listcomp>") is None  # its caller's function decides


def test_what_runs_while_a_module_is_loaded_is_its_import() -> None:
    assert stages.stage_of("indexer.walk", "<module>") == stages.IMPORTS
    assert stages.stage_of("importlib._bootstrap", "_find_and_load") == stages.IMPORTS


def test_every_stage_names_a_module_or_function_that_there_is() -> None:
    import importlib

    for name in stages.STAGES:
        module, _, function = name.partition(":")
        loaded = importlib.import_module(module)
        if function:
            holders = [loaded, *(value for value in vars(loaded).values() if isinstance(value, type))]
            assert any(hasattr(holder, function) for holder in holders), name


@pytest.mark.skipif(sys.platform == "win32", reason="there are no alarms")
def test_the_clock_counts_all_of_the_time() -> None:
    started = time.perf_counter()
    with stages.Clock() as clock:
        while time.perf_counter() - started < 0.1:
            pass
    assert sum(clock.seconds.values()) == pytest.approx(time.perf_counter() - started, abs=0.02)


def test_an_encoder_notes_what_it_encoded_as_far_as_it_was_read() -> None:
    noting = benchmark.Noting(FakeEncoder())
    noting.encode(["one two", "three"], role="passage")
    assert noting.lengths() == FakeEncoder().count_tokens(["one two", "three"])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no alarms")
@pytest.mark.timeout(600)  # two processes
def test_a_small_folder_is_profiled(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_text("import os\n\ndef here():\n    return os.getcwd()\n", encoding="utf-8")
    out = tmp_path / "found.json"
    assert benchmark.main(["--source", str(source), "--out", str(out)]) == 0
    runs = json.loads(out.read_text(encoding="utf-8"))["runs"]
    assert list(runs) == ["alone", "writer"]
    assert sum(runs["alone"]["stages"].values()) == pytest.approx(runs["alone"]["seconds"], rel=0.1)
    assert "Text, read and written in one process: 2 chunks" in out.with_suffix(".md").read_text(encoding="utf-8")
