import json
from pathlib import Path

import pytest

from benchmarks import teachers
from embedder.files import Layout
from tests.embedder import checkpoints

QUERY = "where is "


def teacher(folder: Path, pooling: str) -> Path:
    """A plain transformers folder, as a teacher is delivered."""
    checkpoints.write(folder)
    for name in ("modules.json", "sentence_bert_config.json", "1_Pooling/config.json"):
        (folder / name).unlink()
    said = {"pooling": pooling, "dims": 32, "max_length": 48, "query_prefix": QUERY, "passage_prefix": ""}
    checkpoints.write_json(folder / "teacher.json", said)
    return folder


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_teacher_is_read_as_it_is_meant(tmp_path: Path, pooling: str) -> None:
    folder = teacher(tmp_path / "m", pooling)
    said = json.loads((folder / "teacher.json").read_text())
    assert teachers.write(folder, said)
    layout = Layout.find(folder)
    assert (layout.pooling.value, layout.query_prefix, layout.passage_prefix) == (pooling, QUERY, "")
    assert teachers.check(folder, said) < teachers.TOLERANCE


def test_a_folder_that_says_otherwise_is_kept_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = teacher(tmp_path / "m", "mean")
    said = json.loads((folder / "teacher.json").read_text())
    teachers.write(folder, {**said, "pooling": "cls"})
    assert teachers.main([str(folder)]) == 1
    assert "kept as it was" in capsys.readouterr().out
