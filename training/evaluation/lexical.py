"""BM25, the baseline without a model."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from training.evaluation.scorers import ROWS, Scores
from training.evaluation.sets import Suite

K1: Final = 1.2
B: Final = 0.75

WORD: Final = re.compile(r"\w\w+")
# parts of an identifier: getHTTPResponse2 -> get, HTTP, Response, 2
PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


class Bm25:
    """Okapi BM25, Lucene's variant, over stemmed words without stop words; identifiers of code are split first."""

    def scores(self, queries: Sequence[str], passages: Sequence[str], suite: Suite) -> Iterator[Scores]:
        """Yield blocks of BM25 scores."""
        import bm25s  # type: ignore[import-untyped]  # the package ships no types

        index = bm25s.BM25(k1=K1, b=B, method="lucene")
        words = _Words(code=suite is Suite.CODE)
        index.index([words.of(text) for text in passages], show_progress=False)
        for start in range(0, len(queries), ROWS):
            block = [words.of(query) for query in queries[start : start + ROWS]]
            # bm25s refuses a query without terms; such a one finds nothing
            rows = [index.get_scores(terms) if terms else np.zeros(len(passages)) for terms in block]
            yield np.stack(rows).astype(np.float32)


class _Words:
    """Text to terms."""

    def __init__(self, *, code: bool) -> None:
        import Stemmer  # type: ignore[import-not-found]  # a compiled module without types
        from bm25s.stopwords import STOPWORDS_EN  # type: ignore[import-untyped]  # the package ships no types

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
