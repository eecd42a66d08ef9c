"""Spans to chunks: what is embedded and found as a whole. Chunks never cross a file or a span.

Sizes are counted in characters that are not white space, not in a model's tokens: the text of an
index is written before any model is loaded, and a change of model keeps every chunk and its id.
About three such characters make one WordPiece token of code, four one of prose.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from indexer.parse.spans import is_filler
from indexer.types import Chunk, Kind, Parsed, Span

NAMESPACE: Final = uuid.UUID("6d9be4a1-57d4-5c09-8a3e-2f6c1b0e7d42")  # of chunk ids; changing it changes every id
LONGEST_SIGNATURE: Final = 300  # characters, where it is repeated


def chunks_of(parsed: Parsed, *, repo: str, path: PurePosixPath, budget: int) -> tuple[Chunk, ...]:
    """Cut a parsed file into chunks of at most `budget` non-white characters where its structure allows.

    A line longer than the budget is a chunk of its own. Blank spans, and those that hold only closing
    brackets and the like, give none. Two equal chunks of a file get different ids (by their order).
    """
    seen: Counter[str] = Counter()
    chunks: list[Chunk] = []
    for span in parsed.spans:
        if span.kind is Kind.MODULE and is_filler(span.text):
            continue
        for number, piece in enumerate(_pieces(span, budget)):
            if not piece.text.strip():
                continue
            identity = "\0".join((repo, str(path), piece.kind, piece.symbol or "", piece.text))
            seen[identity] += 1
            chunks.append(
                Chunk(
                    id=str(uuid.uuid5(NAMESPACE, f"{identity}\0{seen[identity]}")),
                    repo=repo,
                    path=path,
                    start=piece.start,
                    end=piece.end,
                    page=piece.page,
                    kind=piece.kind,
                    language=parsed.language,
                    symbol=piece.symbol,
                    signature=piece.signature,
                    docstring=piece.docstring if number == 0 else None,
                    title=piece.title,
                    text=piece.text,
                    passage=_passage(piece, continued=number > 0),
                )
            )
    return tuple(chunks)


def _passage(piece: Span, *, continued: bool) -> str:
    """Put the symbol or heading path before the text, and the signature where the text lacks it.

    The file's path stays out of it, so that a renamed or copied file needs no new vector.
    """
    header = [part for part in (piece.symbol, piece.title) if part]
    if continued and piece.signature:
        header.append(piece.signature[:LONGEST_SIGNATURE])
    return "\n".join([*header, piece.text])


def _pieces(span: Span, budget: int) -> Iterator[Span]:
    """Yield the span whole, or cut at its `cuts`, or at any line where these are too far apart."""
    lines = span.text.split("\n")
    sizes = [_size(line) for line in lines]
    if sum(sizes) <= budget or len(lines) == 1:
        yield span
        return
    first = 0
    for last in _ends(sizes, {cut - span.start for cut in span.cuts}, budget):
        yield replace(
            span,
            start=span.start + first,
            end=span.start + last,
            text="\n".join(lines[first : last + 1]),
            cuts=(),
        )
        first = last + 1


def _ends(sizes: list[int], cuts: set[int], budget: int) -> Iterator[int]:
    """Yield the last line of each piece (0-based): as late as fits, at a cut, else before the line that overflows.

    A cut in the first half of a piece is not taken: it would leave a fragment without context.
    """
    first, size, cut, cut_size = 0, 0, 0, 0
    for line, length in enumerate(sizes):
        if line in cuts and size * 2 >= budget:
            cut, cut_size = line, size
        while size + length > budget and line > first:
            end, used = (cut, cut_size) if cut > first else (line, size)
            yield end - 1
            first, size = end, size - used
        size += length
    yield len(sizes) - 1


def _size(line: str) -> int:
    return len("".join(line.split()))
