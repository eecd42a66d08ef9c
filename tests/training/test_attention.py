"""Attention in training against transformers' own, which adds up the same in another order and precision."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from embedder.files import Layout
from tests.embedder import checkpoints, published
from training import attention
from training.collate import Chunk
from training.recipe import Precision
from training.student import Student

LENGTHS = (24, 17, 2)
KINDS = ("tiny", *published.KINDS)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny checkpoints of every architecture; not to be changed."""
    root = tmp_path_factory.mktemp("kinds")
    return {"tiny": checkpoints.write(root / "tiny")} | {
        kind: published.write(root / kind, kind) for kind in published.KINDS
    }


def chunk(layout: Layout, *, padded: bool) -> Chunk:
    lengths = torch.tensor(LENGTHS if padded else [LENGTHS[0]] * len(LENGTHS))
    mask = (torch.arange(LENGTHS[0]) < lengths.unsqueeze(1)).long()
    ids = torch.randint(5, 30, mask.shape, generator=torch.Generator().manual_seed(3))
    return Chunk(positions=torch.arange(len(lengths)), ids=ids.where(mask > 0, layout.config.pad), mask=mask)


def computed(
    folder: Path, *, precision: Precision, padded: bool = True, dropout: float = 0.0, theirs: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the vectors of a chunk, and the gradients of a sum over them in one row."""
    layout = Layout.find(folder)
    student = Student(layout, dropout=dropout, device="cpu", precision=precision)
    if theirs:
        student.model.set_attn_implementation("eager")  # type: ignore[operator]  # torch types methods as tensors
    torch.manual_seed(7)
    vectors = student.forward(chunk(layout, padded=padded))
    (vectors * torch.linspace(-1, 1, vectors.shape[-1])).sum().backward()  # type: ignore[no-untyped-call]
    found = [each.grad.flatten() for each in student.model.parameters() if each.grad is not None]
    return vectors.detach(), torch.cat(found)


def apart(found: Tensor, expected: Tensor) -> float:
    """Return how far two tensors are apart, as a share of their length."""
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_vectors_and_gradients_are_those_of_transformers(kind: str, padded: bool, folders: dict[str, Path]) -> None:
    ours = computed(folders[kind], precision="float32", padded=padded)
    theirs = computed(folders[kind], precision="float32", padded=padded, theirs=True)
    for found, expected in zip(ours, theirs, strict=True):
        assert apart(found, expected) < 5e-5


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_is_as_near_to_float32_as_that_of_transformers(kind: str, folders: dict[str, Path]) -> None:
    exact = computed(folders[kind], precision="float32")
    ours = computed(folders[kind], precision="bfloat16")
    theirs = computed(folders[kind], precision="bfloat16", theirs=True)
    for found, expected, right in zip(ours, theirs, exact, strict=True):
        assert apart(found, right) < 2 * apart(expected, right)


def test_dropout_draws_and_scales_as_in_transformers(folders: dict[str, Path]) -> None:
    ours = computed(folders["tiny"], precision="float32", dropout=0.3)
    theirs = computed(folders["tiny"], precision="float32", dropout=0.3, theirs=True)
    for found, expected in zip(ours, theirs, strict=True):
        assert apart(found, expected) < 5e-5


def test_a_row_without_tokens_in_reach_gives_numbers() -> None:
    query = torch.randn(1, 2, 3, 4, dtype=torch.bfloat16)
    mask = torch.full((1, 1, 3, 3), torch.finfo(torch.bfloat16).min, dtype=torch.bfloat16)
    found, _ = attention.attend(torch.nn.Module(), query, query, query, mask, scaling=0.5)
    torch.testing.assert_close(found, query.mean(2).unsqueeze(1).expand(1, 3, 2, 4), atol=0.02, rtol=0)
