"""Which chunks are worth encoding first, and showing first among equals: what defines and explains."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from indexer.types import Kind

KINDS: Final[Mapping[Kind, int]] = {
    Kind.FUNCTION: 0,
    Kind.METHOD: 0,
    Kind.CLASS: 0,
    Kind.SECTION: 0,
    Kind.PAGE: 0,
    Kind.MODULE: 1,
    Kind.CELL: 1,
    Kind.BLOCK: 2,
}
ASIDE_PENALTY: Final = 3  # any chunk of a test comes after every other one

ASIDE_FOLDER: Final = re.compile(
    r"_*(tests?|testing|testdata|specs?|fixtures?|mocks?|examples?|samples?|demos?|bench(marks?|es)?|vendor|third_party)_*",
    re.IGNORECASE,
)
ASIDE_FILE: Final = re.compile(r"(conftest|(test|bench)_.*|.*[._-](tests?|spec|bench))\.[^.]+", re.IGNORECASE)


def is_aside(path: PurePosixPath) -> bool:
    """Tell whether a file tests, shows or carries along what others define.

    >>> is_aside(PurePosixPath("tests/data/a.py")), is_aside(PurePosixPath("pkg/retry_test.go"))
    (True, True)
    >>> is_aside(PurePosixPath("src/testament.py"))
    False
    """
    return any(ASIDE_FOLDER.fullmatch(part) for part in path.parts[:-1]) or bool(ASIDE_FILE.fullmatch(path.name))


def priority(kind: Kind, *, aside: bool) -> int:
    """Return the rank of a chunk, smaller first; `aside` is `is_aside` of its path."""
    return KINDS[kind] + (ASIDE_PENALTY if aside else 0)
