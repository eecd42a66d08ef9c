from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from embedder.files import Layout
from tests.training import examples
from training.collate import Batch, Collator
from training.gradcache import backward
from training.objective import Objective
from training.recipe import Stage
from training.student import Student

STAGE = Stage(steps=1, batch=8, rate=1e-3, temperature=0.05, negatives=2, dims=(16,), layers=(1,))


def collated(start: Path, *, chunk_tokens: int) -> Batch:
    collate = Collator(Layout.find(start), query_tokens=32, passage_tokens=32, negatives=2, chunk_tokens=chunk_tokens)
    return collate(examples.pairs(8, negatives=2))


def gradients(
    start: Path, way: Callable[[Student, Batch, Objective], Tensor], *, chunk_tokens: int, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Return the loss and all gradients in one row."""
    student = Student(Layout.find(start), layers=STAGE.layers, dropout=dropout, device="cpu", precision="float32")
    batch = collated(start, chunk_tokens=chunk_tokens)
    torch.manual_seed(5)
    loss = way(student, batch, Objective(STAGE, source="code", rows=batch.rows, keys=batch.keys))
    found = [each.grad for each in student.model.parameters() if each.grad is not None]
    return loss, torch.cat([each.flatten() for each in found])


def plain(student: Student, batch: Batch, objective: Objective) -> Tensor:
    """The whole batch at once, as anyone would write it."""
    (chunk,) = batch.chunks
    pooled = student.forward(chunk)
    loss = objective(pooled[torch.argsort(chunk.positions)])
    loss.backward()  # type: ignore[no-untyped-call]  # torch does not type it
    return loss.detach()


def chunked(student: Student, batch: Batch, objective: Objective) -> Tensor:
    return backward(student.forward, batch.chunks, objective, replay=False)


def replayed(student: Student, batch: Batch, objective: Objective) -> Tensor:
    return backward(student.forward, batch.chunks, objective, replay=True)


def scaled(student: Student, batch: Batch, objective: Objective) -> Tensor:
    return backward(student.forward, batch.chunks, objective, replay=True, scale=64.0)


@pytest.mark.parametrize("way", [chunked, replayed])
def test_gradients_in_chunks_are_those_of_the_whole_batch(
    start: Path, way: Callable[[Student, Batch, Objective], Tensor]
) -> None:
    loss, wanted = gradients(start, plain, chunk_tokens=100_000)
    assert len(collated(start, chunk_tokens=48).chunks) >= 5
    found_loss, found = gradients(start, way, chunk_tokens=48)
    torch.testing.assert_close(found_loss, loss, rtol=1e-5, atol=1e-5)
    assert float((found - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max())


def test_dropout_is_replayed_as_it_was(start: Path) -> None:
    loss, wanted = gradients(start, chunked, chunk_tokens=48, dropout=0.2)
    found_loss, found = gradients(start, replayed, chunk_tokens=48, dropout=0.2)
    assert found_loss == loss
    assert float((found - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max())
    assert gradients(start, plain, chunk_tokens=100_000)[0] != loss  # it did drop


def test_random_numbers_go_on_after_a_replay_as_without_one(start: Path) -> None:
    gradients(start, chunked, chunk_tokens=48, dropout=0.2)
    wanted = torch.rand(3)
    gradients(start, replayed, chunk_tokens=48, dropout=0.2)
    torch.testing.assert_close(torch.rand(3), wanted)


def test_a_scale_multiplies_the_gradients_and_not_the_loss(start: Path) -> None:
    loss, wanted = gradients(start, replayed, chunk_tokens=48)
    found_loss, found = gradients(start, scaled, chunk_tokens=48)
    assert found_loss == loss
    torch.testing.assert_close(found, 64 * wanted)
