"""The Backend of the real page, with an index that only notes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from indexer.errors import StoreMissingError
from indexer.jobs import Jobs
from indexer.types import RepoStatus, SearchResult
from tests.ui.fake_backend import result, status
from ui.backend import LocalBackend

if TYPE_CHECKING:
    from indexer import Index


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


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., LocalBackend]:
    """Make backends whose indexing process does nothing."""

    def make(index: object = None) -> LocalBackend:
        def opened() -> "Index":
            return cast("Index", index or NotingIndex())

        return LocalBackend(opened, jobs=Jobs(tmp_path / "index", command=[sys.executable, "-c", "pass"]))

    return make


def test_a_search_passes_every_filter_and_asks_for_facets(start: Callable[..., LocalBackend]) -> None:
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


def test_relatives_and_lines_around_are_asked_of_the_index(start: Callable[..., LocalBackend]) -> None:
    index = NotingIndex()
    backend = start(index=index)
    backend.similar("an id", languages=["go"], limit=7)
    backend.context("an id", around=20)
    assert index.asked == [
        ("an id", {"languages": ["go"], "limit": 7}),
        ("an id", {"around": 20, "neighbours": 0}),
    ]


def test_repositories_are_listed_and_removed_through_the_index(start: Callable[..., LocalBackend]) -> None:
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

    backend = LocalBackend(opened, jobs=Jobs(tmp_path))
    with pytest.raises(StoreMissingError):
        backend.repos()
    ready.append(NotingIndex())
    assert len(backend.repos()) == 1


def test_a_run_is_one_of_the_process_and_may_be_gone_when_it_is_stopped(
    start: Callable[..., LocalBackend], tmp_path: Path
) -> None:
    backend = start()
    job = backend.start_indexing(str(tmp_path))
    assert [one.id for one in backend.jobs()] == [job.id]
    backend.cancel(job.id)
    while backend.jobs():
        backend.dismiss(job.id)
    backend.cancel(job.id)
    backend.dismiss(job.id)
