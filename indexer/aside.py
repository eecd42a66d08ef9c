"""Which files stand aside: they test, show or carry along what others define."""

import re
from pathlib import PurePosixPath
from typing import Final

ASIDE_FOLDER: Final = re.compile(
    r"_*(tests?|testing|testdata|specs?|fixtures?|mocks?|examples?|samples?|demos?|bench(marks?|es)?|vendor|third_party)_*",
    re.IGNORECASE,
)
ASIDE_FILE: Final = re.compile(
    r"(?i:(conftest|(test|bench)_.*|.*[._-](tests?|spec|bench))\.[^.]+)|.*[a-z0-9]Tests?\.[^.]+"  # `RetryTest.java`
)


def is_aside(path: PurePosixPath) -> bool:
    """Tell whether a file tests, shows or carries along what others define.

    >>> is_aside(PurePosixPath("tests/data/a.py")), is_aside(PurePosixPath("pkg/retry_test.go"))
    (True, True)
    >>> is_aside(PurePosixPath("src/testament.py"))
    False
    """
    return any(ASIDE_FOLDER.fullmatch(part) for part in path.parts[:-1]) or bool(ASIDE_FILE.fullmatch(path.name))
