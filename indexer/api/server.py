"""The API by itself: `gte-search serve`."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Final

from fastapi import FastAPI

import embedder
from indexer import access, loopback, open_index, serving
from indexer.api.app import create_app
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
    token = serving.new_token()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with announced(settings, host=settings.host, port=settings.port, token=token):
            yield

    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    may = access.of(settings, settings.host)
    outer.mount("/api", create_app(Opener(open_index), jobs_of=Jobs(settings.index), token=token, access=may))
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
