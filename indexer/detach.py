"""Carries on in the background: the same command again, in a process that outlives the terminal."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from indexer.errors import StoreFullError

LOG: Final = "detached.log"  # in the folder of the index; each run adds to it


def start(arguments: Sequence[str], *, folder: Path) -> tuple["subprocess.Popen[bytes]", Path]:
    """Run `gte-search` with `arguments` in a session of its own; return the process and its log.

    The arguments must mean the same in any working folder. The log lies in `folder` and is for its owner alone, as
    the index is. Raises StoreFullError where the log cannot be written or the process not started.
    """
    log = folder / LOG
    # Its working folder is where this package lies: `-m` imports from there first, and the folder of the user may
    # be a stranger's repository.
    package = Path(__file__).resolve().parent
    command = [sys.executable, "-m", f"{package.name}.cli", *arguments]
    try:
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0) as output:
            said = f"{time.strftime('%Y-%m-%d %H:%M:%S')} gte-search {shlex.join(arguments)}\n"
            output.write(os.fsencode(said))  # a path may hold bytes that are not UTF-8
            process = _started(command, output.fileno(), package.parent)
    except OSError as error:
        raise StoreFullError(
            f"nothing goes on in the background: {error}",
            hint=f"check that {folder} can be written; the same command without `--detach` takes up what is left",
        ) from error
    return process, log


def _started(command: Sequence[str], output: int, folder: Path) -> "subprocess.Popen[bytes]":
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, creationflags=flags
        )
    return subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )
