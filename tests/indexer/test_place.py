from pathlib import Path

import pytest

from indexer import Index
from indexer.errors import PathError
from indexer.place import chunks_at, folder_or_file


@pytest.fixture
def two(index: Index, tree: Path, tmp_path: Path) -> Index:
    """`project`, and `other` with a file of the same path."""
    other = tmp_path / "other"
    (other / "src").mkdir(parents=True)
    (other / "src" / "upload.py").write_text("def elsewhere():\n    return 1\n", "utf-8")
    (other / "src" / "alone.py").write_text("def alone():\n    return 2\n", "utf-8")
    index.sync([tree, other])
    return index


def symbols(index: Index, place: str, folder: Path | None = None) -> list[str | None]:
    return [chunk.symbol for chunk in chunks_at(place, store=index._store, folder=folder).chunks]


@pytest.mark.parametrize(
    "place",
    [
        "project/src/upload.py:17",
        "/project/src/upload.py:17",
        "project/src/upload.py:15-21",
        "project/src/upload.py:17:4",
    ],
)
def test_a_line_is_the_chunk_that_holds_it(two: Index, place: str) -> None:
    assert symbols(two, place) == ["Uploader.retry_failed"]


def test_a_path_alone_is_the_whole_file_and_its_end_is_enough_where_it_is_the_only_one(two: Index) -> None:
    assert symbols(two, "alone.py") == ["alone"]
    assert symbols(two, "src/alone.py:2") == ["alone"]
    assert chunks_at("alone.py", store=two._store).whole_file


def test_a_path_of_the_disk_is_taken_from_the_folder_or_whole(two: Index, tree: Path) -> None:
    assert symbols(two, "upload.py:17", tree / "src") == ["Uploader.retry_failed"]
    assert symbols(two, "../src/upload.py:17", tree / "docs") == ["Uploader.retry_failed"]
    assert symbols(two, f"{tree}/src/upload.py:17") == ["Uploader.retry_failed"]


def test_an_id_is_its_chunk(two: Index) -> None:
    hit = two.search("alone").hits[0]
    assert symbols(two, hit.id) == [hit.symbol]


def test_a_path_of_several_repositories_names_them_all(two: Index) -> None:
    with pytest.raises(PathError, match=r"may be any of other/src/upload.py, project/src/upload.py") as error:
        symbols(two, "src/upload.py:2")
    assert "`other/src/upload.py`" in error.value.hint


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        ("nowhere.py:3", "nowhere.py is not indexed", "index-repo nowhere.py"),
        ("load.py", "load.py is not indexed", "check the path"),  # part of a name is not the end of a path
        ("project/src/upload.py:999", "line 999 of src/upload.py is in no indexed piece", "last indexed line is 21"),
        ("project/src/server.go:2", "line 2 of src/server.go", "the nearest piece is src/server.go:"),
        ("", "the place is empty", "PATH:LINE"),
        ("6d9be4a1-57d4-5c09-8a3e-2f6c1b0e7d42", "there is no chunk", "search again"),
    ],
)
def test_an_error_says_what_to_do(two: Index, place: str, message: str, hint: str) -> None:
    with pytest.raises(PathError) as error:
        symbols(two, place)
    assert message in str(error.value)
    assert hint in error.value.hint


def test_folders_files_and_repositories_are_found_by_name(two: Index, tree: Path) -> None:
    def found(path: str, folder: Path | None = None) -> tuple[str, str]:
        repo, inside = folder_or_file(path, store=two._store, folder=folder)
        return repo, str(inside)

    assert found("docs") == ("project", "docs")
    assert found("project") == ("project", ".")
    assert found("src", tree) == ("project", "src")
    assert found(".", tree / "src") == ("project", "src")
    assert found(str(tree)) == ("project", ".")
    assert found("alone.py") == ("other", "src/alone.py")
    with pytest.raises(PathError, match="other/src, project/src"):
        found("src")
