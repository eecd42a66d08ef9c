"""Values to rows and back, for the local store."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np

from embedder.types import Vectors
from indexer.types import Chunk, Kind

STORED: Final = np.dtype("<f2")  # a vector's numbers: errors of 0.001 in a cosine change no ranking worth having

CHUNKS: Final = """
SELECT c.uuid, r.name, f.path, c.start, c.end, c.page, c.kind, c.language,
       c.symbol, c.signature, c.docstring, c.title, p.text, c.text_at, c.text
FROM chunks AS c JOIN files AS f ON f.id = c.file_id JOIN repos AS r ON r.id = f.repo_id
JOIN passages AS p ON p.id = c.passage_id
"""


KINDS: Final = {kind.value: kind for kind in Kind}  # faster than to ask the class


def encoded(text: str) -> str | bytes:
    """Return what SQLite stores: the text, or bytes where it holds lone surrogates, as odd file names do."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def decoded(value: str | bytes) -> str:
    """Return the text that `encoded` was given."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def encoded_or_none(text: str | None) -> str | bytes | None:
    """Return `encoded`, or None for None."""
    return None if text is None else encoded(text)


def decoded_or_none(value: str | bytes | None) -> str | None:
    """Return `decoded`, or None for None."""
    return None if value is None else decoded(value)


def symbol_keys(symbol: str) -> tuple[str, str]:
    """Return a symbol and its last part as they are compared: without case.

    >>> symbol_keys("requests.Session.Send")
    ('requests.session.send', 'send')
    """
    folded = symbol.casefold()
    return folded, folded.rpartition(".")[2]


@lru_cache(maxsize=1 << 14)  # chunks of a file share its path, and what it has worked out about itself
def _path(text: str) -> PurePosixPath:
    return PurePosixPath(text)


def to_chunk(row: tuple[Any, ...]) -> Chunk:
    """Return the chunk of a row of CHUNKS."""
    uuid, repo, path, start, end, page, kind, language, symbol, signature, docstring, title, passage, at, text = row
    whole = decoded(passage)
    return Chunk(
        id=uuid,
        repo=decoded(repo),
        path=_path(decoded(path)),
        start=start,
        end=end,
        page=page,
        kind=KINDS[kind],
        language=language,
        symbol=decoded_or_none(symbol),
        signature=decoded_or_none(signature),
        docstring=decoded_or_none(docstring),
        title=decoded_or_none(title),
        text=whole[at:] if isinstance(at, int) else decoded(text),
        passage=whole,
    )


def to_blobs(vectors: Vectors) -> list[bytes]:
    """Return each row of [n, dim] as it is stored."""
    return [row.tobytes() for row in vectors.astype(STORED)]


def from_blobs(blobs: Sequence[bytes], *, dim: int) -> Vectors:
    """Return the vectors [n, dim] that `to_blobs` was given, to float16."""
    return np.frombuffer(b"".join(blobs), dtype=STORED).reshape(len(blobs), dim).astype(np.float32)
