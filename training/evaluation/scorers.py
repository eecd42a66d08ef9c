"""What is compared: an encoder here, or the baseline of `lexical`, behind one Protocol."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from embedder.types import Role, Vectors
from training.evaluation.sets import Suite
from training.evaluation.vectors import Kept, OnEncoded

ROWS: Final = 256  # queries scored together: with 50,000 documents 51 MB of scores
Scores = npt.NDArray[np.float32]

# Retrieval models whose publishers ask for the query's instruction in search alone and for bare texts where two texts
# are alike; the roles here then stand for that: a passage has no prefix. All others (E5) want their query prefix there.
SEARCH_ONLY: Final = ("bge-", "snowflake-arctic-embed", "mxbai-embed")


class Scorer(Protocol):
    """Scores passages against queries; higher is better."""

    def scores(self, queries: Sequence[str], passages: Sequence[str], suite: Suite) -> Iterator[Scores]:
        """Yield blocks [rows, len(passages)] that together have one row a query, in order."""
        ...


class Dense:
    """Cosine of an encoder's vectors, exact."""

    def __init__(self, kept: Kept, *, symmetric: Role = "query", on_encoded: OnEncoded | None = None) -> None:
        """symmetric: the role of texts that are compared as equals or labelled. on_encoded: see `Kept.vectors`."""
        self._kept, self._symmetric, self._on_encoded = kept, symmetric, on_encoded

    def scores(self, queries: Sequence[str], passages: Sequence[str], suite: Suite) -> Iterator[Scores]:
        """Yield blocks of similarities; each passage is encoded once."""
        documents = self._kept.vectors(passages, "passage", self._on_encoded)
        rows = self._kept.vectors(queries, "query", self._on_encoded)
        for start in range(0, len(rows), ROWS):
            yield rows[start : start + ROWS] @ documents.T

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return [n, dim] unit rows of texts that are neither queries nor passages."""
        return self._kept.vectors(texts, self._symmetric, self._on_encoded)


def symmetric_role(name: str) -> Role:
    """Return the role that a model's publisher means for texts compared as equals.

    >>> symmetric_role("bge-small-en-v1.5"), symmetric_role("e5-small-v2")
    ('passage', 'query')
    """
    return "passage" if name.lower().startswith(SEARCH_ONLY) else "query"
