"""Rows to token ids in padded chunks, sorted by length: padding costs as much as text does."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from embedder.batching import cut, order
from embedder.files import Layout
from embedder.model import mask_of, padded
from embedder.tokens import TextTokenizer
from training.data import Row, folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Texts of similar length that go through the model at once."""

    positions: Tensor  # [rows] int64: which texts of the batch
    ids: Tensor  # [rows, tokens] int64, padded with 0
    mask: Tensor  # [rows, tokens] int64, 1 = token


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """n rows ready for the model. Texts are numbered: n queries, n positives, then each block of n hard negatives."""

    rows: int  # n
    texts: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    keys: Tensor  # [texts] int64, equal for texts that are equal but for case and white space
    scores: Tensor | None  # [n, group] float32: of the positive and each negative; NaN in a row that is not scored
    tokens: int  # without padding


class Collator:
    """Turns rows into a batch. Lengths are in tokens, special tokens included, and at most what the model reads."""

    def __init__(
        self, layout: Layout, *, query_tokens: int, passage_tokens: int, negatives: int, chunk_tokens: int
    ) -> None:
        """Open the tokenizers; negatives: hard negatives a row; chunk_tokens: padded tokens a chunk."""
        self._queries = TextTokenizer(replace(layout, max_tokens=min(query_tokens, layout.max_tokens)))
        self._passages = TextTokenizer(replace(layout, max_tokens=min(passage_tokens, layout.max_tokens)))
        self._negatives = negatives
        self._chunk_tokens = chunk_tokens

    def __call__(self, rows: Sequence[Row]) -> Batch:
        """Tokenise n rows, 1 or more. A row with fewer negatives than asked for borrows the next rows' positives."""
        negatives = [_negatives(rows, number, self._negatives) for number in range(len(rows))]
        queries = [row.query for row in rows]
        passages = [row.positive for row in rows]
        for block in range(self._negatives):
            passages += [found[block] for found in negatives]
        ids = self._queries.ids(queries, role="query") + self._passages.ids(passages, role="passage")
        lengths = [len(row) for row in ids]
        positions = order(lengths)
        chunks = [
            _chunk(positions[part], ids)
            for part in cut([lengths[position] for position in positions], self._chunk_tokens)
        ]
        texts = (*queries, *passages)
        return Batch(
            rows=len(rows),
            texts=texts,
            chunks=tuple(chunks),
            keys=torch.tensor([_key(text) for text in texts]),
            scores=torch.tensor([_scores(row, self._negatives) for row in rows]) if self._negatives else None,
            tokens=sum(lengths),
        )


def _negatives(rows: Sequence[Row], number: int, wanted: int) -> list[str]:
    """Return a row's negatives, then the next rows' positives: the paper's "hard or random" negatives."""
    own = list(rows[number].negatives[:wanted])
    while len(own) < wanted:
        own.append(rows[(number + len(own) + 1) % len(rows)].positive)
    return own


def _scores(row: Row, negatives: int) -> Sequence[float]:
    """Return a row's scores where every negative has one; an unscored row says so, as all processes must agree."""
    scored = len(row.scores) > negatives and len(row.negatives) >= negatives
    return row.scores[: negatives + 1] if scored else [math.nan] * (negatives + 1)


def _chunk(positions: Sequence[int], ids: Sequence[Sequence[int]]) -> Chunk:
    rows = [ids[position] for position in positions]
    return Chunk(positions=torch.tensor(positions), ids=padded(rows, fill=0), mask=mask_of(rows))


def _key(text: str) -> int:
    digest = hashlib.blake2b(folded(text).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)
