"""Asks a server of the HTTP API; its answers are the types that `Index` gives. Loads no library that is not Python's.

with Client("http://127.0.0.1:8501") as client:
    for hit in client.search("where are uploads retried").hits:
        print(hit.path, hit.start, hit.symbol)
"""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode, urlsplit

from indexer.errors import AnswerError, InputError
from indexer.types import Facets, FileChunks, Hit, Job, RepoStatus, SearchResult, SimilarResult
from indexer.wire import from_json

SECONDS: Final = 30.0  # to answer; a cross-encoder's first question takes seconds
VERSION_HINT: Final = "use the same version of gte-search on both sides"


class Client:
    """A server, by one connection at a time: for one thread. Every error is an AnswerError, with a `hint`."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep where the server is; nothing is connected yet.

        url: such as `http://127.0.0.1:8501`, without `/api`. token: what the server was started with. timeout: seconds
        to wait for an answer. headers: sent with every request. Raises InputError for what is no such address.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if host is None or parts.scheme not in ("http", "https") or parts.path.strip("/"):
            raise InputError(f"{url!r} is no address of a server", hint="write it as http://127.0.0.1:8501")
        connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = connection(host, port, timeout=timeout)
        self._headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; the next question makes another."""
        self._connection.close()

    def wait(self, seconds: float) -> None:
        """Wait so long for each answer from here on."""
        self._connection.timeout = seconds
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)

    def search(
        self,
        text: str,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
        limit: int = 10,
        offset: int = 0,
        facets: bool = False,
        here: str | None = None,
        content: bool = True,
    ) -> SearchResult:
        """Answer as `Index.search` does. content: False leaves texts out."""
        body = _filters(repos, languages, kinds, paths, symbols)
        body |= {"query": text, "limit": limit, "offset": offset, "facets": facets, "here": here, "content": content}
        result: SearchResult = self._ask("POST", "/v1/search", SearchResult, body)
        return result

    def similar(
        self,
        place: str,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
        limit: int = 10,
        content: bool = True,
    ) -> SimilarResult:
        """Answer as `Index.similar` does. content: False leaves texts out."""
        body = _filters(repos, languages, kinds, paths, symbols) | {"place": place, "limit": limit, "content": content}
        result: SimilarResult = self._ask("POST", "/v1/similar", SimilarResult, body)
        return result

    def facets(
        self,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
    ) -> Facets:
        """Count the chunks under the filter by repository, language, kind and top folder."""
        result: Facets = self._ask("POST", "/v1/facets", Facets, _filters(repos, languages, kinds, paths, symbols))
        return result

    def chunk(self, id: str) -> Hit:
        """Return one chunk by the id of a hit."""
        result: Hit = self._ask("GET", f"/v1/chunks/{quote(id, safe='')}", Hit)
        return result

    def file(self, repo: str, path: str, *, content: bool = True) -> FileChunks:
        """Return what is indexed of one file. content: False leaves texts out."""
        asked = urlencode({"repo": repo, "path": path, "content": str(content).lower()})
        result: FileChunks = self._ask("GET", f"/v1/files?{asked}", FileChunks)
        return result

    def repos(self) -> list[RepoStatus]:
        """Return what is indexed of each repository."""
        result: list[RepoStatus] = self._ask("GET", "/v1/repos", list[RepoStatus])
        return result

    def index(self, path: str | Path, *, name: str | None = None) -> Job:
        """Have a full path of the server's machine indexed, called `name`; return at once.

        One run at a time: status 409 while another goes on.
        """
        job: Job = self._ask("POST", "/v1/repos", Job, {"path": str(path), "name": name})
        return job

    def update(self, repo: str) -> Job:
        """Have an indexed repository brought up to date; return at once."""
        job: Job = self._ask("POST", "/v1/repos", Job, {"repo": repo})
        return job

    def remove(self, repo: str) -> None:
        """Take a repository out of the index; its files are not touched."""
        self._ask("DELETE", f"/v1/repos/{quote(repo)}", None)

    def jobs(self) -> list[Job]:
        """Return the runs that the server started, newest first."""
        jobs: list[Job] = self._ask("GET", "/v1/jobs", list[Job])
        return jobs

    def job(self, id: str) -> Job:
        """Return one run."""
        job: Job = self._ask("GET", f"/v1/jobs/{quote(id, safe='')}", Job)
        return job

    def cancel(self, id: str) -> Job:
        """Stop a run, or have one that has ended forgotten."""
        job: Job = self._ask("DELETE", f"/v1/jobs/{quote(id, safe='')}", Job)
        return job

    def follow(self, id: str) -> Iterator[Job]:
        """Yield a run whenever it has changed; the last one has ended. Ask nothing else meanwhile."""
        response = self._send("GET", f"/v1/jobs/{quote(id, safe='')}/events", None)
        try:
            for line in response:
                if line.startswith(b"data: "):
                    job: Job = from_json(Job, json.loads(line.removeprefix(b"data: ")))
                    yield job
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise AnswerError(f"the server's answer broke off: {error}", hint="ask for the job again") from error
        finally:
            self.close()

    def _ask(self, method: str, path: str, kind: Any, body: object = None) -> Any:  # noqa: ANN401 - of that kind
        response = self._send(method, path, body)
        try:
            answer = response.read()
            return None if kind is None else from_json(kind, json.loads(answer))
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise AnswerError(f"the server's answer broke off: {error}", hint="ask again") from error
        except ValueError as error:
            self.close()
            raise AnswerError(
                f"the server's answer is not understood: {error}", hint=VERSION_HINT, status=response.status
            ) from error

    def _send(self, method: str, path: str, body: object) -> HTTPResponse:
        """Return the head of an answer of success. A connection that the server ended meanwhile is made again."""
        tries = 2 if self._connection.sock is not None else 1
        given = None if body is None else json.dumps(body)
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        while True:
            tries -= 1
            try:
                self._connection.request(method, f"/api{path}", body=given, headers=headers)
                response = self._connection.getresponse()
                if response.status < http.client.BAD_REQUEST:
                    return response
                answer = response.read()
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                if not (tries and isinstance(error, ConnectionError)):
                    raise _unreachable(error) from error
            else:
                raise _refused(response.status, answer)


def _filters(
    repos: Sequence[str], languages: Sequence[str], kinds: Sequence[str], paths: Sequence[str], symbols: Sequence[str]
) -> dict[str, object]:
    given = {"repos": repos, "languages": languages, "kinds": kinds, "paths": paths, "symbols": symbols}
    return {name: list(values) for name, values in given.items()}


def _unreachable(error: Exception) -> AnswerError:
    return AnswerError(
        f"the server does not answer: {error}", hint="start one with `gte-search serve`, and check address and port"
    )


def _refused(status: int, answer: bytes) -> AnswerError:
    """Return the error that a server's problem details tell."""
    try:
        problem = json.loads(answer)
        detail, hint = str(problem["detail"]), str(problem["hint"])
    except (ValueError, KeyError, TypeError):
        detail, hint = f"the server answers with status {status}", "check that it is one of gte-search"
    return AnswerError(detail, hint=hint, status=status)
