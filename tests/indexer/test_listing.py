import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.unwanted import Reason
from tests.indexer.trees import ALONE, TREE, WANTED, found, git, repository, skipped, write


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in ALONE.items():
        monkeypatch.setenv(key, value)


def test_a_plain_folder_is_walked_by_its_ignore_files(tmp_path: Path) -> None:
    assert found(write(tmp_path, TREE)) == WANTED


def test_a_repository_gives_untracked_files_that_are_not_ignored(tmp_path: Path) -> None:
    assert found(repository(tmp_path, TREE, commit=False)) == WANTED


def test_a_repository_gives_tracked_files_though_a_rule_ignores_them(tmp_path: Path) -> None:
    root = repository(tmp_path, TREE)
    git("add", "--force", "a.log", cwd=root)
    assert found(root) == sorted([*WANTED, "a.log"])


def test_a_tracked_file_that_is_deleted_is_skipped(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "a\n", "b.py": "b\n"})
    (root / "a.py").unlink()
    assert (found(root), skipped(root)) == (["b.py"], {"a.py": "not on disk"})


def test_a_folder_of_a_repository_keeps_the_rules_from_above(tmp_path: Path) -> None:
    root = repository(tmp_path, TREE)
    write(root, {"src/x.log": "noise\n"})
    assert found(root / "src") == [".gitignore", "c.py", "deep/gen.py"]


def test_without_git_a_repository_is_walked_by_the_same_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "api", TREE, commit=False)
    write(root, {".git/info/exclude": "local.py\n", "local.py": "l\n"})
    with_git = found(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(root) == with_git == WANTED


def test_the_order_is_that_of_path_parts_with_and_without_git(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = dict.fromkeys(["a-b/x.py", "a/x.py", "a.py", "B/x.py", "a/b/c.py"], "x\n")
    expected = ["B/x.py", "a/b/c.py", "a/x.py", "a-b/x.py", "a.py"]
    assert found(write(tmp_path / "plain", files)) == expected
    assert found(repository(tmp_path / "git", files)) == expected


def test_conflicted_files_are_found_once(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": "a = 1\n"})
    git("checkout", "--quiet", "-b", "other", cwd=root)
    write(root, {"a.py": "a = 2\n"})
    git("commit", "--quiet", "-am", "two", cwd=root)
    git("checkout", "--quiet", "main", cwd=root)
    write(root, {"a.py": "a = 3\n"})
    git("commit", "--quiet", "-am", "three", cwd=root)
    with pytest.raises(AssertionError):
        git("merge", "other", cwd=root)
    assert found(root) == ["a.py"]


def test_a_submodule_is_entered_where_it_is_checked_out(tmp_path: Path) -> None:
    library = repository(tmp_path / "library", {".gitignore": "*.tmp\n", "lib.py": "l = 1\n"})
    root = repository(tmp_path / "api", {"a.py": "a = 1\n"})
    for name in ("lib", "gone"):
        git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), name, cwd=root)
    git("submodule", "--quiet", "deinit", "--force", "gone", cwd=root)
    write(root, {"lib/x.tmp": "noise\n", "lib/new.py": "n = 1\n"})
    assert found(root) == [".gitmodules", "a.py", "lib/.gitignore", "lib/lib.py", "lib/new.py"]
    assert skipped(root) == {"gone": Reason.SUBMODULE}


def test_another_repository_inside_is_left_out_as_git_does(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "a = 1\n"})
    repository(root / "inner", {"b.py": "b = 1\n"})
    assert (found(root), skipped(root)) == (["a.py"], {"inner": Reason.NESTED})


def test_a_plain_folder_of_repositories_is_walked_whole_and_git_data_is_never_shown(tmp_path: Path) -> None:
    repository(tmp_path / "one", {".gitignore": "*.tmp\n", "a.py": "a\n"})
    repository(tmp_path / "two", {"b.tmp": "b\n"})
    write(tmp_path, {"one/x.tmp": "x\n", ".hg/store": "x\n", ".svn/entries": "x\n"})
    assert found(tmp_path) == ["one/.gitignore", "one/a.py", "two/b.tmp"]
    assert skipped(tmp_path, explain=True) == {"one/x.tmp": Reason.IGNORED}


@pytest.mark.parametrize("make", [write, lambda root, files: repository(root, files, commit=False)])
def test_what_git_ignores_is_explained_when_asked(make: object, tmp_path: Path) -> None:
    assert callable(make)
    root = make(tmp_path, TREE)
    assert skipped(root) == {}
    ignored = {"a.log": Reason.IGNORED, "build": Reason.IGNORED, "src/gen.py": Reason.IGNORED}
    assert skipped(root, explain=True) == ignored


# -- the law --------------------------------------------------------------------------------------------

RULES = st.sampled_from(
    [
        *("*", "!*", "*/", "!*/", "a", "!a", "a/", "!a/", "/a", "!/a/", "b/", "*.py", "!*.py", "a/*", "!a/*", "a/b"),
        *("!a/b/", "a/**", "!a/**", "**/b", "!**/b", "**/a/b", "a/**/b", "/*", "!/b", "[ab]", "!?.py", "b.*", "# a"),
    ]
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    top=st.lists(RULES, max_size=6),
    inner=st.lists(RULES, max_size=4),
    exclude=st.lists(RULES, max_size=2),
    seed=st.integers(0, 2**16),
)
def test_our_own_walk_finds_what_git_finds(top: list[str], inner: list[str], exclude: list[str], seed: int) -> None:
    rng = random.Random(seed)
    names = ("a", "b", "a.py", "b.py")
    paths = {"/".join(rng.choice(names[:2]) for _ in range(rng.randint(0, 3))) for _ in range(6)}
    files: dict[str, str | bytes] = {f"{path}/{rng.choice(names[2:])}".lstrip("/"): "x\n" for path in sorted(paths)}
    files |= {".gitignore": "\n".join(top) + "\n", "a/.gitignore": "\n".join(inner) + "\n"}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for key, value in ALONE.items():
            patch.setenv(key, value)
        root = repository(Path(folder) / "r", files, commit=False)
        write(root, {".git/info/exclude": "\n".join(exclude) + "\n"})
        with_git = found(root)
        patch.setenv("PATH", folder)
        assert found(root) == with_git
