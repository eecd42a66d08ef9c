"""The API by itself: `gte-search serve`."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, nullcontext
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount

import embedder
from indexer import access, loopback, open_index, serving
from indexer.api.app import create_app, refused
from indexer.jobs import Jobs
from indexer.opener import Opener
from indexer.settings import Settings

ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # who listens everywhere listens there
PARTING: Final = 2  # seconds for open streams of events at the end


def serve(settings: Settings) -> None:
    """Serve the API under `/api` until interrupted.

    Raises InputError for an address beyond loopback where there is no token.
    """
    import uvicorn

    access.require(settings.host, settings.port, settings.token)
    token, jobs = serving.new_token(), Jobs(settings.index)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with announced(settings, host=settings.host, port=settings.port, token=token), closing(jobs):
            yield

    api = create_app(Opener(open_index), jobs_of=jobs, token=token, access=access.of(settings, settings.host))
    outer = Starlette(routes=[Mount("/api", app=api)], lifespan=lifespan, exception_handlers={HTTPException: refused})
    uvicorn.run(outer, host=settings.host, port=settings.port, log_level="warning", timeout_graceful_shutdown=PARTING)


def announced(settings: Settings, *, host: str, port: int, token: str) -> AbstractContextManager[None]:
    """Let commands find the server of this process, which serves the API under `/api` with these settings.

    They ask none but this machine: what listens on another address only is not announced.
    """
    host = ANY.get(host, host)
    if not loopback.contains(host):
        return nullcontext()
    model, rerank = (embedder.absolute_name(name) if name else "" for name in (settings.model, settings.rerank))
    return serving.announced(settings.index, host=host, port=port, token=token, model=model, rerank=rerank)
