"""Which files stand aside: they test, show or carry along what others define, or what newer ones have replaced."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

ASIDE_FOLDER: Final = re.compile(
    r"_*(tests?|testing|testdata|specs?|fixtures?|mocks?|examples?|samples?|demos?|bench(marks?|es)?|vendor|third_party)_*",
    re.IGNORECASE,
)
BEHIND_FOLDER: Final = re.compile(r"_*(legacy|deprecated|obsolete|compat)_*|\..+", re.IGNORECASE)  # `.github`: tools
VERSION: Final = re.compile(r"(?<![^/])v(\d{1,4})/", re.IGNORECASE)  # a folder of one version of an interface
IP: Final = (4, 6)  # versions that live side by side
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
    return any(map(_is_aside_folder, path.parts[:-1])) or bool(ASIDE_FILE.fullmatch(path.name))


@lru_cache(maxsize=1 << 12)  # files share folders
def _is_aside_folder(name: str) -> bool:
    return bool(ASIDE_FOLDER.fullmatch(name))


def superseded(paths: Iterable[str]) -> set[str]:
    """Return the paths of one repository below a folder of a version beside which there is one of a newer.

    >>> sorted(superseded(["api/v1/user.py", "api/v2/user.py", "api/v2/v1/a.py", "v1/b.py"]))
    ['api/v1/user.py']
    """
    newest: dict[str, int] = {}
    found = []
    for path in paths:
        for match in VERSION.finditer(path):
            beside, number = path[: match.start()], int(match[1])
            newest[beside] = max(number, newest.get(beside, 0))
            found.append((path, beside, number))
    return {path for path, beside, number in found if number < newest[beside] and (number, newest[beside]) != IP}


def is_versioned(path: PurePosixPath) -> bool:
    """Tell whether `superseded` may have to do with a file.

    >>> is_versioned(PurePosixPath("api/v1/user.py")), is_versioned(PurePosixPath("api/v1.py"))
    (True, False)
    """
    return bool(VERSION.search(str(path)))


def is_behind(path: PurePosixPath) -> bool:
    """Tell whether a file lies in a folder of what is kept for old users, or of the tools around the code.

    >>> is_behind(PurePosixPath("src/legacy/api.py")), is_behind(PurePosixPath(".github/workflows/ci.yml"))
    (True, True)
    >>> is_behind(PurePosixPath("src/compatible.py"))
    False
    """
    return any(map(_is_behind_folder, path.parts[:-1]))


@lru_cache(maxsize=1 << 12)
def _is_behind_folder(name: str) -> bool:
    return bool(BEHIND_FOLDER.fullmatch(name))
