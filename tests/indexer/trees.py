"""Folders and git repositories for the tests of finding files."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from indexer.types import FileState, Skipped
from indexer.walk import Found, WalkRules, walk

DEFAULT = WalkRules()
ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}

TREE: dict[str, str | bytes] = {
    ".gitignore": "*.log\nbuild/\n!keep.log\n",
    "a.py": "a = 1\n",
    "a.log": "noise\n",
    "keep.log": "signal\n",
    "build/b.py": "b = 1\n",
    "src/.gitignore": "/gen.py\nsecretless\n",
    "src/gen.py": "g = 1\n",
    "src/c.py": "c = 1\n",
    "src/deep/gen.py": "g = 2\n",
}
WANTED = [".gitignore", "a.py", "keep.log", "src/.gitignore", "src/c.py", "src/deep/gen.py"]


def git(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, env=os.environ | ALONE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def repository(root: Path, files: Mapping[str, str | bytes] | None = None, *, commit: bool = True) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    git("init", "--quiet", "--template=", "--initial-branch=main", cwd=root)
    if files:
        write(root, files)
        if commit:
            git("add", "--all", cwd=root)
            git("commit", "--quiet", "-m", "first", cwd=root)
    return root


def found(root: Path, *named: str, whole: bool = True, rules: WalkRules = DEFAULT) -> list[str]:
    """The paths that a walk finds, in its order."""
    entries = walk(root, rules=rules, named=tuple(map(PurePosixPath, named)), whole=whole)
    return [str(entry.path) for entry in entries if isinstance(entry, Found)]


def skipped(
    root: Path, *named: str, whole: bool = True, rules: WalkRules = DEFAULT, explain: bool = False
) -> dict[str, str]:
    """Path to reason of what a walk leaves out."""
    entries = walk(root, rules=rules, named=tuple(map(PurePosixPath, named)), whole=whole, explain=explain)
    return {str(entry.path): entry.reason for entry in entries if isinstance(entry, Skipped)}


def states(entries: Iterable[Found | Skipped]) -> dict[PurePosixPath, FileState]:
    return {
        entry.path: FileState(path=entry.path, digest=b"", size=entry.size, mtime_ns=entry.mtime_ns)
        for entry in entries
        if isinstance(entry, Found)
    }


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder, and an identity that permissions hold for: nothing is closed to root."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if is_root := os.geteuid() == 0:
            root.chmod(0o755)
            os.chown(root, 65534, 65534)
            os.seteuid(65534)
        try:
            yield root
        finally:
            if is_root:
                os.seteuid(0)
            for path in root.iterdir():
                path.chmod(0o755)  # so that it can be deleted
