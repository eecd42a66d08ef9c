"""What is indexed: list, index more, bring up to date, remove."""

from collections.abc import Callable
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from indexer.errors import InputError, NotFoundError
from indexer.index import Index
from indexer.jobs import Jobs
from indexer.problem import Problem
from indexer.query import LONGEST
from indexer.types import Job, RepoStatus


class IndexRequest(BaseModel):
    """What to index: a path, or a repository that is indexed already."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"path": "~/projects/site"}, {"path": "https://github.com/pallets/click"}, {"repo": "site"}]
        },
    )

    path: Annotated[
        str | None,
        Field(
            max_length=LONGEST,
            description="Full path of a folder or file on the server's machine, or the https or ssh address of a "
            "repository to clone.",
        ),
    ] = None
    name: Annotated[str | None, Field(max_length=200, description="What to call it; else its folder's name.")] = None
    repo: Annotated[str | None, Field(description="Name of a repository to bring up to date.")] = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.path is None) == (self.repo is None) or (self.repo is not None and self.name is not None):
            raise ValueError("give a path, perhaps with a name, or the name of a repository as `repo`")
        return self


def router(opened: Callable[[], Index], jobs: Jobs | None) -> APIRouter:
    """Return the routes; without `jobs` those that only read."""
    index = Depends(opened)
    routes = APIRouter(prefix="/v1/repos", tags=["repositories"])

    @routes.get("", summary="List repositories")
    def repos(index: Annotated[Index, index]) -> list[RepoStatus]:
        """Return what is indexed of each repository."""
        return index.repos()

    if jobs is None:
        return routes

    @routes.post("", summary="Index", status_code=202, responses={s: {"model": Problem} for s in (404, 409)})
    def add(request: IndexRequest, response: Response) -> Job:
        """Index a folder or file, in a process of its own: the answer is a job to follow. One runs at a time."""
        path = request.path if request.path is not None else _folder(opened(), request.repo or "")
        if request.name is not None and not (request.name.strip() and request.name.isprintable()):
            raise InputError(f"{request.name!r} is no name for a repository", hint="give it visible characters")
        job = jobs.start(path, name=request.name)
        response.headers["Location"] = f"/api/v1/jobs/{job.id}"
        return job

    @routes.delete("/{name:path}", summary="Remove", status_code=204, responses={404: {"model": Problem}})
    def remove(name: str, index: Annotated[Index, index]) -> None:
        """Take a repository out of the index; its files are not touched."""
        _folder(index, name, whole=False)
        index.remove(name)

    return routes


def _folder(index: Index, name: str, *, whole: bool = True) -> str:
    """Return the folder of a repository. Raises NotFoundError, and InputError for one that is not `whole`."""
    found = next((status.repo for status in index.repos() if status.repo.name == name), None)
    if found is None:
        known = ", ".join(status.repo.name for status in index.repos()) or "none"
        raise NotFoundError(f"no repository `{name}` is indexed", hint=f"indexed are: {known}")
    if whole and not found.whole:
        raise InputError(
            f"of `{name}` only some files are indexed", hint=f"give their paths, or {found.root} to index all of it"
        )
    return str(found.root)
