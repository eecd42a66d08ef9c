import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import turns


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 0.99, 1.0])
@pytest.mark.parametrize("count", [1, 2, 25, 100])
def test_a_percentile_is_that_of_numpy(share: float, count: int) -> None:
    values = np.random.default_rng(count).normal(size=count).tolist()
    assert turns.percentile(values, share) == pytest.approx(float(np.quantile(values, share)))


def test_ratios_are_taken_within_each_turn() -> None:
    runs = [{"ours": 2.0, "theirs": 1.0}, {"ours": 9.0, "theirs": 3.0}, {"ours": 50.0, "theirs": 50.0}]
    found = turns.ratios(runs, float, over="ours", under="theirs")
    assert found == {"median": 2.0, "least": 1.0, "most": 3.0}
    assert turns.shown(found, 1) == "2.0 (1.0 to 3.0)"


def test_the_first_column_of_a_table_is_text() -> None:
    assert turns.table(["a", "b"], [["x", "1"]]) == ["| a | b |", "|---|--:|", "| x | 1 |"]


def test_a_side_prints_what_it_likes_before_its_result() -> None:
    command = [sys.executable, "-c", "print('loading'); print('{\"a\": 1}')"]
    assert turns.child(command, turns.environment(), name="a side") == {"a": 1}


def test_a_side_that_fails_is_told_with_its_message() -> None:
    with pytest.raises(SystemExit, match=r"(?s)the run of a side failed.*no model here"):
        turns.child([sys.executable, "-c", "raise OSError('no model here')"], turns.environment(), name="a side")


def test_a_run_imports_the_checkout_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "indexer.py").write_text("here = 1\n", encoding="utf-8")
    command = [sys.executable, "-P", "-c", "import indexer; print(indexer.here)"]
    assert turns.child(command, turns.environment(tmp_path), name="another") == 1


def test_the_page_lies_beside_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns.write({"a": 1}, "page\n", tmp_path / "deep" / "found.json")
    assert json.loads((tmp_path / "deep" / "found.json").read_text(encoding="utf-8")) == {"a": 1}
    assert (tmp_path / "deep" / "found.md").read_text(encoding="utf-8") == "page\n" == capsys.readouterr().out
