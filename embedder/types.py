"""The seams between text and what a model makes of it. Imports nothing of ours, and no torch."""

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""float32 [n, dim], every row of unit length (so a dot product is the cosine)."""

Role = Literal["query", "passage"]
"""What a text is to the search; some checkpoints put a different prefix before each."""


Scores = npt.NDArray[np.float32]
"""float32 [n], higher is better."""


@runtime_checkable
class Encoder(Protocol):
    """Text in, unit vectors out. Implementations do not inherit from it."""

    @property
    def name(self) -> str:
        """What a person calls the model, such as `gte-mini`."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest input in tokens, special tokens included; what is beyond is cut off."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names weights, pooling, prefixes and length; equal only where vectors are comparable."""
        ...

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        """Return [n, dim] float32 unit rows in the order of `texts`; n may be 0."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens included, before any cut."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """A query and passages in, a score each out: a cross-encoder, which reads both together. Good, and slow."""

    @property
    def name(self) -> str:
        """What a person calls the model."""
        ...

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return the model's logit of each passage [n] in the order given, unbounded on both sides; n may be 0."""
        ...
