"""Keeps the index fresh while the page runs, by a process of its own: `gte-search watch`.

The process ends when the page does, however that ends: it holds one end of a pipe, which the system closes.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from indexer import Settings
from indexer.jobs import started

LOG_NAME: Final = "page-watching.log"
SECONDS: Final = 10.0  # for the process to end, before it is ended


@contextmanager
def watching(settings: Settings, *, command: Sequence[str] | None = None) -> Iterator["subprocess.Popen[bytes] | None"]:
    """Run a watch of all that is indexed, unless the settings say no; yield its process.

    One index has one such watch: where another page or terminal has it, this one waits for its end. command: what to
    call instead of `python -m indexer.cli watch`. Where no process can be started, the page goes on without.
    """
    if not settings.watch:
        yield None
        return
    usual = [sys.executable, "-m", "indexer.cli", "watch", "--index", str(settings.index), "--wait", "--until-closed"]
    try:
        process = started(command or usual, settings.index / LOG_NAME, stdin=subprocess.PIPE)
    except OSError:
        yield None
        return
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
