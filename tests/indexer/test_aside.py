from pathlib import PurePosixPath

import pytest

from indexer.aside import is_aside


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "pkg/test/deep/a.py",
        "src/__tests__/a.js",
        "a_test.go",
        "test_a.py",
        "src/a.spec.ts",
        "src/a.test.tsx",
        "conftest.py",
        "Examples/a.py",
        "benchmarks/a.py",
        "third_party/lib/a.c",
        "src/RetryTest.java",
    ],
)
def test_tests_examples_and_carried_code_stand_aside(path: str) -> None:
    assert is_aside(PurePosixPath(path))


@pytest.mark.parametrize(
    "path", ["src/a.py", "latest.py", "src/contest.py", "testament/a.py", "attest/a.go", "specs.md", "src/Latest.java"]
)
def test_other_files_do_not(path: str) -> None:
    assert not is_aside(PurePosixPath(path))
