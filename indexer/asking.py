"""Asks a running server what an index would answer: the part of `Index` that a search from the command line needs.

The server has loaded model and index already, which a new process spends most of its time on.
"""

import http.client
import json
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from indexer import loopback
from indexer.serving import HEADER, Serving
from indexer.types import RepoStatus, SearchResult
from indexer.wire import from_json

HELLO_SECONDS: Final = 1.0  # to connect and to say what is indexed; a stopped process must not hold a search up
SEARCH_SECONDS: Final = 30.0  # a cross-encoder's first question takes seconds


class NoAnswerError(Exception):
    """The server is gone, is another one, or does not answer: the index can be opened instead."""


class Asked:
    """An index behind a server. Use as a context manager; what was read before stays readable after."""

    def __init__(self, serving: Serving) -> None:
        """Connect, and read which repositories there are. Raises NoAnswerError."""
        if not loopback.contains(serving.host):
            raise NoAnswerError(f"{serving.host} is not this machine")
        self._connection = HTTPConnection(serving.host, serving.port, timeout=HELLO_SECONDS)
        self._headers = {HEADER: serving.token, "Content-Type": "application/json"}
        repos: list[RepoStatus] = self._ask("GET", "/api/v1/repos", list[RepoStatus])
        self._roots = {status.repo.name: status.repo.root for status in repos}
        if self._connection.sock is not None:
            self._connection.sock.settimeout(SEARCH_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def root(self, name: str) -> Path | None:
        """Return the folder of a repository; None where it is unknown."""
        return self._roots.get(name)

    def here(self, folder: Path) -> str | None:
        """Return the name of the indexed repository that `folder` lies in; the innermost if several."""
        names = {root: name for name, root in self._roots.items()}
        return next((names[parent] for parent in (folder, *folder.parents) if parent in names), None)

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
        here: str | None = None,
    ) -> SearchResult:
        """Answer as `Index.search` does. Raises NoAnswerError, also where that would refuse the question."""
        body = {
            "query": text,
            "repos": list(repos),
            "languages": list(languages),
            "kinds": list(kinds),
            "paths": list(paths),
            "symbols": list(symbols),
            "limit": limit,
            "offset": offset,
            "here": here,
        }
        result: SearchResult = self._ask("POST", "/api/v1/search", SearchResult, body)
        return result

    def _ask(self, method: str, path: str, kind: Any, body: object = None) -> Any:  # noqa: ANN401 - of that kind
        try:
            given = None if body is None else json.dumps(body)
            self._connection.request(method, path, body=given, headers=self._headers)
            response = self._connection.getresponse()
            answer = response.read()
            if response.status != http.client.OK:
                raise ValueError(f"status {response.status}")
            return from_json(kind, json.loads(answer))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise NoAnswerError(str(error)) from error
