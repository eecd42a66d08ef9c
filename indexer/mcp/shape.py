"""What the tools answer, as JSON: the names of `Hit` and `SearchResult`, less what an agent does not read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class Piece(Answer):
    """Where a chunk is, without its text."""

    id: Annotated[str, Field(description="For read_chunk and similar; changes when the text does.")]
    repo: str
    path: Annotated[str, Field(description="Relative to the folder of the repository, which `roots` has.")]
    start: Annotated[int, Field(description="First line; of extracted text where `page` is not null.")]
    end: Annotated[int, Field(description="Last line.")]
    page: Annotated[int | None, Field(description="Page, slide or cell.")] = None
    kind: str
    language: str
    symbol: str | None = None
    title: Annotated[str | None, Field(description="Headings that lead to it.")] = None


class Found(Piece):
    """A hit."""

    score: Annotated[float, Field(description="Comparable within one answer only.")]
    matches: Annotated[list[tuple[int, int]], Field(description="Ranges of lines that hold words of the query.")] = []
    stale: Annotated[bool, Field(description="The file changed since it was indexed.")] = False
    text: Annotated[str, Field(description="The chunk, or as much of it as fits.")]
    text_start: Annotated[int, Field(description="Line that `text` begins with.")]
    cut: Annotated[bool, Field(description="`text` is not all of the chunk; read_chunk has it.")] = False


class SearchAnswer(Answer):
    """What a search found."""

    query: str
    total: Annotated[int, Field(description="Distinct candidates that were ranked.")]
    total_is_exact: bool
    offset: int
    confident: Annotated[bool, Field(description="False: the best hit is probably not what was asked for.")]
    notice: Annotated[str | None, Field(description="What one should know of this answer.")] = None
    pending_vectors: Annotated[int, Field(description="Passages that are not found by meaning yet.")]
    roots: Annotated[dict[str, str], Field(description="Repository to its folder on this machine.")]
    hits: list[Found]
    left_out: Annotated[int, Field(description="Hits that max_tokens had no room for.")] = 0


class SimilarAnswer(Answer):
    """What is related to a place."""

    of: Annotated[list[Piece], Field(description="What was pointed at.")]
    total: int
    notice: str | None = None
    pending_vectors: int
    roots: dict[str, str]
    hits: Annotated[list[Found], Field(description="Related, best first.")]
    copies: Annotated[list[Piece], Field(description="The same elsewhere, but for comments and white space.")]
    left_out: Annotated[int, Field(description="Hits and copies that max_tokens had no room for.")] = 0


class Around(Answer):
    """What a chunk is inside of."""

    name: str
    start: int
    end: int


class ChunkAnswer(Piece):
    """A chunk, with the whole definition or section that it is a piece of."""

    root: Annotated[str | None, Field(description="Folder of the repository on this machine.")]
    url: Annotated[str | None, Field(description="At the code host, of the indexed commit.")] = None
    stale: bool
    whole: Annotated[tuple[int, int], Field(description="Lines of the definition or section.")]
    enclosing: Annotated[list[Around], Field(description="Innermost first.")]
    text: str
    text_start: int
    text_end: int
    exact: Annotated[bool, Field(description="False: put together from chunks; blank lines may be missing.")]
    cut: Annotated[
        bool, Field(description="`text` is not all of `whole`; raise max_tokens, or read `before` and `after`.")
    ]
    before: Annotated[Piece | None, Field(description="The chunk that stands before `text`.")] = None
    after: Annotated[Piece | None, Field(description="The chunk that goes on behind `text`.")] = None


class RepoState(Answer):
    """One repository."""

    name: str
    root: str
    branch: str | None = None
    commit: Annotated[str | None, Field(description="That was indexed.")] = None
    files: int
    expected_files: int
    chunks: int
    pending: Annotated[int, Field(description="Passages that are not found by meaning yet.")]
    complete: bool
    languages: Annotated[dict[str, int], Field(description="Files of each, most first.")]
    changed: Annotated[str | None, Field(description="What changed on disk since; only where asked for.")] = None


class StatusAnswer(Answer):
    """How the index is."""

    state: Annotated[str, Field(description="ready, indexing, incomplete, empty or missing.")]
    advice: Annotated[str | None, Field(description="What the user can do about it.")] = None
    text_share: Annotated[float, Field(description="Share of files that are found by words.")] = 0.0
    meaning_share: Annotated[float, Field(description="Share of chunks that are found by meaning.")] = 0.0
    model: str | None = None
    model_ready: bool = False
    repos: list[RepoState] = []
    left_out: Annotated[int, Field(description="Repositories that max_tokens had no room for.")] = 0
