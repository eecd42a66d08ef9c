import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training import examples
from training.cli import COMMANDS, DONE, FAILED, main
from training.data import open_prepared

pytestmark = pytest.mark.usefixtures("one_thread")

HEAVY = ("torch", "transformers", "faiss", "matplotlib")
CPU = ["--device", "cpu", "--precision", "float32"]


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_tiny_recipe_trains_both_stages(start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = tmp_path / "mine.jsonl"
    rows = [{"query": row.query, "positive": row.positive} for row in examples.pairs(150)]
    raw.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data, mined = str(tmp_path / "data"), str(tmp_path / "mined")
    tiny = ["tiny", *CPU, "--set", "pretrain.dims=[16]", "--set", "finetune.dims=[16]"]
    faster = ["--set", "pretrain.rate=1e-3", "--set", "finetune.rate=1e-3"]

    assert main(["prepare", str(raw), "--out", data]) == DONE
    capsys.readouterr()
    first = tmp_path / "first"
    assert main(["pretrain", *tiny, *faster, "--data", data, "--run", str(first), "--start", str(start)]) == DONE
    saved = capsys.readouterr().out.strip()
    assert main(["mine", data, "--out", mined, "--model", saved, "--runtime", "torch", "--ratio", "1"]) == DONE
    assert any(row.negatives for row in open_prepared(Path(mined))[0].rows(range(20)))
    capsys.readouterr()
    second = tmp_path / "second"
    assert main(["finetune", *tiny, *faster, "--data", mined, "--run", str(second), "--start", saved]) == DONE
    said = capsys.readouterr()
    assert Path(said.out.strip()).is_dir()
    assert "step 10/10" in said.err
    for run in (first, second):
        losses = [float(str(step["loss"])) for step in examples.steps(run)]
        assert sum(losses[-3:]) < sum(losses[:3])
        assert (run / "log.png").is_file()


def test_a_run_stops_after_its_minutes_and_goes_on(
    start: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = examples.write_recipe(tmp_path / "quick.toml", examples.recipe(start, steps=3))
    command = ["pretrain", str(recipe), *CPU, "--data", str(prepared), "--run", str(tmp_path / "run")]
    assert main([*command, "--minutes", "0"]) == DONE
    assert capsys.readouterr().out.strip().endswith("step-0000001")
    assert main(command) == DONE
    assert capsys.readouterr().out.strip().endswith("step-0000003")


def test_a_cluster_s_notice_saves_and_stops(
    start: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = examples.write_recipe(tmp_path / "quick.toml", examples.recipe(start, steps=500, save_every=500))
    before = signal.getsignal(signal.SIGTERM)
    log = tmp_path / "run" / "log.jsonl"
    waiter = f"while ! [ -s {log} ]; do sleep 0.01; done; kill -TERM {os.getpid()}"
    with subprocess.Popen(["sh", "-c", waiter]):
        assert main(["pretrain", str(recipe), *CPU, "--data", str(prepared), "--run", str(log.parent)]) == DONE
    saved = Path(capsys.readouterr().out.strip())
    assert 1 <= int(saved.name.removeprefix("step-")) < 500
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("given", "said", "hint"),
    [
        (["gte-huge"], "there is no recipe `gte-huge`", "gte-small"),
        (["tiny", "--set", "pretrain.lr=1"], "unknown key `lr`", "rate"),
        (["tiny", "--set", "pretrain.loss=triplet"], "pretrain.loss is 'triplet'", "improved"),
        (["tiny", "--set", "steps"], "`--set steps` has no `=`", "KEY=VALUE"),
        (["tiny", "--start", "/nowhere"], "/nowhere", "checkpoint folder"),
        (["tiny", "--device", "tpu"], "unknown device `tpu`", "cuda:N"),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do(
    given: list[str], said: str, hint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pretrain", *given, "--data", str(tmp_path), "--run", str(tmp_path / "run")]) == FAILED
    captured = capsys.readouterr()
    assert captured.out == ""
    error, advice = captured.err.splitlines()
    assert error.startswith("error: ")
    assert said in error
    assert advice.startswith("hint: ")
    assert hint in advice


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom training.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(*(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"gte-train {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options", [["--depth", "0"], ["--rows", "-5"], ["--negatives", "many"], ["--ratio", "nan"], ["--ratio", "1.5"]]
)
def test_numbers_that_mean_nothing_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["mine", "data", "--out", "mined", "--model", "fake", *options])
    assert f"argument {options[0]}: '{options[1]}' is no" in capsys.readouterr().err


def test_a_missing_library_of_the_extra_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(_: argparse.Namespace) -> int:
        raise ModuleNotFoundError("No module named 'sklearn.metrics'", name="sklearn.metrics")

    monkeypatch.setattr("training.evaluation.command.run", absent)
    assert main(["evaluate", "gte-mini", "--data", "sets"]) == 2
    assert "pip install 'gte-search[training]'" in capsys.readouterr().err
