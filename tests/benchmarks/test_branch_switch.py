import json
import shutil
from pathlib import Path

import pytest

from benchmarks import branch_switch as benchmark
from benchmarks import memory


@pytest.mark.parametrize(
    ("text", "python", "becomes"),
    [
        ("def a():\n    return 1\n\n\ndef b():\n    return 2\n", True, "    edited = True\n    return 2\n"),
        ("def a(): return 1\n", True, "# This was edited.\n"),
        ("def broken(:\n", True, "# This was edited.\n"),
        ("Text.", False, "\n\nThis was edited.\n"),
    ],
)
def test_one_definition_is_edited(text: str, python: bool, becomes: str) -> None:
    edited = benchmark.edited(text.encode(), python=python).decode()
    assert edited.endswith(becomes)
    assert edited.startswith(text.splitlines()[0])


def test_a_draw_is_the_same_for_a_seed_and_takes_each_file_once() -> None:
    paths = [f"{number}.py" for number in range(20)]
    drawn = benchmark.draw(paths, 9, seed=1)
    assert drawn == benchmark.draw(paths, 9, seed=1) != benchmark.draw(paths, 9, seed=2)
    assert sorted(map(len, drawn.values())) == [3, 3, 3]
    assert len({path for chosen in drawn.values() for path in chosen}) == 9


@pytest.mark.timeout(600)  # ten processes
def test_as_many_passages_are_encoded_as_are_new(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not memory.PROC.is_dir() or shutil.which("git") is None:
        pytest.skip("needs /proc and git")
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    out = tmp_path / "found.json"
    assert benchmark.main(["--source", str(tree), "--files", "3", "--out", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    runs = found["vectors"]["runs"]
    there, back, again = (runs[name] for name in ("there", "back", "there again"))
    assert 0 < there["encoded"] == there["needed"] < there["passages"]
    assert (there["changed"], there["renamed"]) == (back["changed"], back["renamed"]) == (1, 1)
    assert [one["encoded"] for one in (runs["nothing to do"], back, again)] == [0, 0, 0]
    assert [one["needed"] for one in (back, again)] == [0, 0]
    assert "| there |" in out.with_suffix(".md").read_text(encoding="utf-8")
