"""A prepared folder is read at random, as it was written."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import Row, Source, data_file, offsets_file, open_prepared
from training.errors import DataError
from training.prepare import prepare

ODD = st.text(st.characters(exclude_categories=()), min_size=1).filter(str.strip)  # lone surrogates among them
ROWS = st.builds(
    Row,
    ODD.map("q{}".format),
    ODD.map("p{}".format),
    st.lists(ODD.map("n{}".format), max_size=3, unique=True).map(tuple),
)


def write_raw(path: Path, rows: list[Row]) -> None:
    fields = [{"query": row.query, "positive": row.positive, "negatives": row.negatives} for row in rows]
    path.write_text("".join(json.dumps(each) + "\n" for each in fields))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources of three and two rows."""
    raw = tmp_path / "raw"
    raw.mkdir()
    write_raw(raw / "letters.jsonl", [Row("a", "letter a"), Row("b", "letter b", ("one", "two")), Row("c", "letter c")])
    write_raw(raw / "digits.jsonl", [Row("1", "digit 1"), Row("2", "digit 2")])
    prepare([raw], tmp_path / "prepared")
    return tmp_path / "prepared"


@given(st.lists(ROWS, min_size=1, max_size=8, unique_by=lambda row: (row.query, row.positive)), st.data())
def test_rows_read_at_random_are_the_rows_written(rows: list[Row], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as path:
        write_raw(Path(path, "odd.jsonl"), rows)
        prepare([Path(path, "odd.jsonl")], Path(path, "out"))
        [source] = open_prepared(Path(path, "out"))
        positions = data.draw(st.lists(st.integers(0, len(rows) - 1)))
        assert len(source) == len(rows)
        assert source.rows(positions) == [rows[position] for position in positions]


@pytest.mark.parametrize("text", ["a\u2028b", "a\nb\r\nc", "\ud800 alone", "\U0001f600", "tab\tand \0 nul", '"quoted"'])
def test_odd_characters_survive(text: str, tmp_path: Path) -> None:
    write_raw(tmp_path / "odd.jsonl", [Row("before", "it"), Row(text, f"{text}!", (f"{text}?",)), Row("after", "it")])
    prepare([tmp_path / "odd.jsonl"], tmp_path / "out")
    [source] = open_prepared(tmp_path / "out")
    assert source.rows([1]) == [Row(text, f"{text}!", (f"{text}?",))]
    assert source.rows([2]) == [Row("after", "it")]


def test_sources_come_by_name_and_count_their_rows(folder: Path) -> None:
    assert [(source.name, len(source)) for source in open_prepared(folder)] == [("digits", 2), ("letters", 3)]


def test_a_source_without_rows_is_left_out(tmp_path: Path) -> None:
    write_raw(tmp_path / "none.jsonl", [Row("same", "same")])
    write_raw(tmp_path / "some.jsonl", [Row("a", "b")])
    prepare([tmp_path / "none.jsonl", tmp_path / "some.jsonl"], tmp_path / "out")
    assert [source.name for source in open_prepared(tmp_path / "out")] == ["some"]


@pytest.mark.parametrize("position", [-1, 3])
def test_a_row_outside_the_source_is_an_index_error(folder: Path, position: int) -> None:
    with pytest.raises(IndexError, match="which has 3"):
        Source(folder, "letters").rows([position])


def cut_rows(folder: Path) -> None:
    data = data_file(folder, "letters")
    data.write_bytes(data.read_bytes()[:-1])


def lose_rows(folder: Path) -> None:
    data_file(folder, "letters").unlink()


def lose_offsets(folder: Path) -> None:
    offsets_file(folder, "letters").unlink()


def break_offsets(folder: Path) -> None:
    offsets_file(folder, "letters").write_bytes(b"not numpy's")


def shorten_offsets(folder: Path) -> None:
    np.save(offsets_file(folder, "letters"), np.array([0, 5], dtype=np.int64))


def narrow_offsets(folder: Path) -> None:
    np.save(offsets_file(folder, "letters"), np.array([0, 5], dtype=np.int32))


def lose_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def break_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def another_version(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "version": 99}))


@pytest.mark.parametrize(
    "damage",
    [
        cut_rows,
        lose_rows,
        lose_offsets,
        break_offsets,
        shorten_offsets,
        narrow_offsets,
        lose_manifest,
        break_manifest,
        another_version,
    ],
)
def test_a_damaged_folder_is_refused_with_a_way_out(folder: Path, damage: object) -> None:
    assert callable(damage)
    damage(folder)
    with pytest.raises(DataError) as caught:
        open_prepared(folder)
    assert "gte-train prepare" in caught.value.hint


def test_bytes_that_are_no_row_are_told_by_their_number(folder: Path) -> None:
    data = data_file(folder, "letters")
    data.write_bytes(b"x" * data.stat().st_size)
    [_, letters] = open_prepared(folder)
    with pytest.raises(DataError, match="row 2"):
        letters.rows([2])
