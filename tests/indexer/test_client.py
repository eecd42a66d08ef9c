"""The client of the HTTP API gives what the index gives, and says what went wrong."""

import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import Client, Index, open_index
from indexer.access import Access
from indexer.api import create_app
from indexer.errors import AnswerError, InputError
from indexer.jobs import Jobs
from indexer.types import JobState
from tests.conftest import GUIDE, SERVER, UPLOAD
from tests.indexer.api.live import live
from tests.indexer.trees import write

TOKEN = "a-token-of-this-test"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    base = tmp_path_factory.mktemp("client")
    root = write(base / "project", {"src/upload.py": UPLOAD, "src/server.go": SERVER, "docs/guide.md": GUIDE})
    with open_index(base / "index", create=True, encoder=FakeEncoder()) as opened:
        opened.sync([root])
        yield opened


@pytest.fixture(scope="module")
def url(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the index that wants a token, and whose jobs only wait a little."""
    jobs = Jobs(tmp_path_factory.mktemp("jobs"), command=[sys.executable, "-c", "import time; time.sleep(1)"])
    with live(create_app(lambda: index, jobs_of=jobs, access=Access(token=TOKEN))) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, TOKEN) as opened:
        yield opened


def test_answers_are_those_of_the_index(client: Client, index: Index) -> None:
    one = index.search("retry upload", languages=["python"], limit=3, facets=True)
    other = client.search("retry upload", languages=["python"], limit=3, facets=True)
    assert replace(other, timings=one.timings) == one
    assert client.similar("src/upload.py:17", limit=2) == index.similar("src/upload.py:17", limit=2)
    assert client.chunk(one.hits[0].id) == index.chunk(one.hits[0].id)
    assert client.file("project", "docs/guide.md") == index.file("project", "docs/guide.md")
    assert client.facets(kinds=["function"]) == index.facets(kinds=["function"])
    assert client.repos() == index.repos()
    assert client.search("retry", content=False).hits[0].text == ""


def test_a_job_is_started_followed_and_forgotten(client: Client, tmp_path: Path) -> None:
    job = client.index(tmp_path, name="called")
    assert job.state is JobState.RUNNING
    told = list(client.follow(job.id))
    assert [one.id for one in told] == [job.id] * len(told)
    assert told[-1].state is JobState.DONE
    assert [one.id for one in client.jobs()] == [job.id]
    client.cancel(job.id)
    with pytest.raises(AnswerError) as caught:
        client.job(job.id)
    assert caught.value.status == 404


def test_an_error_has_the_status_the_words_and_the_hint_of_the_server(client: Client, url: str) -> None:
    with pytest.raises(AnswerError, match="klingon") as caught:
        client.search("x", languages=["klingon"])
    assert (caught.value.status, bool(caught.value.hint)) == (422, True)
    with pytest.raises(AnswerError, match="no repository") as missing:
        client.remove("a name/with a slash")
    assert missing.value.status == 404
    for token in (None, "wrong"):
        with Client(url, token) as stranger, pytest.raises(AnswerError, match="token") as refused:
            stranger.repos()
        assert refused.value.status == 401


def test_a_connection_that_was_ended_meanwhile_is_made_again(client: Client) -> None:
    assert client.repos()
    assert client._connection.sock is not None
    client._connection.sock.shutdown(socket.SHUT_RDWR)
    assert client.repos()


def test_who_does_not_answer_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(AnswerError, match="does not answer") as caught:
        client.repos()
    assert caught.value.status is None
    assert "gte-search serve" in caught.value.hint


def test_what_is_no_answer_of_ours_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        speaking = threading.Thread(target=speak)
        speaking.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with Client(address) as client, pytest.raises(AnswerError, match="not understood"):
            client.repos()
        speaking.join()


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8501", "ftp://127.0.0.1", "http://", "http://host:port", "http://h/api", ""]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        Client(url)
