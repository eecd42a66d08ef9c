"""Runs of indexing, with a small program in place of the indexer."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer import open_index
from indexer.errors import JobRunningError, NotFoundError, PathError, StoreFullError
from indexer.jobs import FOLDER, MOST, Jobs, existing, read_progress, tail, write_progress
from indexer.types import Job, JobState, Phase, Progress

SECONDS = 60  # generous: the machine may be busy

Start = Callable[..., Jobs]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Make Jobs whose indexing process runs the given Python; end their processes afterwards."""
    made: list[Jobs] = []

    def make(program: str = "pass") -> Jobs:
        made.append(Jobs(tmp_path / "data" / "index", command=[sys.executable, "-c", program]))
        return made[-1]

    yield make
    for jobs in made:
        for job in jobs.all():
            jobs.cancel(job.id)
        wait(jobs)


def wait(jobs: Jobs) -> list[Job]:
    deadline = time.monotonic() + SECONDS
    while any(job.running for job in jobs.all()):
        assert time.monotonic() < deadline, "the process did not end"
        time.sleep(0.02)
    return jobs.all()


def test_a_run_gets_the_path_and_its_output_is_kept(start: Start, tmp_path: Path) -> None:
    jobs = start("import sys; print('out', sys.argv[1]); print('err', file=sys.stderr, flush=True)")
    job = jobs.start(f" {tmp_path} ")
    assert job.path == tmp_path.resolve()
    (ended,) = wait(jobs)
    assert (ended.pid, ended.returncode, ended.cancelled) == (job.pid, 0, False)
    assert sorted(ended.log.splitlines()) == ["err", f"out {tmp_path.resolve()}"]


def test_an_address_is_handed_on_to_be_cloned(start: Start, tmp_path: Path) -> None:
    jobs = start("import sys; print(sys.argv[1])")
    job = jobs.start(" https://example.invalid/owner/site.git ")
    assert job.address == "https://example.invalid/owner/site.git"
    assert job.path == tmp_path / "data/index/clones/example.invalid/owner/site"
    (ended,) = wait(jobs)
    assert ended.log == "--clone=https://example.invalid/owner/site.git"
    with pytest.raises(PathError, match="neither https nor ssh"):
        jobs.start("file:///etc")


def test_a_run_that_fails_tells_its_status(start: Start, tmp_path: Path) -> None:
    jobs = start("raise SystemExit('error: disk full')")
    jobs.start(str(tmp_path))
    (ended,) = wait(jobs)
    assert (ended.returncode, ended.log) == (1, "error: disk full")


def test_the_folder_of_a_first_run_and_its_log_are_for_their_owner_alone(start: Start, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        start().start(str(tmp_path))
    finally:
        os.umask(before)
    folder = tmp_path / "data" / "index"
    (log,) = (folder / FOLDER).glob("*.log")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / FOLDER, log)] == [0o700, 0o700, 0o600]


def test_a_folder_that_cannot_be_made_is_reported_with_what_to_do(start: Start, tmp_path: Path) -> None:
    jobs = start()
    (tmp_path / "data").write_text("a file where the folder should be", "utf-8")
    with pytest.raises(StoreFullError, match="cannot be started") as caught:
        jobs.start(str(tmp_path))
    assert str(tmp_path / "data" / "index") in caught.value.hint
    assert jobs.all() == []


def test_a_program_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, command=[str(tmp_path / "no-such-program")])
    with pytest.raises(StoreFullError, match="no-such-program"):
        jobs.start(str(tmp_path))


def test_one_run_at_a_time(start: Start, tmp_path: Path) -> None:
    jobs = start("import time; time.sleep(60)")
    first = jobs.start(str(tmp_path))
    with pytest.raises(JobRunningError, match="is being indexed"):
        jobs.start(str(tmp_path))
    jobs.dismiss(first.id)  # not while it runs
    assert jobs.get(first.id) == first


def test_a_stopped_run_is_told_from_a_failed_one(start: Start, tmp_path: Path) -> None:
    jobs = start("import time; time.sleep(60)")
    job = jobs.start(str(tmp_path))
    jobs.cancel(job.id)
    (ended,) = wait(jobs)
    assert ended.cancelled
    assert ended.returncode != 0
    jobs.dismiss(job.id)
    assert jobs.all() == []


def test_stopping_a_run_that_has_ended_changes_nothing(start: Start, tmp_path: Path) -> None:
    jobs = start()
    job = jobs.start(str(tmp_path))
    wait(jobs)
    jobs.cancel(job.id)
    assert not jobs.all()[0].cancelled


@pytest.mark.parametrize("typed", ["", "  ", "relative/path", "/no/such/folder", "/" + "x" * 5_000, "/a\0b"])
def test_a_path_that_leads_nowhere_is_refused_with_what_to_do(typed: str) -> None:
    with pytest.raises(PathError) as caught:
        existing(typed)
    assert caught.value.hint


def test_the_home_folder_can_be_abbreviated() -> None:
    assert existing("~") == Path.home().resolve()


def test_the_tail_of_a_log_starts_with_a_whole_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\n".join(f"line {number}" for number in range(5_000)), "utf-8")
    lines = tail(log).splitlines()
    assert lines[-1] == "line 4999"
    assert lines == [f"line {number}" for number in range(5_000 - len(lines), 5_000)]
    log.write_text("only line\n", "utf-8")
    assert tail(log) == "only line"


def test_a_log_that_is_gone_says_so(tmp_path: Path) -> None:
    assert "cannot be read" in tail(tmp_path / "log")


def test_a_name_that_belongs_to_nobody_is_no_home() -> None:
    with pytest.raises(PathError):
        existing("~nobody-of-this-name/x")


def test_the_last_progress_of_a_run_is_seen_while_it_runs(start: Start, tmp_path: Path) -> None:
    program = """
import json, pathlib, sys, time
file = pathlib.Path(sys.argv[2].removeprefix("--progress="))
file.write_text(json.dumps({"repo": "r", "phase": "encoding", "done": 3, "total": 9, "chunks": 9, "rate": 2, "eta": 3}))
time.sleep(60)
"""
    jobs = start(program)
    job = jobs.start(str(tmp_path))
    deadline = time.monotonic() + SECONDS
    while (progress := jobs.get(job.id).progress) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert progress == Progress(repo="r", phase=Phase.ENCODING, done=3, total=9, chunks=9, rate=2.0, eta=3.0)


def test_progress_is_read_back_as_it_was_written_and_a_broken_file_is_none(tmp_path: Path) -> None:
    progress = Progress(repo="r", phase=Phase.READING, done=1, total=2, chunks=3, rate=4.5, eta=None)
    write_progress(tmp_path / "p.json", progress)
    assert read_progress(tmp_path / "p.json") == progress
    (tmp_path / "p.json").write_text('{"repo"', "utf-8")
    assert read_progress(tmp_path / "p.json") is None
    write_progress(tmp_path / "missing" / "p.json", progress)


def test_a_job_that_was_never_started_or_is_forgotten_is_not_found(start: Start, tmp_path: Path) -> None:
    jobs = start()
    job = jobs.start(str(tmp_path))
    wait(jobs)
    jobs.dismiss(job.id)
    for ask in (jobs.get, jobs.cancel, jobs.dismiss):
        with pytest.raises(NotFoundError):
            ask(job.id)
    assert list((tmp_path / "data" / "index" / FOLDER).iterdir()) == []


def test_only_the_last_runs_are_remembered(start: Start, tmp_path: Path) -> None:
    jobs = start()
    for _ in range(MOST + 2):
        newest = jobs.start(str(tmp_path))
        wait(jobs)
    assert len(jobs.all()) == MOST
    assert jobs.all()[0].id == newest.id


def test_the_real_command_indexes_and_tells_how_far_it_is(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    jobs = Jobs(tmp_path / "index")
    jobs.start(str(tree), name="called")
    (ended,) = wait(jobs)
    assert ended.state is JobState.DONE, ended.log
    assert ended.progress is not None
    assert (ended.progress.repo, ended.progress.phase, ended.progress.eta) == ("called", Phase.ENCODING, 0.0)
    with open_index(tmp_path / "index") as index:
        assert [one.repo.name for one in index.repos()] == ["called"]
