"""Spans to chunks: what is embedded and found as a whole. Chunks never cross a file or a span.

Sizes are counted in characters that are not white space, not in a model's tokens: the text of an
index is written before any model is loaded, and a change of model keeps every chunk and its id.
About three such characters make one WordPiece token of code, four one of prose.
"""

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final

from indexer.languages import is_document
from indexer.parse.spans import is_filler
from indexer.types import Chunk, Kind, Parsed, Span

NAMESPACE: Final = uuid.UUID("6d9be4a1-57d4-5c09-8a3e-2f6c1b0e7d42")  # of chunk ids; changing it changes every id
LONGEST_SIGNATURE: Final = 300  # characters, where it is repeated
SENTENCE: Final = re.compile(r".+?(?:[.!?;。！？]+\s+|$)", re.DOTALL)  # noqa: RUF001 - ends of sentences in Chinese
WORD: Final = re.compile(r"\s*\S+\s*")


def chunks_of(parsed: Parsed, *, repo: str, path: PurePosixPath, budget: int) -> tuple[Chunk, ...]:
    """Cut a parsed file into chunks of at most `budget` non-white characters where its structure allows.

    Blank spans, and those that hold only closing
    brackets and the like, give none. Two equal chunks of a file get different ids (by their order).
    """
    where = None if is_document(parsed.language) else path
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
                    id=_id(f"{identity}\0{seen[identity]}"),
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
                    passage=_passage(piece, where, continued=number > 0),
                )
            )
    return tuple(chunks)


def _id(identity: str) -> str:
    """Return `str(uuid.uuid5(NAMESPACE, identity))`, in a third of its time.

    >>> _id("a") == str(uuid.uuid5(NAMESPACE, "a"))
    True
    """
    digest = hashlib.sha1(NAMESPACE.bytes + identity.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def _passage(piece: Span, path: PurePosixPath | None, *, continued: bool) -> str:
    """Put where it stands before the text, and the signature where the text lacks it.

    Code stands in a file, which says what it is for, and under a symbol. A document stands under headings: what its
    file is called is often a number, which led the model astray.
    """
    header = [str(part) for part in (path, piece.symbol, piece.title) if part]
    if continued and piece.signature:
        header.append(piece.signature[:LONGEST_SIGNATURE])
    return "\n".join([*header, piece.text])


def _pieces(span: Span, budget: int) -> Iterator[Span]:
    """Yield the span whole, or cut at its `cuts`, or at any line where these are too far apart.

    A line that is too long by itself, such as a paragraph of prose, is cut between sentences or words:
    its pieces then have the same line number.
    """
    if len(span.text) <= budget or _size(span.text) <= budget:  # nearly every span
        yield span
        return
    units = [(line, part) for line, text in enumerate(span.text.split("\n")) for part in _parts(text, budget)]
    sizes = [_size(part) for _, part in units]
    starts = {cut - span.start for cut in span.cuts}
    cuts = {unit for unit, (line, _) in enumerate(units) if line in starts or (unit and units[unit - 1][0] == line)}
    first = 0
    for last in _ends(sizes, cuts, budget):
        piece = units[first : last + 1]
        yield replace(span, start=span.start + piece[0][0], end=span.start + piece[-1][0], text=_joined(piece), cuts=())
        first = last + 1


def _parts(line: str, budget: int) -> list[str]:
    """Return the line; if it is too long its sentences, if one is too long its words. Joined they are the line."""
    if len(line) <= budget or _size(line) <= budget:
        return [line]
    parts: list[str] = []
    for sentence in SENTENCE.findall(line):
        for word in [sentence] if _size(sentence) <= budget else WORD.findall(sentence):
            step = len(word) if _size(word) <= budget else budget
            parts += [word[start : start + step] for start in range(0, len(word), step)]
    return parts


def _joined(units: list[tuple[int, str]]) -> str:
    """Put parts together again: those of one line as they were, lines with a line end."""
    text = units[0][1]
    for (line, _), (next_line, part) in pairwise(units):
        text += part if next_line == line else "\n" + part
    return text


def _ends(sizes: list[int], cuts: set[int], budget: int) -> Iterator[int]:
    """Yield the last unit of each piece: as late as fits, at a cut, else before the unit that overflows.

    A cut in the first half of a piece is not taken: it would leave a fragment without context.
    """
    first, size, cut, cut_size = 0, 0, 0, 0
    for unit, length in enumerate(sizes):
        if unit in cuts and size * 2 >= budget:
            cut, cut_size = unit, size
        while size + length > budget and unit > first:
            end, used = (cut, cut_size) if cut > first else (unit, size)
            yield end - 1
            first, size = end, size - used
        size += length
    yield len(sizes) - 1


def _size(text: str) -> int:
    return len("".join(text.split()))
