"""What a program may ask, field by field: the same over HTTP and MCP. An unknown field is refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from indexer.index import MOST_HITS
from indexer.query import LONGEST


class Filters(BaseModel):
    """What may be found. Unknown fields are refused: a misspelt filter must not be ignored."""

    model_config = ConfigDict(extra="forbid")

    repos: Annotated[list[str], Field(description="Names of repositories.")] = []
    languages: Annotated[list[str], Field(description="Languages, such as python.")] = []
    kinds: Annotated[
        list[str],
        Field(description="Kinds of chunk: function, method, class, module, section, page, cell, block."),
    ] = []
    paths: Annotated[list[str], Field(description="Globs as in .gitignore, such as `src/**/*.py` or `tests/`.")] = []
    symbols: Annotated[list[str], Field(description="Qualified symbols or their last parts.")] = []


class Question(Filters):
    """A question with its filters."""

    query: Annotated[str, Field(max_length=LONGEST, description="Question, symbol, path or error message.")]
    limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits.")] = 10
    offset: Annotated[int, Field(ge=0, le=MOST_HITS - 1, description="How many hits to skip.")] = (
        0  # not `lt`: some agents know no such bound
    )


class Place(Filters):
    """A place, and filters for what is related to it."""

    place: Annotated[
        str, Field(max_length=LONGEST, description="`PATH:LINE`, `PATH` for a whole file, or the id of a hit.")
    ]
    limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits.")] = 10
