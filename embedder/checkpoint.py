"""What every runtime over a checkpoint folder has in common: all but the arithmetic."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import Executor

from embedder import batching
from embedder.errors import UnsupportedModelError
from embedder.files import Layout
from embedder.tokens import TextTokenizer
from embedder.types import Role, Vectors


class CheckpointEncoder(ABC):
    """Tokenises, batches by length and puts back in order; a runtime adds `_forward`."""

    def __init__(self, layout: Layout, *, fingerprint: str, batch_tokens: int, workers: Executor | None = None) -> None:
        """Keep what a runtime says of itself. workers: threads that call `_forward`; None: the caller's own."""
        if layout.config.labels is not None:
            raise UnsupportedModelError(
                f"`{layout.name}` is a classifier, which gives labels, not vectors",
                hint="load it with embedder.load_classifier, or choose an embedding model such as thenlper/gte-base",
            )
        self._layout = layout
        self._tokenizer = TextTokenizer(layout)
        self._fingerprint = fingerprint
        self._batch_tokens = batch_tokens
        self._workers = workers

    @property
    def name(self) -> str:
        """What a person calls the model."""
        return self._layout.name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._layout.dim

    @property
    def max_tokens(self) -> int:
        """Longest input in tokens, special tokens included."""
        return self._layout.max_tokens

    @property
    def fingerprint(self) -> str:
        """Name and digest of the checkpoint, with the runtime where its vectors differ."""
        return self._fingerprint

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        """Return [n, dim] float32 unit rows in the order of `texts`."""
        return batching.encode(
            texts,
            tokenise=lambda window: self._tokenizer.ids(window, role=role),
            forward=self._forward,
            dim=self.dim,
            budget=self._batch_tokens,
            workers=self._workers,
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens included, before any cut."""
        return self._tokenizer.count(texts)

    @abstractmethod
    def _forward(self, rows: list[list[int]]) -> Vectors:
        """Token ids, longest first -> [rows, dim] unit rows."""
