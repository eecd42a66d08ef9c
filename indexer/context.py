"""A chunk in its surroundings: what encloses it, its neighbours, and the lines around it."""

from collections.abc import Sequence
from typing import Final

from indexer import walk
from indexer.errors import DocumentError
from indexer.languages import has_file_lines
from indexer.parse.text import decode
from indexer.ranking import Ranked
from indexer.search import hits_of
from indexer.store.base import Store
from indexer.types import Chunk, Context, Enclosing, Hit, Lines

AROUND: Final = 10  # lines before and after
HEADINGS: Final = " > "  # between the parts of a title


def context(chunk: Chunk, *, store: Store, around: int = AROUND, neighbours: int = 1) -> Context:
    """Show a chunk with `around` lines and `neighbours` chunks on each side, as they were when it was indexed."""
    chunks = store.file_chunks(chunk.repo, chunk.path)
    at = next((number for number, one in enumerate(chunks) if one.id == chunk.id), None)
    if at is None:  # replaced between two reads
        chunks, at = [chunk], 0
    whole = _whole(chunks, at)
    return Context(
        hit=_hits([chunk], store)[0],
        whole=whole,
        enclosing=tuple(_enclosing(chunk, chunks, whole)),
        before=_hits(chunks[max(at - neighbours, 0) : at], store),
        after=_hits(chunks[at + 1 : at + 1 + neighbours], store),
        lines=_lines(chunk, chunks, store, around),
    )


def _hits(chunks: Sequence[Chunk], store: Store) -> tuple[Hit, ...]:
    return hits_of([Ranked(chunk=one, score=0.0, why={}) for one in chunks], store)


def _whole(chunks: Sequence[Chunk], at: int) -> tuple[int, int]:
    """Return the lines of the definition or section that the chunk is a piece of."""
    first = last = at
    while first and _is_next_piece(chunks[first - 1], chunks[first]):
        first -= 1
    while last + 1 < len(chunks) and _is_next_piece(chunks[last], chunks[last + 1]):
        last += 1
    return chunks[first].start, chunks[last].end


def _is_next_piece(one: Chunk, other: Chunk) -> bool:
    names = (one.kind, one.symbol, one.title, one.signature, one.page)
    named = bool(one.symbol or one.title)
    return named and names == (other.kind, other.symbol, other.title, other.signature, other.page)


def _enclosing(chunk: Chunk, chunks: Sequence[Chunk], whole: tuple[int, int]) -> list[Enclosing]:
    """Name what the chunk is inside of, innermost first, with the lines that the file has of it."""
    found = []
    name = chunk.symbol or chunk.title or ""
    mark = "." if chunk.symbol else HEADINGS
    while mark in name:
        name = name.rpartition(mark)[0]
        names = ((one, one.symbol if chunk.symbol else one.title) for one in chunks)
        inside = [one for one, of in names if f"{of}{mark}".startswith(f"{name}{mark}")]
        start = min((one.start for one in inside), default=whole[0])
        end = max((one.end for one in inside), default=whole[1])
        found.append(Enclosing(name=name, start=start, end=end))
    return found


def _lines(chunk: Chunk, chunks: Sequence[Chunk], store: Store, around: int) -> Lines:
    """Return the chunk with lines around it: of the file where that is the one indexed, else out of the chunks."""
    text = _text_of_file(chunk, store)
    start = max(chunk.start - around, 1)
    if text is not None:
        lines = text.split("\n")
        end = min(chunk.end + around, len(lines))
        return Lines(start=start, end=end, text="\n".join(lines[start - 1 : end]), exact=True)
    held: dict[int, str] = {}
    for one in (*chunks, chunk):  # itself last: of a long line that was cut, its own piece counts
        held |= dict(enumerate(one.text.split("\n"), one.start))
    end = min(chunk.end + around, max(held))
    return Lines(
        start=start, end=end, text="\n".join(held.get(line, "") for line in range(start, end + 1)), exact=False
    )


def _text_of_file(chunk: Chunk, store: Store) -> str | None:
    """Return the text of the file; None where its lines are not the chunk's, or it is not what was indexed.

    By its content, not by time: what a file became since it was indexed may be something never to be shown.
    """
    repo, state = store.repo(chunk.repo), store.file(chunk.repo, chunk.path)
    if repo is None or state is None or not has_file_lines(chunk.language):
        return None
    found = walk.Found(
        path=chunk.path,
        absolute=repo.root / chunk.path,
        size=state.size,
        mtime_ns=state.mtime_ns,
        unchanged=False,
        limit=state.size,
    )
    try:
        data = walk.read(found)
    except DocumentError:  # gone, grown or no file any more
        return None
    return decode(data)[0] if walk.digest(data) == state.digest else None
