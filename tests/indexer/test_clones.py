"""Cloning with the real git, which is led from an address to a folder of this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer import Index, clones
from indexer.errors import PathError

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://example.invalid/owner/site.git"


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two commits that ADDRESS leads to."""
    folder = tmp_path / "remote/owner/site.git"
    folder.mkdir(parents=True)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{(tmp_path / 'remote').as_uri()}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://example.invalid/")
    monkeypatch.setitem(clones._ENVIRONMENT, "GIT_ALLOW_PROTOCOL", "file")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "one.py", "def one():\n    return 1\n")
    commit(folder, "two.py", "def two():\n    return 2\n")
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def commit(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", name)


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("https://github.com/pallets/click", "github.com/pallets/click"),
        (" https://GitHub.com/pallets/click.git/ ", "github.com/pallets/click"),
        ("git@github.com:pallets/click.git", "github.com/pallets/click"),
        ("ssh://git@example.org:2222/a/b/c.git", "example.org/a/b/c"),
        ("https://example.org:8443/a/b", "example.org-8443/a/b"),
    ],
)
def test_an_address_has_its_folder(address: str, folder: str, tmp_path: Path) -> None:
    assert clones.is_address(address)
    assert clones.folder(address, tmp_path) == tmp_path / "clones" / folder


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a/b",
        "git://example.org/a/b",
        "file:///etc",
        "ext::sh -c touch% /tmp/x",
        "https://user:secret@example.org/a/b",
        "https://secret@example.org/a/b",
        "https://example.org/a/b?token=secret",
        "ssh://git:secret@example.org/a/b",
        "https://example.org",
        "https://example.org/../../etc",
        "https://example.org/a/.git/hooks",
        "https://example.org:port/a/b",
        "https://example.org/a/-b",
        "--upload-pack=touch /tmp/x",
        "",
    ],
)
def test_what_is_no_safe_address_is_refused_without_being_repeated(address: str, tmp_path: Path) -> None:
    with pytest.raises(PathError) as caught:
        clones.folder(address, tmp_path)
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("path", ["~/projects/site", "C:\\\\site", "c:/site", "a folder: with colon/", "/srv/a:b", ""])
def test_a_path_is_no_address(path: str) -> None:
    assert not clones.is_address(path)


def test_a_clone_is_shallow_and_follows_its_origin(origin: Path, tmp_path: Path) -> None:
    index_dir = tmp_path / "index"
    folder = clones.clone(ADDRESS, index_dir)
    assert folder == index_dir / "clones/example.invalid/owner/site"
    assert sorted(path.name for path in folder.glob("*.py")) == ["one.py", "two.py"]
    assert (folder / ".git/shallow").exists()
    assert clones.address_of(folder, index_dir) == ADDRESS
    assert clones.address_of(origin, index_dir) is None
    commit(origin, "three.py", "def three():\n    return 3\n")
    git(origin, "rm", "--quiet", "one.py")
    git(origin, "commit", "--quiet", "--message", "less")
    assert clones.clone(ADDRESS, index_dir) == folder
    assert sorted(path.name for path in folder.glob("*.py")) == ["three.py", "two.py"]
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def test_no_hook_runs(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "template/hooks"
    hooks.mkdir(parents=True)
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hooks.parent))
    folder = clones.clone(ADDRESS, tmp_path / "index")
    assert not (tmp_path / "ran").exists()
    assert not (folder / ".git/hooks").exists()


def test_what_git_complains_of_is_told_and_nothing_is_left(origin: Path, tmp_path: Path) -> None:
    with pytest.raises(PathError, match=r"https://example\.invalid/owner/none cannot be cloned: ") as caught:
        clones.clone("https://example.invalid/owner/none", tmp_path / "index")
    assert "git ls-remote" in caught.value.hint
    assert list((tmp_path / "index/clones/example.invalid/owner").iterdir()) == []


def test_removing_a_clone_deletes_it_and_no_other_folder(origin: Path, index: Index) -> None:
    folder = clones.clone(ADDRESS, index.settings.index)
    index.sync([folder, origin])
    for status in index.repos():
        index.remove(status.repo.name)
    assert not folder.exists()
    assert (origin / "two.py").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_stop_ends_git_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    slow = tmp_path / "bin/git"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    slow.chmod(0o755)
    program = (
        f"from pathlib import Path; from indexer import clones; clones.clone({ADDRESS!r}, Path({str(tmp_path)!r}))"
    )
    path = f"{slow.parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", program], env=environ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert list((tmp_path / "clones/example.invalid/owner").iterdir()) == []
