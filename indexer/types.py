"""The values that travel through the indexer. Frozen, keyword-only, no behaviour beyond derivation.

A file has *spans* (its structure); a *chunk* is what is embedded and found; a *passage* is a chunk's
text as the model sees it; a *candidate* is a chunk that one engine proposes; a *hit* is a ranked chunk.
Lines are 1-based and inclusive everywhere. Scores are higher-is-better everywhere.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import NamedTuple


class Kind(StrEnum):
    """What a chunk is in its file."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    MODULE = "module"  # what is left of a source file outside functions and classes
    SECTION = "section"  # of a document, under one heading
    PAGE = "page"  # of a PDF or a slide deck
    CELL = "cell"  # of a notebook
    BLOCK = "block"  # a window of lines: no parser knew better


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One piece of a file's structure, as a parser sees it; may be longer than a model reads."""

    kind: Kind
    start: int  # line, 1-based
    end: int  # line, 1-based, inclusive
    text: str  # the lines start to end, joined by "\n"
    symbol: str | None = None  # qualified by its parents: "Session.resolve_redirects"
    signature: str | None = None  # the declaration without its body, white space folded to one line
    docstring: str | None = None  # the doc comment's prose, markers removed
    doc_lines: tuple[tuple[int, int], ...] = ()  # first and last lines of its pieces, where they hold nothing else
    title: str | None = None  # heading path of a document: "Guide > Install > Linux"
    page: int | None = None  # 1-based page, slide or cell number
    cuts: tuple[int, ...] = ()  # lines (start < line <= end) at which a statement or paragraph begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A file as text and structure. Spans are ordered, do not overlap and cover every non-blank line."""

    # the decoded source, or the text extracted from a binary format; of HTML the readable text, each line of it
    # where the source has it; spans count its lines
    text: str
    language: str  # the name in `languages`, such as "python", "markdown", "pdf"
    spans: tuple[Span, ...]
    notes: tuple[str, ...] = ()  # what went less than well, in users' words: "3 syntax errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of one file that is embedded and found as a whole."""

    id: str  # UUID made from repository, path, kind, symbol and text
    repo: str  # name of the repository
    path: PurePosixPath  # relative to the repository's root, "/" on every platform
    start: int  # line, 1-based
    end: int  # line, 1-based, inclusive
    page: int | None
    kind: Kind
    language: str
    symbol: str | None
    signature: str | None
    docstring: str | None
    title: str | None
    text: str
    passage: str  # what the encoder reads: a short header (path and symbol, or headings), then the text

    @property
    def key(self) -> bytes:
        """Identity of the passage: equal passages share one vector, in whatever repository or branch they stand."""
        return content_key(self.passage)


def content_key(passage: str) -> bytes:
    """Return the 16-byte BLAKE2b digest of a passage."""
    return hashlib.blake2b(passage.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo:
    """Who an indexed folder is."""

    name: str  # unique in an index; shown to people and named in filters
    root: Path  # absolute folder on this machine
    remote: str | None = None  # https address at a code host, without credentials
    branch: str | None = None
    commit: str | None = None  # full hash of HEAD when it was indexed; None for a plain folder
    whole: bool = True  # False: only files and folders that were named, not all of the root


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What the index remembers of a file, to know whether it changed."""

    path: PurePosixPath
    digest: bytes  # of the content: BLAKE2b, 16 bytes
    size: int  # bytes
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedFile:
    """A file with everything that the index keeps of it."""

    state: FileState
    language: str
    chunks: tuple[Chunk, ...]
    notes: tuple[str, ...] = ()  # from the parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A passage that has no vector yet."""

    key: bytes  # Chunk.key
    passage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Values of the five filters; an empty tuple does not restrict. Values of one field are alternatives."""

    repos: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    paths: tuple[str, ...] = ()  # gitignore-style globs against the path in the repository
    symbols: tuple[str, ...] = ()  # a whole qualified symbol or its last parts, case-insensitive

    def __bool__(self) -> bool:
        """Tell whether any field restricts."""
        return bool(self.repos or self.languages or self.kinds or self.paths or self.symbols)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which chunks may answer: all of `only`'s fields must match, none of `without`'s may."""

    only: Terms = Terms()
    without: Terms = Terms()

    def __bool__(self) -> bool:
        """Tell whether anything is filtered."""
        return bool(self.only) or bool(self.without)


class Candidate(NamedTuple):
    """A chunk that one engine proposes. A tuple, which is made in a third of the time: a search makes a thousand."""

    id: str  # Chunk.id
    score: float  # higher is better; comparable only within one engine and query


class Field(StrEnum):
    """A part of a chunk whose words are searched by themselves."""

    SYMBOL = "symbol"
    SIGNATURE = "signature"
    TITLE = "title"  # heading path, or docstring
    BODY = "body"
    PATH = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A ranked chunk: one row of an answer."""

    id: str
    score: float
    repo: str
    path: PurePosixPath
    start: int
    end: int
    page: int | None
    kind: Kind
    language: str
    symbol: str | None
    title: str | None
    text: str
    matches: tuple[tuple[int, int], ...]  # line ranges inside [start, end] that hold the query's words
    stale: bool  # the file changed since it was indexed
    url: str | None  # at the code host, pinned to the indexed commit
    why: Mapping[str, float]  # what each ranking signal gave; sums to score


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarResult:
    """What is related to a piece of code or a document."""

    of: tuple[Hit, ...]  # what was pointed at: the piece of a line, or the most telling pieces of a file
    hits: tuple[Hit, ...]  # related, best first, at most one of a definition
    copies: tuple[Hit, ...]  # the same tokens elsewhere, in no order of merit
    total: int  # distinct candidates that were ranked
    pending_vectors: int  # passages not yet comparable by meaning
    notice: str | None  # something the user should know: the file changed, vectors missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One place of a copied definition or passage."""

    id: str  # of its first chunk
    repo: str
    path: PurePosixPath
    start: int
    end: int
    page: int | None
    kind: Kind
    language: str
    symbol: str | None
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateGroup:
    """Places that hold the same, or nearly."""

    copies: tuple[Copy, ...]  # two or more, by repository, path and line
    similarity: float  # smallest overlap with the copy that is like most others; 1.0: equal but for comments and space
    lines: int  # that could be saved: all but the longest copy
    aside: bool  # fewer than two of them stand outside of tests, examples and vendored code


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatesResult:
    """What is copied in an index."""

    compared: int  # definitions and passages
    total: int  # groups found; `groups` may hold fewer
    lines: int  # that could be saved in all of them
    groups: tuple[DuplicateGroup, ...]  # most lines to save first, those that stand aside last


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosing:
    """What a chunk is inside of."""

    name: str  # qualified symbol or heading path
    start: int  # first line that the file has of it
    end: int  # last


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A piece of a file, as it was when it was indexed."""

    start: int
    end: int
    text: str
    exact: bool  # False: put together from chunks, so that blank lines and lone brackets may be missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A chunk in its surroundings."""

    hit: Hit
    whole: tuple[int, int]  # lines of the definition or section that the chunk is a piece of
    enclosing: tuple[Enclosing, ...]  # innermost first: the class of a method, the chapter of a section
    before: tuple[Hit, ...]  # chunks of the file, nearest last
    after: tuple[Hit, ...]  # nearest first
    lines: Lines  # the chunk with lines around it


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds spent in each part of a search; their sum is the whole."""

    encode: float  # the query to its vector, while words are looked up
    search: float  # the rest of the time until all candidates were there
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A place that a program was at, as a stack trace or a compiler prints it."""

    path: str  # as printed, "/" between its parts: often absolute, on another machine
    line: int  # 1-based
    name: str | None  # of the function, "." between its parts; None where it has none


class Reading(StrEnum):
    """What a query can be read as."""

    WORDS = "words"
    SYMBOL = "symbol"  # nothing but a name
    PATH = "path"
    PHRASE = "phrase"  # text that must stand in a hit as it is
    EXPRESSION = "expression"
    ERROR = "error"  # the message alone
    TRACE = "trace"  # with the places that the program was at


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a query was taken for, so that an answer can be explained."""

    reading: Reading
    words: Mapping[str, tuple[str, ...]]  # word of the query to the stems and parts that are looked for
    symbols: tuple[str, ...]  # looked up among definitions, "." between their parts
    instead: Mapping[str, tuple[str, ...]]  # as typed, to what is looked for in its place
    exact: tuple[str, ...]  # phrases and expressions as typed, "-" before those that no hit may hold
    filters: tuple[str, ...]  # as one types them, those given beside the query among them: "-path:tests"
    path: str | None  # that the query names, or a part of it
    line: int | None  # behind that path
    frames: tuple[Frame, ...]  # the innermost first
    error: str | None  # kind and message

    @property
    def corrections(self) -> tuple[str, ...]:
        """Say what was looked for in place of what was typed; names stand in backticks."""
        return tuple(
            f"looked for {' and '.join(f'`{name}`' for name in names)} instead of `{typed}`"
            for typed, names in self.instead.items()
        )


Facets = Mapping[str, Mapping[str, int]]
"""Field ("repos", "languages", "kinds", "folders") to value to count, most frequent first.

Of an answer: of what was ranked, so that the counts of a field add up to `total`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The answer to one query, in the shape that every door gives it."""

    query: str
    timings: Timings
    pending_vectors: int  # passages not yet searchable by meaning
    total: int  # distinct candidates that were ranked
    total_is_exact: bool  # False: an engine had more than it was asked for
    offset: int
    confident: bool  # False: the best hit is probably not what was asked for
    notice: str | None  # something the user should know: a filter that excludes all, vectors missing
    understood: Understood
    hits: tuple[Hit, ...]
    facets: Facets | None = None  # only where asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A path that was not indexed, and why."""

    path: PurePosixPath
    reason: str  # for what is skipped by a rule one of a few fixed wordings, so that they can be counted
    hint: str | None = None  # what the user can do, where it is not a rule of theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What one run of indexing did to one repository."""

    repo: str
    seen: int = 0  # files that belong in the index
    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    chunks: int = 0  # chunks of the repository after the run
    encoded: int = 0  # passages encoded by this run
    pending: int = 0  # passages of the repository still without a vector
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Skipped, ...] = ()  # belong in the index, but could not be read
    notes: tuple[tuple[PurePosixPath, str], ...] = ()  # parsed with a loss
    seconds: float = 0.0


class Phase(StrEnum):
    """What a run of indexing is doing."""

    FINDING = "finding files"
    READING = "reading"  # parse and write text: findable by words, symbols and paths
    ENCODING = "encoding"  # findable by meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run of indexing is; sent a few times a second at most."""

    repo: str
    phase: Phase
    done: int  # files in READING, passages in ENCODING
    total: int  # of the same; 0 while FINDING
    chunks: int  # written so far by this run
    rate: float  # files or passages a second, over the last seconds
    eta: float | None  # seconds; None while unknown


class JobState(StrEnum):
    """What became of a run."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # stopped because somebody said so; what it wrote stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run of indexing in a process of its own, as it was when asked for."""

    id: str
    pid: int
    path: Path  # absolute; what is indexed
    state: JobState
    started: float  # seconds since the epoch
    ended: float | None = None  # the same; when the end was seen. None while it runs
    returncode: int | None = None  # None while it runs; negative: the signal that ended it
    address: str | None = None  # that `path` is cloned from first; None for a folder that was there
    progress: Progress | None = None  # the last that it told; None before the first
    log: str = ""  # the last lines of its output, once it has ended

    @property
    def running(self) -> bool:
        """Tell whether the process is still there."""
        return self.state is JobState.RUNNING

    @property
    def cancelled(self) -> bool:
        """Tell whether it was stopped before its end."""
        return self.state is JobState.CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChunks:
    """What is indexed of one file."""

    repo: str
    path: PurePosixPath
    size: int  # bytes
    chunks: tuple[Hit, ...]  # by line


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far a folder is from what is indexed of it, in files."""

    added: int = 0
    changed: int = 0  # other size or time; the content may still be the same
    removed: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        """Say it as people do: "2 new, 1 gone"."""
        parts = {"new": self.added, "changed": self.changed, "gone": self.removed}
        return ", ".join(f"{count:,} {what}" for what, count in parts.items() if count) or "nothing changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoStatus:
    """What the store holds of one repository."""

    repo: Repo
    files: int
    expected_files: int  # what the last walk found; files / expected_files is the coverage of its text
    chunks: int
    pending: int  # passages without a vector of the given model
    indexed_at: float  # seconds since the epoch; end of the last complete run, 0.0 if none was
    complete: bool  # the last run wrote all its text (vectors may be pending)
    languages: Mapping[str, int] = field(default_factory=dict)  # language to files
