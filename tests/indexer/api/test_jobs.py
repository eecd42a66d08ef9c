"""Runs of indexing over HTTP, with a small program in place of the indexer."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from indexer import Index
from indexer.api import create_app
from indexer.errors import StoreMissingError
from indexer.jobs import Jobs
from tests.indexer.api.live import live

SECONDS = 60
STEPS = """
import json, pathlib, sys, time
file = pathlib.Path(sys.argv[-1].removeprefix("--progress="))
for done in (1, 2, 3):
    said = {"repo": "r", "phase": "reading", "done": done, "total": 3, "chunks": 9, "rate": 2, "eta": 3.0 - done}
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(said))
    draft.replace(file)
    time.sleep(1)
print("all done")
"""

Serve = Callable[[str], TestClient]


@pytest.fixture
def serve(filled: Index, tmp_path: Path) -> Iterator[Serve]:
    """Make servers whose indexing process runs the given Python; end their processes afterwards."""
    made: list[Jobs] = []

    def make(program: str) -> TestClient:
        made.append(Jobs(tmp_path / "jobs", command=[sys.executable, "-c", program]))
        return TestClient(create_app(lambda: filled, jobs_of=made[-1]), base_url="http://127.0.0.1")

    yield make
    for jobs in made:
        for job in jobs.all():
            jobs.cancel(job.id)
        until(lambda jobs=jobs: not any(job.running for job in jobs.all()))  # type: ignore[misc]  # mypy infers no lambda with a default


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_indexing_answers_with_a_job_that_is_listed_until_it_is_forgotten(serve: Serve, tmp_path: Path) -> None:
    client = serve("import sys; print(*sys.argv[1:])")
    answer = client.post("/v1/repos", json={"path": str(tmp_path), "name": "called"})
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["path"], job["ended"]) == (str(tmp_path), None)
    until(lambda: client.get(f"/v1/jobs/{job['id']}").json()["state"] == "done")
    (ended,) = client.get("/v1/jobs").json()
    assert ended["log"].startswith(f"{tmp_path} --name=called --progress=")
    assert ended["ended"] >= ended["started"]
    assert client.delete(f"/v1/jobs/{job['id']}").json()["state"] == "done"
    assert client.get("/v1/jobs").json() == []
    assert client.get(f"/v1/jobs/{job['id']}").status_code == 404


def test_a_repository_is_brought_up_to_date_by_its_name(serve: Serve, tree: Path) -> None:
    client = serve("pass")
    assert client.post("/v1/repos", json={"repo": "project"}).json()["path"] == str(tree)
    assert client.post("/v1/repos", json={"repo": "unknown"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"path": "relative"},
        {"path": "/no/such/folder"},
        {"path": "/tmp", "repo": "project"},
        {"repo": "project", "name": "x"},
        {"path": "/tmp", "name": " "},
        {"path": "/tmp", "name": "a\u0000b"},
        {"path": "/tmp", "deep": True},
    ],
)
def test_what_cannot_be_indexed_is_told_at_once(serve: Serve, body: dict[str, object]) -> None:
    client = serve("pass")
    answer = client.post("/v1/repos", json=body)
    assert answer.status_code == 422
    assert answer.json()["hint"]
    assert client.get("/v1/jobs").json() == []


def test_one_run_at_a_time_and_it_can_be_stopped(serve: Serve, tmp_path: Path) -> None:
    client = serve("import time; time.sleep(60)")
    job = client.post("/v1/repos", json={"path": str(tmp_path)}).json()
    again = client.post("/v1/repos", json={"path": str(tmp_path)})
    assert again.status_code == 409
    assert "is being indexed" in again.json()["detail"]
    client.delete(f"/v1/jobs/{job['id']}")
    until(lambda: client.get(f"/v1/jobs/{job['id']}").json()["state"] == "cancelled")


def test_events_tell_each_step_and_end_with_the_job(serve: Serve, tmp_path: Path) -> None:
    client = serve(STEPS)
    job = client.post("/v1/repos", json={"path": str(tmp_path)}).json()
    with client.stream("GET", f"/v1/jobs/{job['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [part.split("\ndata: ") for part in "".join(answer.iter_text()).split("\n\n") if part]
    names = [name for name, _ in events]
    jobs = [json.loads(data) for _, data in events]
    assert names == ["event: progress"] * (len(names) - 1) + ["event: end"]
    steps = [one["progress"]["done"] for one in jobs if one["progress"]]
    assert steps == sorted(steps)
    assert steps[-1] == 3
    assert jobs[-1]["progress"]["eta"] == 0.0
    assert (jobs[-1]["state"], jobs[-1]["log"]) == ("done", "all done")
    assert client.get("/v1/jobs/none/events").status_code == 404


def test_the_events_of_a_run_that_has_ended_are_its_end_alone(serve: Serve, tmp_path: Path) -> None:
    client = serve("raise SystemExit('error: disk full')")
    job = client.post("/v1/repos", json={"path": str(tmp_path)}).json()
    until(lambda: client.get(f"/v1/jobs/{job['id']}").json()["state"] == "failed")
    told = client.get(f"/v1/jobs/{job['id']}/events").text
    assert told.startswith("event: end\n")
    assert "disk full" in told


def test_a_repository_is_removed_once(serve: Serve) -> None:
    client = serve("pass")
    assert client.delete("/v1/repos/project").status_code == 204
    again = client.delete("/v1/repos/project")
    assert again.status_code == 404
    assert "indexed are: none" in again.json()["hint"]


def test_of_named_files_the_whole_folder_is_not_indexed(index: Index, tree: Path, tmp_path: Path) -> None:
    index.sync([tree / "docs" / "guide.md"])
    jobs = Jobs(tmp_path / "jobs", command=[sys.executable, "-c", "pass"])
    client = TestClient(create_app(lambda: index, jobs_of=jobs), base_url="http://127.0.0.1")
    answer = client.post("/v1/repos", json={"repo": index.repos()[0].repo.name})
    assert answer.status_code == 422
    assert str(tree / "docs") in answer.json()["hint"]


def test_the_first_repository_is_indexed_where_there_is_no_index_yet(tmp_path: Path) -> None:
    def missing() -> Index:
        raise StoreMissingError("no index", hint="index-repo PATH")

    jobs = Jobs(tmp_path / "jobs", command=[sys.executable, "-c", "pass"])
    client = TestClient(create_app(missing, jobs_of=jobs), base_url="http://127.0.0.1")
    assert client.post("/v1/repos", json={"path": str(tmp_path)}).status_code == 202


def test_who_stops_listening_leaves_the_run_alone(filled: Index, tmp_path: Path) -> None:
    import http.client
    from urllib.parse import urlsplit

    jobs = Jobs(tmp_path / "jobs", command=[sys.executable, "-c", STEPS])
    with live(create_app(lambda: filled, jobs_of=jobs)) as url:
        job = jobs.start(str(tmp_path))
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
        connection.request("GET", f"/api/v1/jobs/{job.id}/events")
        assert connection.getresponse().readline() == b"event: progress\n"
        connection.close()
        until(lambda: not jobs.get(job.id).running)
    assert jobs.get(job.id).returncode == 0
