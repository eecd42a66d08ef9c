"""Repositories that are indexed from their address: shallow clones in a folder of the index.

Nothing of a repository is run: no hooks, no submodules, no filters of its own. No password is asked for or kept: what
is not public needs a key in an agent, or a helper that git knows already.
"""

import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final
from urllib.parse import urlsplit

from indexer import git
from indexer.errors import PathError
from indexer.repository import normal_remote

FOLDER: Final = "clones"  # in the folder of the index
LONGEST: Final = 1_800.0  # seconds for a clone

HINT: Final = "give it as https://host/owner/name or git@host:owner/name, without a password"
SCP: Final = re.compile(r"(?:[\w.-]+@)?[A-Za-z0-9][\w.-]+:(?![/\\])[^\s:]+")  # not C:\\folder
PART: Final = re.compile(r"[A-Za-z0-9_~+][\w.~+ -]*")  # of a folder's path: no "..", no ".git", no option

_ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "https:ssh",  # also where the user's configuration puts another address in place of one
    "GIT_ASKPASS": "true",  # answers nothing: a window that asks for a password would wait behind a server
    "SSH_ASKPASS": "true",
    "GIT_LFS_SKIP_SMUDGE": "1",
}


def is_address(text: str) -> bool:
    """Tell whether somebody means a repository elsewhere, not a path."""
    return "://" in text or bool(SCP.fullmatch(text.strip()))


def folder(address: str, index_dir: Path) -> Path:
    """Return the folder that an address is cloned into; index_dir: that of the index.

    Raises PathError for an address that is neither https nor ssh, or holds a password; the message does not repeat it.
    """
    address = address.strip()
    scheme = urlsplit(address).scheme if "://" in address else "ssh" if SCP.fullmatch(address) else ""
    if scheme not in ("https", "ssh"):
        raise PathError("an address that is neither https nor ssh cannot be cloned", hint=HINT)
    if "://" in address and _has_secret(address, scheme):
        raise PathError(
            "the address holds a password or a token, which would be kept",
            hint="leave it out; use ssh with a key, or a credential helper of git",
        )
    remote = normal_remote(address)
    parts = remote.split("://", 1)[1].replace(":", "-").split("/") if remote else []
    if len(parts) < 2 or not all(PART.fullmatch(part) for part in parts):
        raise PathError("that is not the address of a repository", hint=HINT)
    return index_dir / FOLDER / Path(*parts)


def _has_secret(address: str, scheme: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return parts.password is not None or (scheme == "https" and parts.username is not None) or bool(parts.query)


def clone(address: str, index_dir: Path) -> Path:
    """Clone a repository without its history, or bring the clone to what the address has now; return its folder.

    Raises PathError with what git said.
    """
    target = folder(address, index_dir)
    address = address.strip()
    with _stoppable():
        if (target / ".git").is_dir():
            _done(_git("fetch", "--depth=1", "--no-tags", "--", address, "HEAD", cwd=target), address)
            _done(_git("reset", "--hard", "--quiet", "FETCH_HEAD", cwd=target), address)
        else:
            _clone(address, target)
    return target


def _clone(address: str, target: Path) -> None:
    """Clone beside the target first: what is cut off leaves no half of a repository in its place."""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
    except OSError as error:
        raise PathError(
            f"no folder can be made for the clone: {error}", hint="make room, or move the index with --index DIR"
        ) from error
    try:
        options = ("--depth=1", "--single-branch", "--no-tags", "--template=", "--quiet")
        _done(_git("clone", *options, "--", address, str(draft / target.name), cwd=draft), address)
        (draft / target.name).rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _git(*arguments: str, cwd: Path) -> git.Answer:
    ssh = {} if "GIT_SSH_COMMAND" in os.environ else {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
    return git.run("-c", "submodule.recurse=false", *arguments, cwd=cwd, timeout=LONGEST, env=_ENVIRONMENT | ssh)


def _done(answer: git.Answer, address: str) -> None:
    if not answer.ok:
        lines = [line for line in answer.err.splitlines() if line.startswith(("fatal: ", "error: ", "ERROR: "))]
        said = lines[0].split(": ", 1)[1] if lines else answer.complaint
        raise PathError(
            f"{address} cannot be cloned: {said}",
            hint=f"check that `git ls-remote {address}` works in a terminal without asking anything",
        )


def address_of(root: Path, index_dir: Path) -> str | None:
    """Return the address that a folder was cloned from by us; None for any other folder."""
    if not is_clone(root, index_dir):
        return None
    answer = git.run("config", "--get", "remote.origin.url", cwd=root)  # as it was given, whatever stands for it
    return answer.text if answer.ok else None


def is_clone(root: Path, index_dir: Path) -> bool:
    """Tell whether a folder is a clone that we made."""
    return (index_dir / FOLDER).resolve() in root.resolve().parents and (root / ".git").is_dir()


def forget(root: Path, index_dir: Path) -> None:
    """Delete a clone that we made; any other folder stays."""
    if is_clone(root, index_dir):
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a stop reach git too: the process would end by it at once, and leave git at work."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
