"""Search, related code, copies, facets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field

from indexer.duplicates import MIN_LINES, THRESHOLD
from indexer.index import MOST_HITS, Index
from indexer.request import Filters, Place, Question
from indexer.types import DuplicatesResult, Facets, Hit, SearchResult, SimilarResult

Content = Annotated[bool, Field(description="False leaves texts out: `text` is empty.")]


class SearchRequest(Question):
    """A question with its filters."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": "where are redirects followed", "languages": ["python"], "limit": 5}]}
    )

    facets: Annotated[
        bool, Field(description="Also count what the filter leaves by repository, language, kind and folder.")
    ] = False
    here: Annotated[str | None, Field(description="Name of a repository to prefer.")] = None
    content: Content = True


class SimilarRequest(Place):
    """A place, and filters for what is related to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"place": "src/requests/sessions.py:160", "limit": 5}]})

    content: Content = True


class DuplicatesRequest(Filters):
    """What is compared to find copies."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "src", "languages": ["python"]}]})

    path: Annotated[str | None, Field(description="Only groups with a copy in this file, folder or repository.")] = None
    min_lines: Annotated[int, Field(ge=1, description="Shortest copy.")] = MIN_LINES
    threshold: Annotated[float, Field(ge=0.5, le=1, description="Share of common runs of tokens.")] = THRESHOLD
    tests: Annotated[bool, Field(description="Compare tests, examples and vendored code too.")] = True
    limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many groups.")] = 50


class FacetsRequest(Filters):
    """What is counted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"languages": ["python"]}]})


def router(opened: Callable[[], Index]) -> APIRouter:
    """Return the routes."""
    index = Depends(opened)
    routes = APIRouter(prefix="/v1", tags=["find"])

    @routes.post("/search", summary="Search")
    def search(request: SearchRequest, index: Annotated[Index, index]) -> SearchResult:
        """Return the best chunks, best first, in one shape with `gte-search search --json`."""
        values = request.model_dump()
        content = values.pop("content")
        result = index.search(values.pop("query"), **values)
        return result if content else replace(result, hits=without_text(result.hits))

    @routes.post("/similar", summary="Related code")
    def similar(request: SimilarRequest, index: Annotated[Index, index]) -> SimilarResult:
        """Return what is related to the piece at a place, best first, and its copies."""
        values = request.model_dump()
        content = values.pop("content")
        result = index.similar(values.pop("place"), **values)
        if content:
            return result
        of, hits, copies = map(without_text, (result.of, result.hits, result.copies))
        return replace(result, of=of, hits=hits, copies=copies)

    @routes.post("/duplicates", summary="Copied code")
    def duplicates(request: DuplicatesRequest, index: Annotated[Index, index]) -> DuplicatesResult:
        """Return groups of definitions and passages that are copies of each other, most lines to save first."""
        values = request.model_dump()
        return index.duplicates(values.pop("path"), **values)

    @routes.post("/facets", summary="Count by repository, language, kind and folder")
    def facets(request: FacetsRequest, index: Annotated[Index, index]) -> Facets:
        """Count the chunks that the filter leaves; the most frequent first."""
        return index.facets(**request.model_dump())

    return routes


def without_text(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Return the hits without their texts."""
    return tuple(replace(hit, text="") for hit in hits)
