import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import training_throughput as benchmark
from tests.embedder import checkpoints
from training import export

SIDES = benchmark.SIDES


def side(pairs: float) -> dict[str, Any]:
    return {"pairs_per_second": pairs, "seconds_per_step": 1.0, "memory_gb": 0.5, "loss": 2.0, "profile": {}}


def prepared(folder: Path) -> Path:
    """Write prepared data: two sources large enough for a batch of 8, and one that is not."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    sources = {}
    for name, rows in (("a", 40), ("b", 20), ("few", 3)):
        texts = [[" ".join(draw.choice(checkpoints.WORDS, size=size)) for size in (5, 20)] for _ in range(rows)]
        lines = [json.dumps({"query": query, "positive": positive}).encode() + b"\n" for query, positive in texts]
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
        np.save(folder / f"{name}.rows.npy", np.cumsum([0, *map(len, lines)]).astype(np.int64))
        sources[name] = {"rows": rows, "kept": rows}
    checkpoints.write_json(folder / "manifest.json", {"version": 1, "sources": sources})
    return folder


@pytest.mark.timeout(900)  # four processes, each of which imports a training library
def test_both_sides_train_on_the_same_rows_to_the_same_loss(tmp_path: Path) -> None:
    for package in ("sentence_transformers", "accelerate", "datasets"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    start = checkpoints.write(tmp_path / "start")
    export.export(start, tmp_path / "model")  # as sentence-transformers wants it
    given = ["--model", tmp_path / "model", "--data", prepared(tmp_path / "data"), "--out", tmp_path / "found.json"]
    sizes = ["--batch", 8, "--tokens", 32, "--steps", 3, "--warmup", 1, "--rounds", 1, "--threads", 1]
    assert benchmark.main([str(part) for part in (*given, *sizes)]) == 0
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    (turn,) = found["turns"]
    assert turn["ours"]["loss"] == pytest.approx(turn["theirs"]["loss"], rel=1e-3)
    assert all(found["profiles"][name]["kinds"]["matrix products"] > 0 for name in SIDES)
    assert "matrix products" in (tmp_path / "found.md").read_text(encoding="utf-8")


def test_the_ratio_is_taken_within_each_turn() -> None:
    turns = [{"ours": side(ours), "theirs": side(theirs)} for ours, theirs in ((20, 10), (9, 3), (10, 10))]
    options = benchmark.parse(["--model", "m", "--data", "d"])
    machine = {"commit": "c", "processor": "p", "gpu": None}
    page = benchmark.markdown(
        {"machine": machine, "settings": benchmark.settings(options), "turns": turns, "profiles": {}}
    )
    assert "Ratio: 2.00 (median; 1.00 to 3.00)." in page
    assert "| 2 | 9.0 | 3.0 | 3.00 |" in page
