"""Keeps stdout for the protocol: one line of a library there, and a client gives up the connection."""

import os
import sys
from io import TextIOWrapper
from typing import Final

STDOUT: Final = 1
STDERR: Final = 2


def claim() -> TextIOWrapper:
    """Take stdout for the rest of the process; whatever else writes there, Python or a library in C, writes to stderr.

    Never given back: what such a library has buffered is flushed when the process ends.
    """
    sys.stdout.flush()
    _open_stderr()
    wire = os.dup(STDOUT)
    os.dup2(STDERR, STDOUT)
    sys.stdout = sys.stderr
    return TextIOWrapper(os.fdopen(wire, "wb"), encoding="utf-8", newline="\n")


def _open_stderr() -> None:
    """Have a stderr also where the client gave none: else the next file that is opened would be it."""
    try:
        os.fstat(STDERR)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != STDERR:
            os.dup2(nowhere, STDERR)
            os.close(nowhere)
    if sys.stderr is None:  # Python found none when it started
        sys.stderr = os.fdopen(STDERR, "w", encoding="utf-8", closefd=False)
