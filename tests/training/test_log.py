import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from training import log
from training.errors import RunError
from training.log import Log
from training.plot import plot, smooth


def write(run: Path, steps: range, *, done: int = 0, total: int = 100) -> None:
    with Log(run, step=done, steps=total, say=lambda _: None) as opened:
        for step in steps:
            opened.step(step=step, loss=1 / step, distillation=0.1, pairs_per_second=50.0, source="s")


def test_steps_after_the_checkpoint_are_written_again(tmp_path: Path) -> None:
    write(tmp_path, range(1, 8))
    write(tmp_path, range(5, 7), done=4)
    assert [step["step"] for step in log.read(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_a_line_cut_by_a_kill_is_none(tmp_path: Path) -> None:
    write(tmp_path, range(1, 4))
    path = tmp_path / "log.jsonl"
    path.write_text(path.read_text()[:-9])
    assert [step["step"] for step in log.read(tmp_path)] == [1, 2]
    write(tmp_path, range(3, 5), done=2)
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [1, 2, 3, 4]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"step": "x"}'])
def test_a_whole_line_that_is_no_step_is_an_error(line: str, tmp_path: Path) -> None:
    write(tmp_path, range(1, 3))
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(RunError, match=r"line 3 of .*log\.jsonl") as caught:
        Log(tmp_path, step=2, steps=9)
    assert "delete" in caught.value.hint


def test_the_terminal_hears_of_the_first_step_the_last_and_now_and_then_between(tmp_path: Path) -> None:
    def clock() -> Iterator[float]:
        yield from (0.0, 0.0)  # begun, told
        yield from (60.0, 61.0, 66.0, 67.0)

    ticks, told = clock(), list[str]()
    with Log(tmp_path, step=10, steps=14, say=told.append, clock=lambda: next(ticks)) as opened:
        for step in (11, 12, 13, 14):
            opened.step(step=step, loss=0.5, pairs_per_second=50.0, source="s")
    assert [line.split()[1] for line in told] == ["11/14", "13/14", "14/14"]
    assert told[0] == "step 11/14  loss 0.500  50 pairs/s  3:00 left  s"


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    write(tmp_path, range(1, 30))
    assert plot(tmp_path).read_bytes().startswith(b"\x89PNG")


def test_a_folder_without_a_log_has_no_curves(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    with pytest.raises(RunError, match="cannot read the log") as caught:
        plot(tmp_path)
    assert caught.value.hint == "name the folder of a run"


def test_a_running_mean_begins_at_the_first_value() -> None:
    assert smooth([4.0, 4.0, 4.0]) == pytest.approx([4.0, 4.0, 4.0])
    assert smooth([4.0, 0.0])[1] == pytest.approx(0.95 * 0.05 * 4 / (0.05 + 0.95 * 0.05))
