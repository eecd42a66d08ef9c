import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import vector_recall as benchmark
from tests.indexer.store.samples import unit_vectors

REAL = unit_vectors(300, dim=32).astype(np.float16)


def test_vectors_beyond_the_real_ones_lie_near_them() -> None:
    made = benchmark.enlarged(REAL, 1000, np.random.default_rng(0)).astype(np.float32)
    assert made.shape == (1000, 32)
    assert {row.tobytes() for row in made[:300]} == {row.tobytes() for row in REAL.astype(np.float32)}
    assert np.linalg.norm(made, axis=1) == pytest.approx(1, abs=5e-3)
    nearest = (made[300:] @ REAL.astype(np.float32).T).max(axis=1)
    assert (nearest > 0.69).all()
    assert (nearest < 0.985).mean() > 0.98  # one draw in so many takes the same vector twice, and adds nothing


def test_recall_is_that_of_the_best_and_counts_only_what_could_be_found() -> None:
    truth = np.array([[1, 2, 3], [4, -1, -1]])
    assert benchmark.recall(np.array([[2, 1, 9], [4, 5, 6]]), truth, 3) == 0.75
    assert benchmark.recall(np.array([[1, 9, 9], [4, 5, 6]]), truth, 1) == 1


def test_vectors_are_collected_from_files_once_each(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", REAL)
    np.save(tmp_path / "b.npy", REAL[:10])
    np.save(tmp_path / "a.keys.npy", np.zeros(3))
    assert np.array_equal(benchmark.collected([tmp_path]), REAL)


def test_every_kind_is_measured_and_sizes_measured_before_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "a.npy", REAL)
    monkeypatch.setattr(benchmark, "encoded", lambda *_: unit_vectors(5, seed=1, dim=32))
    monkeypatch.setattr(benchmark, "LIMIT", 5)
    monkeypatch.setattr(benchmark, "KINDS", benchmark.KINDS[:8])  # k-means of 16 groups wants more vectors
    out = tmp_path / "found.json"
    given = ["--vectors", str(tmp_path), "--queries", "none", "--out", str(out), "--timed", "1", "--sizes"]
    assert benchmark.main([*given, "1000"]) == 0
    first = json.loads(out.read_text(encoding="utf-8"))["sizes"]["1000"]
    assert [kind.name for kind in benchmark.KINDS] == list(first)
    assert first["exact fp16"]["0.5"]["recall_10"] == 1
    assert first["RaBitQ fast-scan + exact, k=8"]["0.5"] is None
    assert benchmark.main([*given, "1000", "1200"]) == 0
    both = json.loads(out.read_text(encoding="utf-8"))["sizes"]
    assert (list(both), both["1000"]) == (["1000", "1200"], first)
    assert "| 1,200 vectors |" in out.with_suffix(".md").read_text(encoding="utf-8")
