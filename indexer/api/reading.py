"""What is indexed, as it stands in the files: chunks, their surroundings, files."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from indexer.api.finding import Content, without_text
from indexer.errors import NotFoundError
from indexer.index import MOST_AROUND, Index
from indexer.problem import Problem
from indexer.query import LONGEST
from indexer.types import Context, FileChunks, Hit

T = TypeVar("T")


class Around(BaseModel):
    """How much of the surroundings."""

    model_config = ConfigDict(extra="forbid")

    around: Annotated[int, Field(ge=0, le=MOST_AROUND, description="Lines before and after.")] = 10
    neighbours: Annotated[int, Field(ge=0, le=MOST_AROUND, description="Chunks before and after.")] = 1


class FileRequest(BaseModel):
    """Which file."""

    model_config = ConfigDict(extra="forbid")

    repo: Annotated[str, Field(description="Name of the repository.", examples=["requests"])]
    path: Annotated[
        str, Field(max_length=LONGEST, description="In the repository.", examples=["src/requests/sessions.py"])
    ]
    content: Content = True


def router(opened: Callable[[], Index]) -> APIRouter:
    """Return the routes."""
    index = Depends(opened)
    routes = APIRouter(prefix="/v1", tags=["read"], responses={404: {"model": Problem}})

    @routes.get("/chunks/{id}", summary="Get one chunk")
    def chunk(id: str, index: Annotated[Index, index]) -> Hit:
        """Return the chunk that a hit's id names."""
        return _found(index.chunk(id), id)

    @routes.get("/chunks/{id}/context", summary="A chunk in its surroundings")
    def context(id: str, asked: Annotated[Around, Query()], index: Annotated[Index, index]) -> Context:
        """Return a chunk with what encloses it, its neighbours and the lines around it, as they were indexed."""
        return _found(index.context(id, around=asked.around, neighbours=asked.neighbours), id)

    @routes.get("/files", summary="The chunks of a file")
    def file(asked: Annotated[FileRequest, Query()], index: Annotated[Index, index]) -> FileChunks:
        """Return what is indexed of one file, by line."""
        found = index.file(asked.repo, asked.path)
        if found is None:
            raise NotFoundError(
                f"`{asked.path}` of `{asked.repo}` is not indexed", hint="give the path of a hit, and its repository"
            )
        return found if asked.content else replace(found, chunks=without_text(found.chunks))

    return routes


def _found(value: T | None, id: str) -> T:
    if value is None:
        raise NotFoundError(f"there is no chunk {id}", hint="its file changed since; search again")
    return value
