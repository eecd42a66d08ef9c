"""Rows to token ids in padded chunks, sorted by length: padding costs as much as text does."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from embedder.batching import cut, order
from embedder.files import Layout
from embedder.tokens import TextTokenizer
from training.data import Row


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
    keys: Tensor  # [texts] int64, equal only for equal texts
    scores: Tensor | None  # [n, group] float32: a teacher's score of the positive and each negative
    tokens: int  # without padding


class Collator:
    """Turns rows into a batch. Lengths are in tokens, special tokens included."""

    def __init__(
        self, layout: Layout, *, query_tokens: int, passage_tokens: int, negatives: int, chunk_tokens: int
    ) -> None:
        """Open the tokenizers; negatives: hard negatives a row; chunk_tokens: padded tokens a chunk."""
        self._queries = TextTokenizer(replace(layout, max_tokens=min(query_tokens, layout.max_tokens)))
        self._passages = TextTokenizer(replace(layout, max_tokens=min(passage_tokens, layout.max_tokens)))
        self._negatives = negatives
        self._chunk_tokens = chunk_tokens

    def __call__(self, rows: Sequence[Row]) -> Batch:
        """Tokenise n rows. A row with fewer negatives than asked for repeats its own, or borrows other positives."""
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
        scored = self._negatives > 0 and all(len(row.scores) > self._negatives for row in rows)
        return Batch(
            rows=len(rows),
            texts=texts,
            chunks=tuple(chunks),
            keys=torch.tensor([_key(text) for text in texts]),
            scores=torch.tensor([row.scores[: self._negatives + 1] for row in rows]) if scored else None,
            tokens=sum(lengths),
        )


def _negatives(rows: Sequence[Row], number: int, wanted: int) -> list[str]:
    own = list(rows[number].negatives[:wanted])
    while len(own) < wanted:  # the paper's "hard or random" negatives: the next rows' positives stand in
        own.append(rows[(number + len(own) + 1) % len(rows)].positive)
    return own


def _chunk(positions: Sequence[int], ids: Sequence[Sequence[int]]) -> Chunk:
    longest = len(ids[positions[0]])
    padded = torch.tensor([[*ids[position], *[0] * (longest - len(ids[position]))] for position in positions])
    lengths = torch.tensor([len(ids[position]) for position in positions])
    mask = (torch.arange(longest) < lengths.unsqueeze(1)).long()
    return Chunk(positions=torch.tensor(positions), ids=padded, mask=mask)


def _key(text: str) -> int:
    folded = " ".join(text.split()).casefold().encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(folded, digest_size=8).digest(), "big", signed=True)
