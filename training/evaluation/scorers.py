"""What is compared: an encoder, or BM25 as the baseline without one."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from embedder.types import Role, Vectors
from training.evaluation.sets import Suite
from training.evaluation.vectors import Kept, OnEncoded

ROWS: Final = 256  # queries scored together: with 50,000 documents 51 MB of scores
K1: Final = 1.2
B: Final = 0.75

WORD: Final = re.compile(r"\w\w+")
# parts of an identifier: getHTTPResponse2 -> get, HTTP, Response, 2
PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")

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


class Bm25:
    """Okapi BM25, Lucene's variant, over stemmed words without stop words; identifiers of code are split first."""

    def scores(self, queries: Sequence[str], passages: Sequence[str], suite: Suite) -> Iterator[Scores]:
        """Yield blocks of BM25 scores."""
        import bm25s

        index = bm25s.BM25(k1=K1, b=B, method="lucene")
        words = _Words(code=suite is Suite.CODE)
        index.index([words.of(text) for text in passages], show_progress=False)
        for start in range(0, len(queries), ROWS):
            rows = [index.get_scores(words.of(query)) for query in queries[start : start + ROWS]]
            yield np.stack(rows).astype(np.float32)


class _Words:
    """Text to terms."""

    def __init__(self, *, code: bool) -> None:
        import Stemmer
        from bm25s.stopwords import STOPWORDS_EN

        self._code = code
        self._stemmer = Stemmer.Stemmer("english")
        self._stop = frozenset(STOPWORDS_EN)

    def of(self, text: str) -> list[str]:
        """Return the terms of a text in order; an identifier of several parts is also a term as a whole."""
        words = [word.lower() for word in (_identifiers(text) if self._code else WORD.findall(text))]
        terms: list[str] = self._stemmer.stemWords([word for word in words if word not in self._stop])
        return terms


def _identifiers(text: str) -> Iterator[str]:
    """Yield the parts of each word, and the word where it has several.

    >>> list(_identifiers("retry_failed(getHTTP2)"))
    ['retry', 'failed', 'retry_failed', 'get', 'HTTP', '2', 'getHTTP2']
    """
    for word in re.findall(r"\w+", text):
        parts = PART.findall(word)
        yield from parts
        if len(parts) > 1:
            yield word


def symmetric_role(name: str) -> Role:
    """Return the role that a model's publisher means for texts compared as equals.

    >>> symmetric_role("bge-small-en-v1.5"), symmetric_role("e5-small-v2")
    ('passage', 'query')
    """
    return "passage" if name.lower().startswith(SEARCH_ONLY) else "query"
