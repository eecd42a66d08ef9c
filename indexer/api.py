"""The HTTP door: requests to Index calls, results to JSON. The page's process mounts it under `/api`.

Listens on loopback addresses only, and answers only requests that name one: a page of a stranger
must not reach it through a name that resolves to 127.0.0.1 (DNS rebinding), nor by a cross-site form.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

import embedder
from embedder.errors import EmbedderError
from indexer import loopback, open_index, serving
from indexer.duplicates import MIN_LINES, THRESHOLD
from indexer.errors import IndexerError, InputError, StoreBusyError, StoreMissingError
from indexer.guard import LocalOnly, Named, SmallBodies, refusal
from indexer.index import MOST_AROUND, MOST_HITS, Index
from indexer.opener import Opener
from indexer.request import Filters, Place, Question
from indexer.settings import Settings
from indexer.types import Context, DuplicatesResult, Hit, RepoStatus, SearchResult, SimilarResult

T = TypeVar("T")


class SearchRequest(Question):
    """A question with its filters."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "where are redirects followed", "languages": ["python"], "limit": 5}]}
    )

    facets: Annotated[
        bool, Field(description="Also count what the filter leaves by repository, language, kind and folder.")
    ] = False
    here: Annotated[str | None, Field(description="Name of a repository to prefer.")] = None


class SimilarRequest(Place):
    """A place, and filters for what is related to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"place": "src/requests/sessions.py:160", "limit": 5}]})


class DuplicatesRequest(Filters):
    """What is compared to find copies."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "src", "languages": ["python"]}]})

    path: Annotated[str | None, Field(description="Only groups with a copy in this file, folder or repository.")] = None
    min_lines: Annotated[int, Field(ge=1, description="Shortest copy.")] = MIN_LINES
    threshold: Annotated[float, Field(ge=0.5, le=1, description="Share of common runs of tokens.")] = THRESHOLD
    tests: Annotated[bool, Field(description="Compare tests, examples and vendored code too.")] = True
    limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many groups.")] = 50


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


def create_app(opened: Callable[[], Index], *, token: str = "") -> FastAPI:
    """Build the API.

    opened: returns the open index, asked at every request; an Opener, as a rule. token: of this server, where it is
    announced (`indexer.serving`).
    """
    index = Depends(opened)
    app = FastAPIOffline(
        title="gte-search",
        summary="Search your code and documents by meaning, on your own machine.",
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
        responses={422: {"model": Problem}, 503: {"model": Problem}},
    )
    app.add_middleware(SmallBodies)
    app.add_middleware(Named, token=token)
    app.add_middleware(LocalOnly)
    app.exception_handler(IndexerError)(_problem)
    app.exception_handler(EmbedderError)(_problem)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_other)

    @app.post("/v1/search", summary="Search")
    def search(request: SearchRequest, index: Annotated[Index, index]) -> SearchResult:
        """Return the best chunks, best first, in one shape with `gte-search search --json`."""
        values = request.model_dump()
        return index.search(values.pop("query"), **values)

    @app.post("/v1/similar", summary="Related code")
    def similar(request: SimilarRequest, index: Annotated[Index, index]) -> SimilarResult:
        """Return what is related to the piece at a place, best first, and its copies."""
        values = request.model_dump()
        return index.similar(values.pop("place"), **values)

    @app.post("/v1/duplicates", summary="Copied code")
    def duplicates(request: DuplicatesRequest, index: Annotated[Index, index]) -> DuplicatesResult:
        """Return groups of definitions and passages that are copies of each other, most lines to save first."""
        values = request.model_dump()
        return index.duplicates(values.pop("path"), **values)

    @app.get("/v1/repos", summary="List repositories")
    def repos(index: Annotated[Index, index]) -> list[RepoStatus]:
        """Return what is indexed of each repository."""
        return index.repos()

    @app.get("/v1/chunks/{id}", summary="Get one chunk", responses={404: {"model": Problem}})
    def chunk(id: str, index: Annotated[Index, index]) -> Hit:
        """Return the chunk that a hit's id names."""
        return _found(index.chunk(id), id)

    @app.get("/v1/chunks/{id}/context", summary="A chunk in its surroundings", responses={404: {"model": Problem}})
    def context(
        id: str,
        index: Annotated[Index, index],
        around: Annotated[int, Query(ge=0, le=MOST_AROUND, description="Lines before and after.")] = 10,
        neighbours: Annotated[int, Query(ge=0, le=MOST_AROUND, description="Chunks before and after.")] = 1,
    ) -> Context:
        """Return a chunk with what encloses it, its neighbours and the lines around it, as they were indexed."""
        return _found(index.context(id, around=around, neighbours=neighbours), id)

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

    loopback.require(settings.host, settings.port)
    token = serving.new_token()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with announced(settings, host=settings.host, port=settings.port, token=token):
            yield

    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    outer.mount("/api", create_app(Opener(open_index), token=token))
    uvicorn.run(outer, host=settings.host, port=settings.port, log_level="warning")


def announced(settings: Settings, *, host: str, port: int, token: str) -> AbstractContextManager[None]:
    """Let commands find the server of this process, which serves the API under `/api` with these settings."""
    model, rerank = (embedder.absolute_name(name) if name else "" for name in (settings.model, settings.rerank))
    return serving.announced(settings.index, host=host, port=port, token=token, model=model, rerank=rerank)


def _found(value: T | None, id: str) -> T:
    if value is None:
        raise ChunkNotFoundError(f"there is no chunk {id}", hint="its file changed since; search again")
    return value


def _problem(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401 - either of two error trees with a `hint`
    if isinstance(error, StoreMissingError | StoreBusyError):
        status = 503
    elif isinstance(error, ChunkNotFoundError):
        status = 404
    else:
        status = 422 if isinstance(error, InputError) else 500
    return refusal(status, str(error), error.hint)


def _invalid(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401 - Starlette types handlers by Exception
    """Say which fields of a request are wrong, without repeating what was sent."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}" for fault in error.errors()
    ]
    return refusal(422, "; ".join(faults), "send JSON with `Content-Type: application/json`; /api/docs has the fields")


def _other(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401
    """Give errors of the framework, such as an unknown address, the shape of ours."""
    return refusal(error.status_code, str(error.detail), "see /api/docs for the addresses and methods there are")
