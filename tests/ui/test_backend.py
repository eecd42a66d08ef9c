"""The Backend of the real page, with a small program in place of the indexer and an index that only notes."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from indexer.errors import PathError, StoreBusyError, StoreFullError, StoreMissingError
from indexer.types import RepoStatus, SearchResult
from tests.ui.fake_backend import result, status
from ui.backend import LOG_NAME, Job, LocalBackend, existing, tail

if TYPE_CHECKING:
    from indexer import Index

SECONDS = 30  # generous: the machine may be busy


class NotingIndex:
    """The part of Index that the page uses."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.removed: list[str] = []

    def search(self, text: str, **filters: Any) -> SearchResult:  # noqa: ANN401 - whatever it is given is noted
        self.asked.append((text, filters))
        return result(text, [])

    def similar(self, place: str, **filters: Any) -> None:  # noqa: ANN401 - as above
        self.asked.append((place, filters))

    def context(self, id: str, **sizes: Any) -> None:  # noqa: ANN401 - as above
        self.asked.append((id, sizes))

    def repos(self) -> list[RepoStatus]:
        return [status()]

    def remove(self, name: str) -> None:
        self.removed.append(name)


Start = Callable[..., LocalBackend]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Make backends whose indexing process runs the given Python; end their processes afterwards."""
    made: list[LocalBackend] = []

    def make(program: str = "pass", *, index: object = None) -> LocalBackend:
        def opened() -> "Index":
            return cast("Index", index or NotingIndex())

        made.append(
            LocalBackend(opened, index_dir=tmp_path / "data" / "index", command=[sys.executable, "-c", program])
        )
        return made[-1]

    yield make
    for backend in made:
        for job in backend.jobs():
            backend.cancel(job.pid)
        wait(backend)


def wait(backend: LocalBackend) -> list[Job]:
    deadline = time.monotonic() + SECONDS
    while any(job.running for job in backend.jobs()):
        assert time.monotonic() < deadline, "the process did not end"
        time.sleep(0.02)
    return backend.jobs()


def test_a_search_passes_every_filter_and_asks_for_facets(start: Start) -> None:
    index = NotingIndex()
    start(index=index).search(
        "retry", repos=["a"], languages=["go"], kinds=["class"], paths=["*.go"], limit=7, offset=3
    )
    assert index.asked == [
        (
            "retry",
            {
                "repos": ["a"],
                "languages": ["go"],
                "kinds": ["class"],
                "paths": ["*.go"],
                "limit": 7,
                "offset": 3,
                "facets": True,
            },
        )
    ]


def test_relatives_and_lines_around_are_asked_of_the_index(start: Start) -> None:
    index = NotingIndex()
    backend = start(index=index)
    backend.similar("an id", languages=["go"], limit=7)
    backend.context("an id", around=20)
    assert index.asked == [
        ("an id", {"languages": ["go"], "limit": 7}),
        ("an id", {"around": 20, "neighbours": 0}),
    ]


def test_repositories_are_listed_and_removed_through_the_index(start: Start) -> None:
    index = NotingIndex()
    backend = start(index=index)
    assert [one.repo.name for one in backend.repos()] == ["uploads"]
    backend.remove("uploads")
    assert index.removed == ["uploads"]


def test_an_index_made_later_is_found(tmp_path: Path) -> None:
    ready: list[NotingIndex] = []

    def opened() -> "Index":
        if not ready:
            raise StoreMissingError("there is no index", hint="make one")
        return cast("Index", ready[0])

    backend = LocalBackend(opened, index_dir=tmp_path)
    with pytest.raises(StoreMissingError):
        backend.repos()
    ready.append(NotingIndex())
    assert len(backend.repos()) == 1


def test_a_run_gets_the_path_and_its_output_is_kept(start: Start, tmp_path: Path) -> None:
    backend = start("import sys; print('out', sys.argv[1]); print('err', file=sys.stderr, flush=True)")
    job = backend.start_indexing(f" {tmp_path} ")
    assert job.path == tmp_path.resolve()
    (ended,) = wait(backend)
    assert (ended.pid, ended.returncode, ended.cancelled) == (job.pid, 0, False)
    assert sorted(ended.log.splitlines()) == ["err", f"out {tmp_path.resolve()}"]


def test_a_run_that_fails_tells_its_status(start: Start, tmp_path: Path) -> None:
    backend = start("raise SystemExit('error: disk full')")
    backend.start_indexing(str(tmp_path))
    (ended,) = wait(backend)
    assert (ended.returncode, ended.log) == (1, "error: disk full")


def test_the_folder_of_a_first_run_and_its_log_are_for_their_owner_alone(start: Start, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        start().start_indexing(str(tmp_path))
    finally:
        os.umask(before)
    folder = tmp_path / "data" / "index"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / LOG_NAME)] == [0o700, 0o600]


def test_a_folder_that_cannot_be_made_is_reported_with_what_to_do(start: Start, tmp_path: Path) -> None:
    backend = start()
    (tmp_path / "data").write_text("a file where the folder should be", "utf-8")
    with pytest.raises(StoreFullError, match="cannot be started") as caught:
        backend.start_indexing(str(tmp_path))
    assert str(tmp_path / "data" / "index") in caught.value.hint
    assert backend.jobs() == []


def test_a_program_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    backend = LocalBackend(
        lambda: cast("Index", NotingIndex()), index_dir=tmp_path, command=[str(tmp_path / "no-such-program")]
    )
    with pytest.raises(StoreFullError, match="no-such-program"):
        backend.start_indexing(str(tmp_path))


def test_one_run_at_a_time(start: Start, tmp_path: Path) -> None:
    backend = start("import time; time.sleep(60)")
    first = backend.start_indexing(str(tmp_path))
    with pytest.raises(StoreBusyError, match="is being indexed"):
        backend.start_indexing(str(tmp_path))
    backend.dismiss(first.pid)  # not while it runs
    assert backend.jobs() == [first]


def test_a_stopped_run_is_told_from_a_failed_one(start: Start, tmp_path: Path) -> None:
    backend = start("import time; time.sleep(60)")
    job = backend.start_indexing(str(tmp_path))
    backend.cancel(job.pid)
    (ended,) = wait(backend)
    assert ended.cancelled
    assert ended.returncode != 0
    backend.dismiss(job.pid)
    assert backend.jobs() == []


def test_stopping_a_run_that_has_ended_changes_nothing(start: Start, tmp_path: Path) -> None:
    backend = start()
    job = backend.start_indexing(str(tmp_path))
    wait(backend)
    backend.cancel(job.pid)
    assert not backend.jobs()[0].cancelled


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
