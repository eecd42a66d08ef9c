"""Keeps stdout for the protocol: one line of a library there, and a client gives up the connection."""

import os
import sys
from io import TextIOWrapper


def claim() -> TextIOWrapper:
    """Take stdout for the rest of the process; whatever else writes there, Python or a library in C, writes to stderr.

    Never given back: what such a library has buffered is flushed when the process ends.
    """
    sys.stdout.flush()
    wire = os.dup(sys.stdout.fileno())
    try:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    except (OSError, AttributeError, ValueError):  # started without a stderr
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    sys.stdout = sys.stderr
    return TextIOWrapper(os.fdopen(wire, "wb"), encoding="utf-8", newline="\n")
