"""What an agent may ask; the fields that other doors have too are those of `indexer.request`."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from indexer.index import MOST_AROUND
from indexer.request import Place, Question

FEWEST_TOKENS: Final = 200  # a hit with a line of its text
MOST_TOKENS: Final = 50_000

MaxTokens = Annotated[int, Field(ge=FEWEST_TOKENS, le=MOST_TOKENS, description="Upper size of the answer in tokens.")]


class Search(Question):
    """Arguments of `search`."""

    max_tokens: MaxTokens = 4_000


class Similar(Place):
    """Arguments of `similar`."""

    max_tokens: MaxTokens = 4_000


class ReadChunk(BaseModel):
    """Arguments of `read_chunk`."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(max_length=100, description="Of a hit.")]
    around: Annotated[
        int, Field(ge=0, le=MOST_AROUND, description="Lines of the file before and after the definition.")
    ] = 0
    max_tokens: MaxTokens = 8_000


class IndexStatus(BaseModel):
    """Arguments of `index_status`."""

    model_config = ConfigDict(extra="forbid")

    check_disk: Annotated[
        bool, Field(description="Also say what changed on disk since it was indexed; looks at every file.")
    ] = False
    max_tokens: MaxTokens = 4_000
