"""FakeEncoder and FakeReranker: words instead of weights, for tests and dry trials. No torch."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from embedder.types import Role, Scores, Vectors

TOKEN: Final = re.compile(r"[^\W_]+|[^\w\s]|_")  # a word, or one other character that is not white space
SPECIAL: Final = 2  # tokens around a text, as BERT has
BUCKETS: Final = 4  # a word falls into: with one, every 64th word would look like another


class FakeEncoder:
    """Same text, same vector, on every machine; texts that share words are nearby. Case does not matter."""

    def __init__(self, dim: int = 64, max_tokens: int = 512) -> None:
        if dim < 1 or max_tokens <= SPECIAL:
            raise ValueError(f"dim {dim} must be above 0, max_tokens {max_tokens} above {SPECIAL}")
        self._dim = dim
        self._max_tokens = max_tokens

    @property
    def name(self) -> str:
        """What a person calls the model."""
        return "fake"

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def max_tokens(self) -> int:
        """Longest input in tokens, special tokens included."""
        return self._max_tokens

    @property
    def fingerprint(self) -> str:
        """The two numbers on which the vectors depend."""
        return f"fake@{self._dim}-{self._max_tokens}"

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        """Return [n, dim] float32 unit rows; the role makes no difference. A text without words gets the first axis."""
        vectors = np.zeros((len(texts), self._dim), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for token in TOKEN.findall(text.lower())[: self._max_tokens - SPECIAL]:
                for bucket, sign in _buckets(token, self._dim):
                    row[bucket] += sign
            if not row.any():
                row[0] = 1.0
            row /= np.linalg.norm(row)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count words and other characters, and the two special tokens."""
        return [len(TOKEN.findall(text.lower())) + SPECIAL for text in texts]


class FakeReranker:
    """Scores a passage by the share of the query's words in it: 5 for all of them, -5 for none."""

    @property
    def name(self) -> str:
        """What a person calls the model."""
        return "fake"

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return the score of each passage [n]. Case does not matter."""
        asked = set(TOKEN.findall(query.lower()))
        shares = [len(asked.intersection(TOKEN.findall(text.lower()))) / max(1, len(asked)) for text in passages]
        return 10 * np.asarray(shares, dtype=np.float32) - 5


def _buckets(token: str, dim: int) -> list[tuple[int, int]]:
    """Return bucket and sign, from a hash that is the same in every process (Python's own is not)."""
    digest = hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=4 * BUCKETS).digest()
    numbers = np.frombuffer(digest, dtype="<u4").tolist()
    return [(number // 2 % dim, 1 if number % 2 else -1) for number in numbers]
