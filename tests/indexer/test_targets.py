import os
from pathlib import Path, PurePosixPath

import pytest

from indexer.errors import PathError
from indexer.targets import Target, resolve_targets
from tests.indexer.trees import repository, unprivileged, write


def named(*paths: str) -> tuple[PurePosixPath, ...]:
    return tuple(map(PurePosixPath, paths))


def test_a_folder_is_indexed_whole(tmp_path: Path) -> None:
    assert resolve_targets([tmp_path]) == [Target(root=tmp_path)]


def test_a_lone_file_is_a_part_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, {"src/a.py": "a\n", "src/b.py": "b\n", "c.py": "c\n"})
    paths = [tmp_path / "src" / "b.py", tmp_path / "src" / "a.py", tmp_path / "c.py"]
    assert resolve_targets(paths) == [
        Target(root=tmp_path / "src", named=named("a.py", "b.py"), whole=False),
        Target(root=tmp_path, named=named("c.py"), whole=False),
    ]


def test_files_and_folders_inside_a_named_folder_are_its_named_parts(tmp_path: Path) -> None:
    write(tmp_path, {"build/a.py": "a\n", "c.log": "c\n"})
    expected = [Target(root=tmp_path, named=named("build", "c.log"))]
    assert resolve_targets([tmp_path, tmp_path / "c.log", tmp_path / "build"]) == expected
    assert resolve_targets([tmp_path / "build", tmp_path / "c.log", tmp_path]) == expected


def test_a_path_inside_an_indexed_folder_is_a_part_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"src/a.py": "a\n", "src/deep/b.py": "b\n"})
    paths = [tmp_path / "src" / "a.py", tmp_path / "src" / "deep"]
    assert resolve_targets(paths, roots=[tmp_path]) == [
        Target(root=tmp_path, named=named("src/a.py", "src/deep"), whole=False)
    ]
    assert resolve_targets([tmp_path], roots=[tmp_path]) == [Target(root=tmp_path)]


def test_a_repository_inside_a_named_folder_stays_on_its_own(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"a.py": "a\n"})
    expected = [Target(root=tmp_path), Target(root=inner, named=named("a.py"))]
    assert resolve_targets([tmp_path, inner, inner / "a.py"]) == expected


def test_a_path_named_twice_counts_once(tmp_path: Path) -> None:
    assert resolve_targets([tmp_path, tmp_path / "." / ".." / tmp_path.name]) == [Target(root=tmp_path)]


def test_a_named_link_is_followed(tmp_path: Path) -> None:
    write(tmp_path, {"real/a.py": "a\n"})
    (tmp_path / "link").symlink_to("real")
    assert resolve_targets([tmp_path / "link"]) == [Target(root=tmp_path / "real")]


def test_relative_paths_count_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"src/a.py": "a\n"})
    monkeypatch.chdir(tmp_path / "src")
    assert resolve_targets([Path("..")]) == [Target(root=tmp_path)]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(PathError, match=r"no such file or folder: `.*/nowhere`") as caught:
        resolve_targets([tmp_path, tmp_path / "nowhere"])
    assert str(Path.cwd()) in caught.value.hint


def test_a_path_through_a_file_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "a\n"})
    with pytest.raises(PathError, match="no such file or folder"):
        resolve_targets([tmp_path / "a.py" / "b"])


def test_a_link_to_itself_cannot_be_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(PathError, match=r"cannot be .*loop"):
        resolve_targets([tmp_path / "loop"])


def test_a_pipe_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PathError, match=r"neither a file nor a folder: `.*pipe`"):
        resolve_targets([tmp_path / "pipe"])


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_path_that_may_not_be_read_is_named(kind: str) -> None:
    with unprivileged() as root:
        write(root, {"folder/x": "x", "file": "x"})
        (root / kind).chmod(0)
        with pytest.raises(PathError, match=rf"cannot be read: `.*{kind}` \(Permission denied\)"):
            resolve_targets([root / kind])


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_an_impossible_name_is_an_error_of_the_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(PathError, match="cannot be read"):
        resolve_targets([tmp_path / name])


def test_git_data_and_bare_repositories_are_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "a\n"})
    (root / ".git").rename(tmp_path / "bare.git")
    repository(root)
    for path in (tmp_path / "bare.git", root / ".git", root / ".git" / "HEAD"):
        with pytest.raises(PathError, match="git's own data"):
            resolve_targets([path])


def test_a_secret_is_refused_when_nothing_else_is_named(tmp_path: Path) -> None:
    write(tmp_path, {".env": "PASSWORD=x\n", "a.py": "a\n", ".env.example": "PASSWORD=\n"})
    with pytest.raises(PathError, match=r"never indexed.*\.env`"):
        resolve_targets([tmp_path / ".env"])
    assert resolve_targets([tmp_path / ".env.example"])[0].named == named(".env.example")
    (target,) = resolve_targets([tmp_path / ".env", tmp_path / "a.py"])
    assert target.named == named(".env", "a.py")  # the walk reports it


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(PathError, match=r"not UTF-8: `.*caf\\xe9`"):
        resolve_targets([folder])
