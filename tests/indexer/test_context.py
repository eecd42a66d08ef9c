from pathlib import Path

import pytest

from indexer import Index
from indexer.errors import QueryError
from indexer.types import Context


def context(index: Index, question: str, *, around: int = 2, neighbours: int = 1) -> Context:
    found = index.context(index.search(question).hits[0].id, around=around, neighbours=neighbours)
    assert found is not None
    return found


def test_a_method_names_its_class_and_its_neighbours(filled: Index) -> None:
    found = context(filled, "Uploader.retry_failed")
    assert [(one.name, one.end) for one in found.enclosing] == [("Uploader", 21)]
    assert found.enclosing[0].start < found.hit.start
    assert [hit.symbol for hit in found.before] == ["Uploader.send"]
    assert found.after == ()
    assert found.whole == (found.hit.start, found.hit.end)


def test_a_section_names_its_chapter(filled: Index) -> None:
    found = context(filled, "installing run the installer and accept the licence")
    assert found.hit.title == "Guide > Installing"
    assert [one.name for one in found.enclosing] == ["Guide"]
    assert [hit.title for hit in found.after] == ["Guide > Uploading"]


def test_lines_around_are_those_of_the_file_as_long_as_it_is_the_one_indexed(filled: Index, tree: Path) -> None:
    text = (tree / "src" / "upload.py").read_text("utf-8").split("\n")
    lines = context(filled, "Uploader.retry_failed").lines
    assert (lines.start, lines.end, lines.exact) == (13, 22, True)
    assert lines.text == "\n".join(text[12:22])


@pytest.mark.parametrize("change", ["other", "gone", "link"])
def test_what_a_file_became_since_is_never_shown(filled: Index, tree: Path, tmp_path: Path, change: str) -> None:
    path = tree / "src" / "upload.py"
    before = path.read_text("utf-8").split("\n")
    if change == "other":
        path.write_text("secret\n" * 30, "utf-8")
    else:
        path.unlink()
    if change == "link":
        (tmp_path / "secret").write_text("secret\n" * 30, "utf-8")
        path.symlink_to(tmp_path / "secret")
    lines = context(filled, "Uploader.retry_failed").lines
    assert not lines.exact
    assert "secret" not in lines.text
    assert lines.text.split("\n") == before[12:21]


def test_the_pieces_of_a_long_definition_know_the_whole(index: Index, tmp_path: Path) -> None:
    root = tmp_path / "long"
    root.mkdir()
    body = "\n".join(f"    total = self.add(total, parse(values[{number}]), retry={number})" for number in range(80))
    (root / "one.py").write_text(f"def sum_of_one(self, values):\n{body}\n", "utf-8")
    index.sync([root])
    assert context(index, "sum_of_one").whole == (1, 81)


def test_neighbours_and_lines_can_be_none(filled: Index) -> None:
    found = context(filled, "Uploader.retry_failed", around=0, neighbours=0)
    assert found.before == found.after == ()
    assert found.lines.text == found.hit.text


def test_an_unknown_id_is_none_and_numbers_out_of_range_are_refused(filled: Index) -> None:
    assert filled.context("none") is None
    with pytest.raises(QueryError):
        filled.context("none", around=-1)
