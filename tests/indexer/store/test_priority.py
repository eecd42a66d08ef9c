from pathlib import PurePosixPath

import pytest

from indexer.store.priority import is_aside, priority
from indexer.types import Kind


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
    ],
)
def test_tests_examples_and_carried_code_stand_aside(path: str) -> None:
    assert is_aside(PurePosixPath(path))


@pytest.mark.parametrize(
    "path", ["src/a.py", "latest.py", "src/contest.py", "testament/a.py", "attest/a.go", "specs.md"]
)
def test_other_files_do_not(path: str) -> None:
    assert not is_aside(PurePosixPath(path))


def test_any_chunk_of_a_test_comes_after_every_other() -> None:
    usual = {priority(kind, aside=False) for kind in Kind}
    aside = {priority(kind, aside=True) for kind in Kind}
    assert max(usual) < min(aside)
    assert priority(Kind.METHOD, aside=False) < priority(Kind.MODULE, aside=False) < priority(Kind.BLOCK, aside=False)
