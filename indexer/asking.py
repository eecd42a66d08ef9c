"""Asks a running server what an index would answer: the part of `Index` that a search from the command line needs.

The server has loaded model and index already, which a new process spends most of its time on.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from indexer import loopback
from indexer.client import Client
from indexer.errors import AnswerError
from indexer.serving import HEADER, Serving
from indexer.types import SearchResult

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
        host = f"[{serving.host}]" if ":" in serving.host else serving.host
        headers = {HEADER: serving.token}
        self._client = Client(f"http://{host}:{serving.port}", timeout=HELLO_SECONDS, headers=headers)
        try:
            repos = self._client.repos()
        except AnswerError as error:
            self._client.close()
            raise _no_answer(error) from error
        self._roots = {status.repo.name: status.repo.root for status in repos}
        self._client.wait(SEARCH_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

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
        try:
            return self._client.search(
                text,
                repos=repos,
                languages=languages,
                kinds=kinds,
                paths=paths,
                symbols=symbols,
                limit=limit,
                offset=offset,
                here=here,
            )
        except AnswerError as error:
            self._client.close()
            raise _no_answer(error) from error


def _no_answer(error: AnswerError) -> NoAnswerError:
    return NoAnswerError(f"status {error.status}: {error}" if error.status else str(error))
