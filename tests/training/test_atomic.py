import json
from pathlib import Path

import pytest

from training.atomic import unfinished, write_json, write_text


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_text(path, "old")
    with unfinished(path) as place:
        place.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_could_not_be_finished_leaves_the_older_one_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def fail() -> None:
        with unfinished(path) as place:
            place.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_keeps_letters_and_whatever_else_a_name_may_hold(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "Straße"})
    assert "Straße" in (tmp_path / "a.json").read_text(encoding="utf-8")
    write_json(tmp_path / "b.json", ["\udcff", "ß"])
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8")) == ["\udcff", "ß"]
