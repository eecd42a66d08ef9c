"""Files that are whole or not there: written beside their place, then given their name at once."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Give a place to write to; what stands there when the block ends is `path` from then on, replacing an older one.

    After an error nothing is left of it, and `path` is as it was. Two processes do not meet at the same place.
    """
    place = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        yield place
        place.replace(path)
    finally:
        place.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished(path) as place:
        place.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Mapping[str, Any] | Sequence[Any], *, indent: int = 1) -> None:
    """Write JSON for people to read: indented, letters as they are."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, as in the name of a file; JSON has an escape for it
        text = json.dumps(value, indent=indent)
    write_text(path, text + "\n")
