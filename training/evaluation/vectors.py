"""Vectors that are computed once: kept by model, role and text, and found again by the next set and the next run.

A cache folder holds, for each fingerprint and role, blocks of two plain arrays: `NAME.npy`, the vectors, and
`NAME.keys.npy`, the hashes of their texts. The keys are written last, so a killed run loses at most one block.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from embedder.types import Encoder, Role, Vectors
from training.atomic import unfinished

BLOCK: Final = 512  # texts encoded before they are written: seconds of work on a slow processor
KEY: Final = 16  # bytes of a text's hash

OnEncoded = Callable[[Sequence[str]], None]
"""Called with each block of texts that was encoded."""


class Kept:
    """An encoder with a memory on disk. Its vectors have the length that was asked for."""

    def __init__(self, encoder: Encoder, folder: Path, *, dim: int | None = None) -> None:
        """Open the memory.

        folder: of all caches; may not exist. dim: the leading numbers of each vector that are used, scaled to unit
        length again (elastic dimensions); None uses all. Whole vectors are kept, so another `dim` encodes nothing.
        """
        if dim is not None and not 1 <= dim <= encoder.dim:
            raise ValueError(f"dim {dim} is not within 1 and {encoder.dim}")
        self._encoder = encoder
        self._folder = folder / file_name(encoder.fingerprint)
        self._dim = dim or encoder.dim
        self._known: dict[Role, dict[bytes, npt.NDArray[np.float32]]] = {}

    def missing(self, texts: Sequence[str], role: Role) -> list[str]:
        """Return the texts without a vector, each once."""
        known = self._of(role)
        return [text for text in dict.fromkeys(texts) if _key(text) not in known]

    def vectors(self, texts: Sequence[str], role: Role, on_encoded: OnEncoded | None = None) -> Vectors:
        """Return [n, dim] unit rows in the order of `texts`, encoding those not kept yet, the longest first."""
        known = self._of(role)
        # longest first: a block is then one length, and padding is small
        todo = sorted(self.missing(texts, role), key=len, reverse=True)
        for start in range(0, len(todo), BLOCK):
            block = todo[start : start + BLOCK]
            self._add(role, [_key(text) for text in block], self._encoder.encode(block, role=role))
            if on_encoded is not None:
                on_encoded(block)
        rows = np.empty((len(texts), self._encoder.dim), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = known[_key(text)]
        return shortened(rows, self._dim)

    def _of(self, role: Role) -> dict[bytes, npt.NDArray[np.float32]]:
        if role not in self._known:
            self._known[role] = {}
            for path in sorted((self._folder / role).glob("*.keys.npy")):
                self._remember(role, path)
        return self._known[role]

    def _remember(self, role: Role, path: Path) -> None:
        """Take in one block; one that does not open or fit is left out, and its texts are encoded again."""
        try:
            keys = np.load(path, allow_pickle=False)
            rows = np.load(path.with_name(path.name.removesuffix(".keys.npy") + ".npy"), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return
        if keys.shape == (len(rows), KEY) and rows.shape == (len(keys), self._encoder.dim):
            self._known[role].update(zip(map(bytes, keys), rows, strict=True))

    def _add(self, role: Role, keys: Sequence[bytes], rows: Vectors) -> None:
        folder = self._folder / role
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.blake2b(b"".join(keys), digest_size=8).hexdigest()
        _save(folder / f"{name}.npy", rows)
        _save(folder / f"{name}.keys.npy", np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, KEY))
        self._known[role].update(zip(keys, rows, strict=True))


def shortened(rows: Vectors, dim: int) -> Vectors:
    """Cut rows [n, whole] to their first `dim` numbers and scale them to unit length; whole rows stay as they are."""
    if dim == rows.shape[1]:
        return rows
    cut: Vectors = rows[:, :dim].copy()
    cut /= np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), 1e-12)
    return cut


def file_name(text: str) -> str:
    """Return a name for a folder or file: what a file system may refuse becomes `_`.

    >>> file_name("barisaydin/gte-base@1f3c0a2b+int8")
    'barisaydin_gte-base@1f3c0a2b+int8'
    """
    return re.sub(r"[^\w.@+-]", "_", text)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY).digest()


def _save(path: Path, array: npt.NDArray[np.float32] | npt.NDArray[np.uint8]) -> None:
    """Write atomically: a name that exists is whole."""
    with unfinished(path) as place, place.open("wb") as file:
        np.save(file, array, allow_pickle=False)
