from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embedder import FakeEncoder, Role, Vectors
from training.evaluation import vectors
from training.evaluation.vectors import Kept


class Counting(FakeEncoder):
    """Remembers what it was asked to encode; stops after `lives` calls."""

    def __init__(self, lives: int = 1000) -> None:
        super().__init__()
        self.asked: list[tuple[Role, str]] = []
        self._lives = lives

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        if self._lives == 0:
            raise KeyboardInterrupt
        self._lives -= 1
        self.asked += [(role, text) for text in texts]
        return super().encode(texts, role=role)


TEXTS = ["parse the tree", "a", "open a socket to the server", "a", ""]


def test_kept_vectors_are_those_of_the_encoder(tmp_path: Path) -> None:
    for _ in range(2):
        found = Kept(FakeEncoder(), tmp_path).vectors(TEXTS, "query")
        np.testing.assert_array_equal(found, FakeEncoder().encode(TEXTS, role="query"))


def test_a_text_is_encoded_once_for_each_role(tmp_path: Path) -> None:
    encoder = Counting()
    for _ in range(2):  # the second reads what the first wrote
        kept = Kept(encoder, tmp_path)
        kept.vectors(TEXTS, "query")
        kept.vectors(TEXTS[:3], "query")
        kept.vectors(TEXTS[:1], "passage")
    assert sorted(encoder.asked) == sorted([*(("query", text) for text in set(TEXTS)), ("passage", TEXTS[0])])


def test_another_model_shares_nothing(tmp_path: Path) -> None:
    Kept(FakeEncoder(dim=64), tmp_path).vectors(TEXTS, "query")
    assert Kept(FakeEncoder(dim=32), tmp_path).missing(TEXTS, "query") == list(dict.fromkeys(TEXTS))


def test_a_killed_run_loses_at_most_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "BLOCK", 2)
    texts = [f"text {number}" for number in range(10)]
    with pytest.raises(KeyboardInterrupt):
        Kept(Counting(lives=3), tmp_path).vectors(texts, "query")
    encoder = Counting()
    found = Kept(encoder, tmp_path).vectors(texts, "query")
    assert len(encoder.asked) == 4
    np.testing.assert_array_equal(found, FakeEncoder().encode(texts, role="query"))


@pytest.mark.parametrize("end", [".npy", ".keys.npy"])
def test_a_damaged_block_is_encoded_again(tmp_path: Path, end: str) -> None:
    Kept(FakeEncoder(), tmp_path).vectors(TEXTS, "query")
    (block,) = [path for path in tmp_path.rglob("*.npy") if path.name.endswith(".keys.npy") == (end == ".keys.npy")]
    block.write_bytes(block.read_bytes()[:100])
    np.testing.assert_array_equal(
        Kept(FakeEncoder(), tmp_path).vectors(TEXTS, "query"), FakeEncoder().encode(TEXTS, role="query")
    )


def test_fewer_numbers_are_cut_and_scaled_from_the_same_memory(tmp_path: Path) -> None:
    encoder = Counting()
    whole = Kept(encoder, tmp_path).vectors(TEXTS, "query")
    cut = Kept(encoder, tmp_path, dim=16).vectors(TEXTS, "query")
    assert len(encoder.asked) == 4
    for row, shown in zip(whole, cut, strict=True):
        np.testing.assert_allclose(shown, row[:16] / (np.linalg.norm(row[:16]) or 1), rtol=1e-6)


def test_encoded_blocks_are_reported(tmp_path: Path) -> None:
    told: list[str] = []
    Kept(FakeEncoder(), tmp_path).vectors(TEXTS, "query", told.extend)
    assert sorted(told) == sorted(set(TEXTS))
