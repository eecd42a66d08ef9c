import dataclasses
import os
from pathlib import Path, PurePosixPath

import pytest

from indexer.repository import head_commit, identify, locate, normal_remote, unique_name, web_url
from indexer.types import Repo
from tests.indexer.trees import ALONE, git, repository, write


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in ALONE.items():
        monkeypatch.setenv(key, value)


def test_a_work_tree_has_the_name_of_its_folder_and_gits_branch_commit_and_remote(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "x = 1\n"})
    git("remote", "add", "origin", "git@github.com:owner/api.git", cwd=root)
    assert identify(root) == Repo(
        name="api",
        root=root,
        remote="https://github.com/owner/api",
        branch="main",
        commit=git("rev-parse", "HEAD", cwd=root),
    )


def test_a_folder_inside_a_work_tree_is_named_after_both(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"src/web/a.py": "x = 1\n"})
    repo = identify(root / "src" / "web")
    assert (repo.name, repo.root) == ("api/src/web", root / "src" / "web")
    assert repo.commit == git("rev-parse", "HEAD", cwd=root)
    assert head_commit(root / "src" / "web") == repo.commit


def test_a_plain_folder_has_only_a_name(tmp_path: Path) -> None:
    root = write(tmp_path / "notes", {"a.md": "# A\n"})
    assert identify(root) == Repo(name="notes", root=root)
    assert head_commit(root) is None
    assert locate(root).note is None


def test_a_folder_that_git_ignores_is_a_plain_one(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {".gitignore": "build/\n", "a.py": "x\n"})
    write(root, {"build/b.py": "y\n"})
    assert identify(root / "build") == Repo(name="build", root=root / "build")
    assert head_commit(root / "build") is None


def test_a_repository_without_commits_has_a_branch_and_no_commit(tmp_path: Path) -> None:
    repo = identify(repository(tmp_path / "new"))
    assert (repo.branch, repo.commit) == ("main", None)
    assert head_commit(repo.root) is None


def test_a_detached_head_has_a_commit_and_no_branch(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "x\n"})
    git("checkout", "--quiet", "--detach", cwd=root)
    repo = identify(root)
    assert repo.branch is None
    assert repo.commit == git("rev-parse", "HEAD", cwd=root)


def test_a_worktree_is_a_repository_with_its_own_branch(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "x\n"})
    git("worktree", "add", "--quiet", "-b", "fix", str(tmp_path / "api-fix"), cwd=root)
    repo = identify(tmp_path / "api-fix")
    assert (repo.name, repo.root, repo.branch) == ("api-fix", tmp_path / "api-fix", "fix")


def test_the_first_remote_stands_in_for_a_missing_origin(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "x\n"})
    git("remote", "add", "upstream", "https://gitlab.com/o/api.git", cwd=root)
    assert identify(root).remote == "https://gitlab.com/o/api"


def test_variables_of_a_git_hook_do_not_lead_to_another_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(tmp_path / "other", {"o.py": "o\n"})
    root = repository(tmp_path / "api", {"a.py": "x\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert identify(root).name == "api"
    assert locate(root).toplevel == root


def test_a_repository_of_an_untrusted_owner_is_a_plain_folder_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "api", {"a.py": "x\n"})
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own switch for its tests
    assert identify(root) == Repo(name="api", root=root)
    assert "does not trust its owner" in (locate(root).note or "")


def test_without_git_a_repository_is_a_plain_folder_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "api", {"a.py": "x\n"})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert identify(root) == Repo(name="api", root=root)
    assert "git is not installed" in (locate(root).note or "")


def test_a_program_named_in_a_repositorys_configuration_is_not_run(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"a.py": "x\n"})
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    git("config", "core.fsmonitor", str(trap), cwd=root)
    identify(root)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.skipif(os.name == "nt", reason="names there are never bytes")
def test_a_name_that_is_not_utf8_is_made_printable(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        root.mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert identify(root).name == "caf\\xe9"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("git@github.com:o/r.git", "https://github.com/o/r"),
        ("github.com:o/r", "https://github.com/o/r"),
        ("ssh://git@github.com/o/r.git", "https://github.com/o/r"),
        ("ssh://git@ssh.github.com:443/o/r.git", "https://github.com/o/r"),
        ("ssh://git@git.example.org:2222/o/r.git", "https://git.example.org/o/r"),
        ("https://github.com/o/r.git/", "https://github.com/o/r"),
        ("https://user:t0ken@GitHub.com/o/r", "https://github.com/o/r"),
        ("https://t0ken@gitlab.example.org:8443/g/s/r.git", "https://gitlab.example.org:8443/g/s/r"),
        ("https://oauth2:p@ss@gitlab.com/g/r.git?private_token=t0ken", "https://gitlab.com/g/r"),
        ("http://git.example.org/o/r", "https://git.example.org/o/r"),
        ("http://git.example.org:3000/o/r", "http://git.example.org:3000/o/r"),
        ("git://git.example.org/r.git", "https://git.example.org/r"),
        ("git@github.com-work:o/r.git", "https://github.com/o/r"),
        ("https://[2001:db8::1]/o/r", "https://[2001:db8::1]/o/r"),
        ("/srv/git/r.git", None),
        ("../r", None),
        ("file:///srv/git/r.git", None),
        ("C:/git/r.git", None),
        ("https://host:port/o/r", None),
        ("", None),
    ],
)
def test_remotes_become_https_pages_without_credentials(given: str, expected: str | None) -> None:
    assert normal_remote(given) == expected


HUB = Repo(name="r", root=Path("/w/r"), remote="https://github.com/o/r", commit="c0ffee")


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://github.com/o/r", "https://github.com/o/r/blob/c0ffee/src/a%20b%23.py#L3-L9"),
        ("https://github.example.org/o/r", "https://github.example.org/o/r/blob/c0ffee/src/a%20b%23.py#L3-L9"),
        ("https://gitlab.example.org/g/s/r", "https://gitlab.example.org/g/s/r/-/blob/c0ffee/src/a%20b%23.py#L3-9"),
        ("https://bitbucket.org/o/r", "https://bitbucket.org/o/r/src/c0ffee/src/a%20b%23.py#lines-3:9"),
        ("https://codeberg.org/o/r", "https://codeberg.org/o/r/src/commit/c0ffee/src/a%20b%23.py#L3-L9"),
        ("https://gitea.example.org/o/r", "https://gitea.example.org/o/r/src/commit/c0ffee/src/a%20b%23.py#L3-L9"),
        ("https://git.example.org/o/r", None),
    ],
)
def test_each_code_host_gets_its_own_kind_of_link(remote: str, expected: str | None) -> None:
    assert web_url(dataclasses.replace(HUB, remote=remote), PurePosixPath("src/a b#.py"), 3, 9) == expected


def test_a_link_needs_a_remote_and_a_commit() -> None:
    assert web_url(dataclasses.replace(HUB, commit=None), PurePosixPath("a.py"), 1, 1) is None
    assert web_url(dataclasses.replace(HUB, remote=None), PurePosixPath("a.py"), 1, 1) is None


def test_a_link_into_a_rendered_page_asks_for_its_source() -> None:
    assert (
        web_url(HUB, PurePosixPath("README.md"), 3, 9) == "https://github.com/o/r/blob/c0ffee/README.md?plain=1#L3-L9"
    )
    assert web_url(HUB, PurePosixPath("README.md")) == "https://github.com/o/r/blob/c0ffee/README.md"


def test_a_link_from_an_indexed_inner_folder_starts_at_the_work_tree(tmp_path: Path) -> None:
    root = repository(tmp_path / "api", {"src/web/a.py": "x = 1\n"})
    git("remote", "add", "origin", "https://github.com/o/api", cwd=root)
    repo = identify(root / "src" / "web")
    expected = f"https://github.com/o/api/blob/{repo.commit}/src/web/a.py#L1-L2"
    assert web_url(repo, PurePosixPath("a.py"), 1, 2) == expected
    renamed = dataclasses.replace(repo, name=unique_name(repo.name, {repo.name: Path("/other/api")}, repo.root))
    assert renamed.name != repo.name
    assert web_url(renamed, PurePosixPath("a.py"), 1, 2) == expected


def test_a_root_keeps_the_name_it_has() -> None:
    assert unique_name("api", {"old-name": Path("/w/api"), "api": Path("/x/api")}, Path("/w/api")) == "old-name"


def test_a_free_name_is_taken_as_it_is() -> None:
    assert unique_name("api", {"web": Path("/w/web")}, Path("/w/api")) == "api"


def test_a_taken_name_gets_the_folders_above_in_front() -> None:
    taken = {"api": Path("/x/api")}
    assert unique_name("api", taken, Path("/home/u/work/api")) == "work-api"
    taken["Work-API"] = Path("/y/work/api")  # names that differ in case only would be one filter
    assert unique_name("api", taken, Path("/home/u/work/api")) == "u-work-api"


def test_a_name_that_is_taken_with_every_folder_gets_a_number() -> None:
    taken = {"api": Path("/x/api"), "w-api": Path("/y/api"), "api-2": Path("/z/api")}
    assert unique_name("api", taken, Path("/w/api")) == "api-3"


def test_a_name_from_elsewhere_need_not_fit_the_root() -> None:
    assert unique_name("a/b/c/d", {"a/b/c/d": Path("/x")}, Path("/w")) == "a-2/b/c/d"
