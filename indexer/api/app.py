"""The application: its routes, its guards, and errors as problem details."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from embedder.errors import EmbedderError
from indexer.access import Access, Authorised, Limited
from indexer.api import embeddings, finding, jobs, reading, repositories, state
from indexer.errors import (
    IndexerError,
    InputError,
    JobRunningError,
    NotFoundError,
    StoreBusyError,
    StoreMissingError,
)
from indexer.guard import LocalOnly, Named, SmallBodies
from indexer.index import Index
from indexer.jobs import Jobs
from indexer.problem import MEDIA_TYPE, Problem, refusal

STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (JobRunningError, 409),
    (StoreMissingError, 503),
    (StoreBusyError, 503),
    (NotFoundError, 404),
    (InputError, 422),
)
"""The first that an error is one of; 500 for the rest: the index is damaged, or of another version or model."""
ANYWHERE: Final = (400, 401, 403, 413, 421, 422, 429, 500, 503)  # statuses that any request may be answered with


def create_app(
    opened: Callable[[], Index], *, jobs_of: Jobs | None = None, token: str = "", access: Access | None = None
) -> FastAPI:
    """Build the API.

    opened: returns the open index, asked at every request; an Opener, as a rule. jobs_of: the runs of indexing of this
    process; without, nothing is indexed or removed. token: of this server, where it is announced (`indexer.serving`).
    access: who may ask.
    """
    access = access or Access()
    app = FastAPIOffline(
        title="gte-search",
        version=version("gte-search"),
        summary="Search your code and documents by meaning, on your own machine.",
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
        responses={status: {"model": Problem} for status in ANYWHERE},
    )
    app.add_middleware(SmallBodies)
    app.add_middleware(Authorised, token=access.token, announced=token)
    if access.beyond:
        app.add_middleware(Limited)
    app.add_middleware(Named, token=token)
    app.add_middleware(LocalOnly, beyond=access.beyond, hosts=access.hosts)
    app.exception_handler(IndexerError)(_problem)
    app.exception_handler(EmbedderError)(_problem)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(refused)
    app.exception_handler(Exception)(_mistake)
    for room in (finding, reading, embeddings, state):
        app.include_router(room.router(opened))
    app.include_router(repositories.router(opened, jobs_of))
    if jobs_of is not None:
        app.include_router(jobs.router(jobs_of))
    app.openapi = _completed(app.openapi)  # type: ignore[method-assign]  # the way FastAPI documents
    return app


def _completed(made: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Say what FastAPI does not know: the media type of errors, and the token."""

    def openapi() -> dict[str, Any]:
        schema = made()
        schema["components"].setdefault("securitySchemes", {})["token"] = {"type": "http", "scheme": "bearer"}
        schema["security"] = [{"token": []}, {}]  # optional: on this machine alone a server may have none
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if status >= "400" and "application/json" in answer.get("content", {}):
                        answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
        return schema

    return openapi


def _problem(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401 - either of two error trees with a `hint`
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    return refusal(status, str(error), error.hint)


def _invalid(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401 - Starlette types handlers by Exception
    """Say which fields of a request are wrong, without repeating what was sent."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}" for fault in error.errors()
    ]
    return refusal(422, "; ".join(faults), "send JSON with `Content-Type: application/json`; /api/docs has the fields")


def refused(_: Request, error: Any) -> JSONResponse:  # noqa: ANN401
    """Give errors of the framework, such as an unknown address, the shape of ours."""
    hint = "see /api/docs for the addresses and methods there are"
    if error.status_code == 400:
        hint = "send JSON, in UTF-8"
    return refusal(error.status_code, str(error.detail), hint, headers=error.headers)


def _mistake(_: Request, __: Exception) -> JSONResponse:
    """Answer where the program is wrong; the server's log has the rest."""
    return refusal(500, "the program made a mistake", "its log has more; please report it")
