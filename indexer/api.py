"""The HTTP door: requests to Index calls, results to JSON. The page's process mounts it under `/api`.

Listens on loopback addresses only, and answers only requests that name one: a page of a stranger
must not reach it through a name that resolves to 127.0.0.1 (DNS rebinding), nor by a cross-site form.
"""

import threading
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embedder.errors import EmbedderError
from indexer import loopback, open_index
from indexer.errors import IndexerError, InputError, StoreBusyError, StoreMissingError
from indexer.index import MOST_HITS, Index
from indexer.query import LONGEST
from indexer.settings import Settings
from indexer.types import Hit, RepoStatus, SearchResult

LARGEST_BODY: Final = 1 << 20  # bytes; a search needs a fraction


class SearchRequest(BaseModel):
    """A question with its filters. Unknown fields are refused: a misspelt filter must not be ignored."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"query": "where are redirects followed", "languages": ["python"], "limit": 5}]
        },
    )

    query: Annotated[str, Field(max_length=LONGEST, description="Question, symbol, path or error message.")]
    repos: Annotated[list[str], Field(description="Names of repositories.")] = []
    languages: Annotated[list[str], Field(description="Languages, such as python.")] = []
    kinds: Annotated[list[str], Field(description="Kinds of chunk, such as function.")] = []
    paths: Annotated[list[str], Field(description="Globs as in .gitignore.")] = []
    symbols: Annotated[list[str], Field(description="Qualified symbols or their last parts.")] = []
    limit: Annotated[int, Field(ge=1, le=MOST_HITS)] = 10
    offset: Annotated[int, Field(ge=0, lt=MOST_HITS)] = 0
    facets: Annotated[bool, Field(description="Also count by repository, language, kind and folder.")] = False


class Problem(BaseModel):
    """An error: what is wrong, and what to do."""

    error: str
    hint: str


class Health(BaseModel):
    """Whether the index answers."""

    status: str
    repos: int
    files: int
    chunks: int
    pending_vectors: int


class ChunkNotFoundError(InputError):
    """No chunk has that id."""


class Opener:
    """Opens the index at the first call and keeps it: a server may start before anything is indexed.

    For any number of threads. A failure is not remembered, so an index made later is found.
    """

    def __init__(self, open: Callable[[], Index]) -> None:
        self._open = open
        self._index: Index | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Index:
        """Return the one open index. Raises StoreMissingError while there is none."""
        with self._lock:
            if self._index is None:
                self._index = self._open()
            return self._index


def create_app(opened: Callable[[], Index]) -> FastAPI:
    """Build the API. opened: returns the open index, asked at every request; an Opener, as a rule."""
    index = Depends(opened)
    app = FastAPIOffline(
        title="gte-search",
        summary="Search your code and documents by meaning, on your own machine.",
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
        responses={422: {"model": Problem}, 503: {"model": Problem}},
    )
    app.add_middleware(Guard)
    app.exception_handler(IndexerError)(_problem)
    app.exception_handler(EmbedderError)(_problem)
    app.exception_handler(RequestValidationError)(_invalid)

    @app.post("/v1/search", summary="Search")
    def search(request: SearchRequest, index: Annotated[Index, index]) -> SearchResult:
        """Return the best chunks, best first, in one shape with `gte-search search --json`."""
        values = request.model_dump()
        return index.search(values.pop("query"), **values)

    @app.get("/v1/repos", summary="List repositories")
    def repos(index: Annotated[Index, index]) -> list[RepoStatus]:
        """Return what is indexed of each repository."""
        return index.repos()

    @app.get("/v1/chunks/{id}", summary="Get one chunk", responses={404: {"model": Problem}})
    def chunk(id: str, index: Annotated[Index, index]) -> Hit:
        """Return the chunk that a hit's id names."""
        found = index.chunk(id)
        if found is None:
            raise ChunkNotFoundError(f"there is no chunk {id}", hint="its file changed since; search again")
        return found

    @app.get("/health", summary="Health")
    def health(index: Annotated[Index, index]) -> Health:
        """Tell that the index answers, and what it holds."""
        repos = index.repos()
        return Health(
            status="ok",
            repos=len(repos),
            files=sum(one.files for one in repos),
            chunks=sum(one.chunks for one in repos),
            pending_vectors=sum(one.pending for one in repos),
        )

    return app


def serve(settings: Settings) -> None:
    """Serve the API under `/api` until interrupted. Raises InputError for an address beyond loopback."""
    import uvicorn

    loopback.require(settings.host)
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    outer.mount("/api", create_app(Opener(open_index)))
    uvicorn.run(outer, host=settings.host, port=settings.port, log_level="warning")


class Guard:
    """Lets through what comes from this machine and is not too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that names another host, comes from another site, or is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _unwanted(Request(scope))
        body = b"" if refusal else await _body(receive)
        if body is None:
            refusal = _refusal(413, "the request is too large", f"at most {LARGEST_BODY:,} bytes are read")
        if refusal:
            await refusal(scope, receive, send)
            return
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)


def _unwanted(request: Request) -> JSONResponse | None:
    host = request.url.hostname or ""
    if not loopback.contains(host):
        return _refusal(403, f"the host `{host}` is not this machine", "address the server as 127.0.0.1 or localhost")
    origin = request.headers.get("origin")
    if origin and not loopback.contains(urlsplit(origin).hostname or ""):
        return _refusal(403, f"requests from `{origin}` are refused", "call the API from a page of this machine")
    return None


async def _body(receive: Receive) -> bytes | None:
    """Read the body, however it is sent; None once it is too large."""
    body = b""
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _refusal(status: int, error: str, hint: str) -> JSONResponse:
    return JSONResponse({"error": error, "hint": hint}, status_code=status)


def _problem(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401 - either of two error trees with a `hint`
    if isinstance(error, StoreMissingError | StoreBusyError):
        status = 503
    elif isinstance(error, ChunkNotFoundError):
        status = 404
    else:
        status = 422 if isinstance(error, InputError) else 500
    return _refusal(status, str(error), error.hint)


def _invalid(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401 - Starlette types handlers by Exception
    """Say which fields of a request are wrong, without repeating what was sent."""
    faults = [f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in error.errors()]
    return _refusal(422, "; ".join(faults), "see /api/docs for the fields of a request")
