"""Where a command writes: data to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedder.errors import EmbedderError
    from indexer.errors import IndexerError


def say(lines: Iterable[str]) -> None:
    """Print lines of data."""
    for line in lines:
        print(line)


def say_json(value: object, *, indent: int | None = 2) -> None:
    """Print a value as JSON; dataclasses become objects."""
    from indexer.wire import to_json

    print(json.dumps(to_json(value), ensure_ascii=False, indent=indent))


def complain(*lines: str) -> None:
    """Print lines that are no data."""
    for line in lines:
        print(line, file=sys.stderr)


def complain_of(error: "IndexerError | EmbedderError | OSError", *, hint: str = "") -> None:
    """Print what went wrong and what to do: `hint`, or else what the error says of it."""
    from indexer.terminal import printable

    complain(f"error: {printable(str(error))}", f"hint: {printable(hint or getattr(error, 'hint', ''))}")
