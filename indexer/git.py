"""Runs the `git` program without letting a repository run anything in turn."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

_SAFE: Final = (
    "git",
    "--no-pager",
    *("-c", "core.fsmonitor=false"),  # a program that the repository's own configuration may name
    *("-c", "core.hooksPath=/dev/null"),
)
# Set by git for its hooks: an indexer started from one would look at that repository, not at the one it was given.
_FOREIGN: Final = frozenset(
    (
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_LITERAL_PATHSPECS",
    )
)
_OURS: Final = {
    "GIT_OPTIONAL_LOCKS": "0",  # reading must not write the user's index file
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone stays offline
    "LC_ALL": "C",  # messages are read below
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one run of git gave. A git that is missing or does not answer is a failed run like any other."""

    ok: bool  # exit status 0
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """The output without its last line end; bytes that are not UTF-8 survive a round trip to the file system."""
        return os.fsdecode(self.out.removesuffix(b"\n"))

    @property
    def complaint(self) -> str:
        """The first line of git's own message."""
        lines = self.err.strip().splitlines()
        return lines[0].removeprefix("fatal: ").strip() if lines else "git gave no reason"


def run(
    *arguments: str,
    cwd: Path,
    timeout: float = 10.0,
    given: bytes = b"",
    env: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Run git in a folder, `given` on its standard input; `timeout` is in seconds, `env` comes on top of ours.

    Never raises: a failure is in the answer.
    """
    try:
        done = subprocess.run(
            [*_SAFE, *arguments],
            cwd=cwd,
            env=_environment(os.environ) | dict(env),
            input=given,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(ok=False, out=b"", err=f"git did not answer within {timeout:.0f} s")
    except FileNotFoundError:
        return Answer(ok=False, out=b"", err="git is not installed" if cwd.is_dir() else f"no such folder: {cwd}")
    except OSError as error:
        return Answer(ok=False, out=b"", err=f"git cannot be run: {error.strerror}")
    return Answer(ok=done.returncode == 0, out=done.stdout, err=done.stderr.decode("utf-8", "replace"))


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in given.items() if key not in _FOREIGN} | _OURS
