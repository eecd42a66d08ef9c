"""Whether the server works, and what its index holds."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from embedder.errors import EmbedderError
from indexer.errors import IndexerError
from indexer.index import Index
from indexer.problem import refusal


class Health(BaseModel):
    """The process answers."""

    status: Annotated[str, Field(examples=["ok"])]
    version: Annotated[str, Field(description="Of the program.", examples=["0.1.0"])]


class Ready(BaseModel):
    """Searches are answered."""

    status: Annotated[str, Field(examples=["ready"])]
    repos: int
    files: int
    chunks: int
    pending_vectors: Annotated[int, Field(description="Passages not yet searchable by meaning.")]


def router(opened: Callable[[], Index]) -> APIRouter:
    """Return the routes."""
    index = Depends(opened)
    routes = APIRouter(tags=["state"])

    @routes.get("/health", summary="Health")
    def health() -> Health:
        """Tell that the process answers; needs no token and no index."""
        return Health(status="ok", version=version("gte-search"))

    @routes.get("/ready", summary="Readiness", response_model=Ready)
    def ready(index: Annotated[Index, index]) -> Ready | Response:
        """Search once, so that model and index are loaded, and tell what the index holds; 503 until that works."""
        try:
            repos = index.repos()
            if repos:
                index.search("ready", limit=1)
        except (IndexerError, EmbedderError) as error:
            return refusal(503, str(error), error.hint)
        return Ready(
            status="ready",
            repos=len(repos),
            files=sum(one.files for one in repos),
            chunks=sum(one.chunks for one in repos),
            pending_vectors=sum(one.pending for one in repos),
        )

    @routes.get("/v1/stats", summary="Statistics")
    def stats(index: Annotated[Index, index]) -> dict[str, int | str]:
        """Return location, model and versions of the index, its counts, and its sizes in bytes."""
        return index.statistics()

    return routes
