import os
from pathlib import Path

import pytest

from indexer import git
from tests.indexer.trees import repository


def program(folder: Path, script: str) -> None:
    file = folder / "git"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_an_answer_is_text_without_its_last_line_end(tmp_path: Path) -> None:
    repository(tmp_path)
    answer = git.run("rev-parse", "--show-toplevel", cwd=tmp_path)
    assert (answer.ok, answer.text) == (True, str(tmp_path))


def test_a_complaint_is_gits_own_first_line(tmp_path: Path) -> None:
    answer = git.run("no-such-command", cwd=tmp_path)
    assert not answer.ok
    assert "no-such-command" in answer.complaint


def test_a_git_that_hangs_is_a_failed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    answer = git.run("status", cwd=tmp_path, timeout=0.2)
    assert (answer.ok, answer.complaint) == (False, "git did not answer within 0 s")


def test_a_missing_git_and_a_missing_folder_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.run("status", cwd=tmp_path).complaint == "git is not installed"
    assert git.run("status", cwd=tmp_path / "gone").complaint.startswith("no such folder")


def test_git_neither_writes_nor_asks_nor_hears_of_a_hooks_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, 'echo "$GIT_OPTIONAL_LOCKS $GIT_TERMINAL_PROMPT [$GIT_DIR$GIT_INDEX_FILE]"; echo "$@"; cat')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/elsewhere/index")
    variables, arguments = git.run("status", cwd=tmp_path).text.splitlines()
    assert variables == "0 0 []"
    assert "core.fsmonitor=false" in arguments
    assert "core.hooksPath=/dev/null" in arguments
