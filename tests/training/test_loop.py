import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.embedder import checkpoints, published
from tests.training import examples
from training import checkpoint
from training.data import Row
from training.errors import DataError, RecipeError, RunError
from training.loop import rate, train
from training.recipe import Recipe, Stage

pytestmark = pytest.mark.usefixtures("one_thread")


def run(recipe: Recipe, data: Path, folder: Path, **options: Any) -> Path:  # noqa: ANN401
    return train(recipe, "pretrain", data=data, run=folder, **{"device": "cpu", "precision": "float32", **options})


Process = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def process() -> Iterator[Process]:
    """Starts `gte-train pretrain` in processes that end with the test, whatever becomes of it."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(recipe: Path, data: Path, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "training.cli",
            "pretrain",
            recipe,
            "--data",
            data,
            "--run",
            folder,
        ]
        begun.append(
            subprocess.Popen(
                [*command, "--device", "cpu", "--precision", "float32"],
                env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )
        return begun[-1]

    yield begin
    for each in begun:
        each.kill()
        each.communicate()


def assert_equal_bit_for_bit(one: Path, other: Path) -> None:
    for name in ("model.safetensors", "state.safetensors"):  # the second holds optimiser and random states
        first, second = load_file(one / name), load_file(other / name)
        assert first.keys() == second.keys()
        assert [key for key in first if not torch.equal(first[key], second[key])] == []


def test_a_run_resumed_after_a_kill_is_the_uninterrupted_one_bit_for_bit(
    start: Path, prepared: Path, tmp_path: Path, process: Process
) -> None:
    recipe = examples.recipe(start, steps=40, save_every=4, dropout=0.1, replay=True, dims=[16], layers=[1])
    killed = process(examples.write_recipe(tmp_path / "quick.toml", recipe), prepared, tmp_path / "killed")
    log = tmp_path / "killed" / "log.jsonl"
    while not (log.is_file() and log.read_bytes().count(b"\n") >= 6):
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(examples.steps(tmp_path / "killed")) < 40
    resumed = run(recipe, prepared, tmp_path / "killed")
    whole = run(recipe, prepared, tmp_path / "whole")
    assert_equal_bit_for_bit(resumed, whole)
    assert examples.steps(tmp_path / "killed") == examples.steps(tmp_path / "whole")


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_run_that_was_asked_to_stop_goes_on_as_if_it_had_not(
    precision: str, start: Path, prepared: Path, tmp_path: Path
) -> None:
    recipe = examples.recipe(start, dropout=0.1, save_every=100)
    stopped = run(recipe, prepared, tmp_path / "a", precision=precision, until=lambda step: step == 3)
    assert stopped.name == "step-0000003"
    resumed = run(recipe, prepared, tmp_path / "a", precision=precision)
    assert_equal_bit_for_bit(resumed, run(recipe, prepared, tmp_path / "b", precision=precision))
    assert examples.steps(tmp_path / "a") == examples.steps(tmp_path / "b")


def test_a_finished_run_is_left_as_it_is(start: Path, prepared: Path, tmp_path: Path) -> None:
    recipe = examples.recipe(start, steps=2)
    saved = run(recipe, prepared, tmp_path / "run")
    before = (saved / "model.safetensors").stat().st_mtime_ns
    assert run(recipe, prepared, tmp_path / "run") == saved
    assert (saved / "model.safetensors").stat().st_mtime_ns == before
    assert len(examples.steps(tmp_path / "run")) == 2


def test_two_processes_train_as_one(start: Path, tmp_path: Path, process: Process) -> None:
    rows = [
        # some rows are scored, and in most batches only in one of the processes
        Row(row.query, row.positive, row.negatives, (1.0, 0.2, 0.4) if number % 5 == 0 else ())
        for number, row in enumerate(examples.pairs(24, negatives=2))
    ]
    data = examples.write_prepared(tmp_path / "data", {"hard": rows})
    distillation = {"teacher": "fake", "weight": 2.0}
    recipe = examples.recipe(
        start, steps=3, dropout=0.0, rate=1e-4, negatives=2, margins=1.0, dims=[16], distillation=distillation
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    written = examples.write_recipe(tmp_path / "quick.toml", recipe)
    both = [
        process(written, data, tmp_path / "two", WORLD_SIZE="2", RANK=rank, MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
        for rank in ("0", "1")
    ]
    one = load_file(run(recipe, data, tmp_path / "one") / "model.safetensors")
    said = [each.communicate() for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert said[1][0] == b""  # one process speaks for all
    two = load_file(Path(said[0][0].decode().strip()) / "model.safetensors")
    for name, weight in one.items():
        if not name.endswith("key.bias"):  # its gradient is 0 but for rounding, which AdamW blows up
            torch.testing.assert_close(two[name], weight, rtol=0, atol=1e-6, msg=name)
    for first, second in zip(examples.steps(tmp_path / "one"), examples.steps(tmp_path / "two"), strict=True):
        for part in ("loss", "distillation", "margins"):
            assert first.get(part) == pytest.approx(second.get(part), abs=1e-4)
    states = load_file(Path(said[0][0].decode().strip()) / "state.safetensors")
    assert {"random.cpu", "random.cpu.1"} <= states.keys()


def test_training_lowers_the_loss(start: Path, prepared: Path, tmp_path: Path) -> None:
    run(examples.recipe(start, steps=40, dropout=0.0), prepared, tmp_path / "run")
    losses = [float(str(step["loss"])) for step in examples.steps(tmp_path / "run")]
    assert sum(losses[-8:]) < 0.8 * sum(losses[:8])


def test_the_rate_rises_over_the_warm_up_and_falls_to_0() -> None:
    stage = Stage(steps=100, batch=1, rate=2.0, warmup=0.1)
    rates = [rate(step, stage) for step in range(101)]
    assert rates[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])
    assert rates[10] == 2.0
    assert rates[55] == pytest.approx(1.0)
    assert rates[100] == 0


def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_checkpoint(
    start: Path, prepared: Path, tmp_path: Path
) -> None:
    recipe = examples.recipe(start, rate=1e30, save_every=1, warmup=0.0)
    with pytest.raises(RunError, match="step 2") as caught:
        run(recipe, prepared, tmp_path / "run")
    assert "the last checkpoint is kept" in caught.value.hint
    (kept,) = checkpoint.found(tmp_path / "run")
    assert all(weight.isfinite().all() for weight in load_file(kept / "model.safetensors").values())
    assert len(examples.steps(tmp_path / "run")) == 1


def test_a_folder_with_another_run_is_refused(start: Path, prepared: Path, tmp_path: Path) -> None:
    saved = run(examples.recipe(start, steps=2), prepared, tmp_path / "run")
    with pytest.raises(RunError, match="another recipe or stage") as caught:
        run(examples.recipe(start, steps=3), prepared, tmp_path / "run")
    assert "--run" in caught.value.hint
    assert saved.is_dir()


def test_a_run_does_not_go_on_over_other_rows(start: Path, prepared: Path, tmp_path: Path) -> None:
    recipe = examples.recipe(start)
    saved = run(recipe, prepared, tmp_path / "run", until=lambda step: step == 2)
    other = examples.write_prepared(tmp_path / "other", {"many": examples.pairs(60, seed=7)})
    with pytest.raises(RunError, match="other rows") as caught:
        run(recipe, other, tmp_path / "run")
    assert f"--start {saved}" in caught.value.hint
    assert run(recipe, prepared, tmp_path / "run").name == "step-0000006"


def test_a_run_does_not_go_on_from_another_start(start: Path, prepared: Path, tmp_path: Path) -> None:
    recipe = examples.recipe(start)
    run(recipe, prepared, tmp_path / "run", until=lambda step: step == 2)
    other = checkpoints.write(tmp_path / "other", seed=1)
    with pytest.raises(RunError, match="did not start from") as caught:
        run(recipe, prepared, tmp_path / "run", start=other)
    assert "--start" in caught.value.hint
    moved = shutil.copytree(start, tmp_path / "moved")  # the same weights elsewhere are the same start
    assert run(recipe, prepared, tmp_path / "run", start=moved).name == "step-0000006"


def test_after_a_damaged_checkpoint_is_deleted_the_run_goes_on_from_the_one_before(
    start: Path, prepared: Path, tmp_path: Path
) -> None:
    recipe = examples.recipe(start, dropout=0.1)
    last = run(recipe, prepared, tmp_path / "run")
    good = tmp_path / "good"
    shutil.copytree(last, good)
    weights = last / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(RunError, match="cannot read the checkpoint") as caught:
        run(recipe, prepared, tmp_path / "run")
    assert "delete this folder" in caught.value.hint
    shutil.rmtree(last)
    assert_equal_bit_for_bit(run(recipe, prepared, tmp_path / "run"), good)


def test_data_that_was_not_prepared_is_refused(start: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no prepared folder"):
        run(examples.recipe(start), tmp_path, tmp_path / "run")


def test_a_recipe_that_leaves_no_source_is_refused(start: Path, prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no source"):
        run(examples.recipe(start, exclude=["*"]), prepared, tmp_path / "run")


def test_prepared_data_without_a_row_is_not_put_down_to_the_recipe(start: Path, tmp_path: Path) -> None:
    data = examples.write_prepared(tmp_path / "data", {"none": []})
    with pytest.raises(RunError, match="holds no row") as caught:
        run(examples.recipe(start), data, tmp_path / "run")
    assert "gte-train prepare" in caught.value.hint


@pytest.mark.parametrize(("values", "key"), [({"dims": [32]}, "dims"), ({"layers": [2]}, "layers")])
def test_prefixes_that_the_model_has_not_are_refused(
    values: dict[str, list[int]], key: str, start: Path, prepared: Path, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=key):
        run(examples.recipe(start, **values), prepared, tmp_path / "run")


def test_a_start_that_no_checkpoint_could_be_made_of_is_refused(start: Path, prepared: Path, tmp_path: Path) -> None:
    inner = tmp_path / "nested" / "0_Transformer"
    shutil.copytree(start, inner)
    modules = [{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}]
    checkpoints.write_json(tmp_path / "nested" / "modules.json", modules)
    int8 = published.converted(tmp_path / "int8", start)
    for each in (tmp_path / "nested", int8):
        with pytest.raises(RecipeError, match="as training needs"):
            run(examples.recipe(each), prepared, tmp_path / "run")


def test_a_start_whose_training_could_not_be_exported_is_refused_at_once(prepared: Path, tmp_path: Path) -> None:
    new = published.write(tmp_path / "new", "gte-base-en-v1.5")
    with pytest.raises(RecipeError, match="could not be exported"):
        run(examples.recipe(new), prepared, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_sources_that_are_left_out_are_not_trained_on(start: Path, prepared: Path, tmp_path: Path) -> None:
    run(examples.recipe(start, exclude=["ma*"], steps=4), prepared, tmp_path / "run")
    assert {step["source"] for step in examples.steps(tmp_path / "run")} == {"few"}
