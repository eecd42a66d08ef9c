import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from benchmarks import ablation_tables, ablations
from benchmarks.ablation_tables import ABLATIONS, Claim, Difference, difference, verdict
from tests.embedder import checkpoints
from tests.training.evaluation import folders
from training.data import MANIFEST, VERSION, Row, data_file, line_of, offsets_file


def run(variant: str, seed: int, code: float, text: float) -> dict[str, Any]:
    return {"variant": variant, "seed": seed, "means": {"code": code, "text": text}, "pairs": 8, "loss": 1.0}


def test_variants_are_compared_seed_by_seed() -> None:
    """What the seeds have in common (a lucky draw of rows) is no spread of the difference."""
    runs = [run("a", 0, 0.52, 0), run("b", 0, 0.50, 0), run("a", 1, 0.72, 0), run("b", 1, 0.70, 0), run("a", 2, 0, 0)]
    found = difference(runs, "a", "b", "code")
    assert found is not None
    assert found.mean == pytest.approx(2)
    assert found.margin == pytest.approx(0, abs=1e-9)
    assert difference(runs, "a", "c", "code") is None


def test_margin_is_that_of_students_t() -> None:
    runs = [
        run(name, seed, score, 0)
        for name, *all_of in (("a", 0.1, 0.2, 0.3), ("b", 0.0, 0.0, 0.0))
        for seed, score in enumerate(all_of)
    ]
    found = difference(runs, "a", "b", "code")
    assert found is not None
    assert found.margin == pytest.approx(4.303 * 10 / math.sqrt(3))
    assert not found.clear


def test_one_seed_proves_nothing() -> None:
    found = difference([run("a", 0, 1.0, 0), run("b", 0, 0.0, 0)], "a", "b", "code")
    assert found is not None
    assert not found.clear
    assert str(found) == "+100.0 ± ?"


def test_a_tie_of_the_paper_is_refuted_by_a_clear_difference_only() -> None:
    claim = Claim(text="a like b", better="a", worse="b", paper=0.0, equal=True)
    assert verdict(claim, Difference(-2.0, 1.0)) == "no, lower"
    assert verdict(claim, Difference(-0.5, 1.0)) == "yes, within the spread"


def test_every_claim_names_variants_that_are_trained_and_shown() -> None:
    trained = {variant.name for variant in ablations.variants(60)}
    for ablation in ABLATIONS:
        assert ablation.variants.keys() <= trained
        assert {name for claim in ablation.claims for name in (claim.better, claim.worse)} <= ablation.variants.keys()
    assert trained == {name for ablation in ABLATIONS for name in ablation.variants}


def test_batches_are_compared_at_equal_steps_and_at_equal_pairs() -> None:
    named = {variant.name: variant.changes for variant in ablations.variants(60)}
    assert named["steps-batch-16"] == {"batch": 16}
    assert named["pairs-batch-16"] == {"batch": 16, "steps": 240}


def test_the_page_is_made_from_the_result() -> None:
    results = Path(ablations.__file__).parent / "results"
    found = json.loads((results / "ablations.json").read_text(encoding="utf-8"))
    assert (results / "ablations.md").read_text(encoding="utf-8") == ablation_tables.page(found)
    assert (results / "ablations.json").read_text(encoding="utf-8") == ablation_tables.as_json(found)


def test_first_layers_are_kept_as_they_were(tmp_path: Path) -> None:
    whole = checkpoints.write(tmp_path / "whole")
    ablations.first_layers(whole, tmp_path / "one", layers=1)
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "one"))
    assert {name for name in before if "layer.1." not in name} == set(after)
    assert all((before[name] == array).all() for name, array in after.items())
    assert json.loads((tmp_path / "one" / "config.json").read_text())["num_hidden_layers"] == 1


def prepared(folder: Path) -> Path:
    """Two sources of eight rows, made of words that the tiny checkpoint knows."""
    folder.mkdir()
    sources = {}
    for name in ("docfunc_go", "medquad"):
        words = checkpoints.WORDS if name == "medquad" else checkpoints.WORDS[::-1]
        lines = [line_of(Row(" ".join(words[i : i + 3]), " ".join(words[i + 3 : i + 9]))) for i in range(8)]
        data_file(folder, name).write_bytes(b"".join(lines))
        offsets = np.cumsum([0, *map(len, lines)], dtype=np.int64)
        np.save(offsets_file(folder, name), offsets)
        sources[name] = {"rows": 8, "kept": 8, "sha256": name}
    (folder / MANIFEST).write_text(json.dumps({"version": VERSION, "sources": sources}))
    return folder


def evaluation(folder: Path) -> Path:
    """A set of code and one of prose."""
    words = checkpoints.WORDS
    code, text = folder / "code" / "eval" / "calls", folder / "text" / "eval" / "alike"
    documents = [{"_id": f"d{i}", "title": "", "text": " ".join(words[i : i + 4])} for i in range(6)]
    folders.write_lines(code / "corpus.jsonl", documents)
    folders.write_lines(code / "queries.jsonl", [{"_id": f"q{i}", "text": words[i]} for i in range(6)])
    head = ("query-id", "corpus-id", "score")
    folders.write_table(code / "qrels.tsv", [head, *((f"q{i}", f"d{i}", 1) for i in range(6))])
    folders.write_table(text / "pairs.tsv", [(f"{i}.5", words[i], words[2 * i]) for i in range(6)])
    return folder


def test_the_command_goes_on_from_what_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start, data, sets = checkpoints.write(tmp_path / "m"), prepared(tmp_path / "p"), evaluation(tmp_path / "e")
    out = tmp_path / "out"
    command = ["--data", str(data), "--eval", str(sets), "--start", str(start), "--out", str(out)]
    command += ["--layers", "1", "--steps", "2", "--finetune-steps", "1", "--seeds", "1", "--mined-rows", "8"]
    command += ["--sets", "calls", "alike", "--mined", "docfunc_go", "medquad"]
    assert ablations.main([*command, "--only", "stage-1", "both"]) == 0
    assert "stages: both above stage 1 only" in capsys.readouterr().out
    found = json.loads((out / "ablations.json").read_text())
    assert [each["variant"] for each in found["runs"]] == ["stage-1", "both"]
    assert found["claims"][0]["margin"] is None

    began = (out / "runs" / "both-0.json").stat().st_mtime_ns
    assert ablations.main([*command, "--only", "start", "stage-1", "both"]) == 0
    assert (out / "runs" / "both-0.json").stat().st_mtime_ns == began
    assert "not trained" in (out / "ablations.md").read_text()
