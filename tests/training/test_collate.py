import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedder.files import Layout
from tests.embedder.checkpoints import MAX_TOKENS, WORDS
from tests.training import examples
from training.collate import Batch, Collator
from training.data import Row
from training.student import Student


@pytest.fixture(scope="session")
def student(start: Path) -> Student:
    return Student(Layout.find(start), dropout=0.0, device="cpu", precision="float32")


def collate(start: Path, rows: list[Row], *, negatives: int = 0, chunk_tokens: int = 64) -> Batch:
    collator = Collator(
        Layout.find(start), query_tokens=16, passage_tokens=24, negatives=negatives, chunk_tokens=chunk_tokens
    )
    return collator(rows)


def encode(student: Student, batch: Batch) -> torch.Tensor:
    vectors = torch.empty(len(batch.texts), student.layout.config.hidden)
    with torch.no_grad():
        for chunk in batch.chunks:
            vectors[chunk.positions] = student.forward(chunk)[:, -1]
    return vectors


def test_vectors_of_a_batch_are_those_of_its_texts_one_by_one(start: Path, student: Student) -> None:
    texts = [" ".join(WORDS[:count]) for count in (9, 1, 14, 3, 30, 2)]
    rows = [Row(text, text.upper() + " self") for text in texts]
    whole = encode(student, collate(start, rows, chunk_tokens=64))
    alone = torch.cat([encode(student, collate(start, [row])) for row in rows])
    torch.testing.assert_close(whole, torch.cat([alone[0::2], alone[1::2]]), rtol=1e-5, atol=1e-5)


def test_padding_never_changes_a_vector(start: Path, student: Student) -> None:
    (chunk,) = collate(start, [Row("retry failed", "def retry")]).chunks
    wider = type(chunk)(
        positions=chunk.positions,
        ids=torch.nn.functional.pad(chunk.ids, (0, 20), value=7),
        mask=torch.nn.functional.pad(chunk.mask, (0, 20)),
    )
    with torch.no_grad():
        torch.testing.assert_close(student.forward(wider), student.forward(chunk), rtol=1e-5, atol=1e-5)


@given(lengths=st.lists(st.integers(0, 30), min_size=1, max_size=12), budget=st.integers(1, 200))
def test_chunks_hold_every_text_once_within_the_budget(start: Path, lengths: list[int], budget: int) -> None:
    rows = [Row("the " * length, "a " * (30 - length)) for length in lengths]
    batch = collate(start, rows, chunk_tokens=budget)
    assert sorted(torch.cat([chunk.positions for chunk in batch.chunks]).tolist()) == list(range(2 * len(rows)))
    assert all(len(chunk.ids) == 1 or chunk.ids.numel() <= budget for chunk in batch.chunks)
    assert batch.tokens == sum(int(chunk.mask.sum()) for chunk in batch.chunks)
    for chunk in batch.chunks:
        for position, mask in zip(chunk.positions.tolist(), chunk.mask, strict=True):
            limit = 16 if position < len(rows) else 24
            words = len(batch.texts[position].split())
            assert int(mask.sum()) == min(words + 2, limit)


def test_texts_are_cut_at_what_the_model_reads(start: Path) -> None:
    collator = Collator(Layout.find(start), query_tokens=900, passage_tokens=900, negatives=0, chunk_tokens=64)
    assert {len(chunk.ids[0]) for chunk in collator([Row("the " * 99, "a " * 99)]).chunks} == {MAX_TOKENS}


def test_queries_come_first_then_answers_then_blocks_of_negatives(start: Path) -> None:
    rows = [Row("q0", "p0", ("n00", "n01", "n02")), Row("q1", "p1", ("n10", "n11"))]
    assert collate(start, rows, negatives=2).texts == ("q0", "q1", "p0", "p1", "n00", "n10", "n01", "n11")


def test_a_row_with_too_few_negatives_borrows_the_answers_of_the_next_rows(start: Path) -> None:
    rows = [Row("q0", "p0", ("n00",)), Row("q1", "p1"), Row("q2", "p2")]
    assert collate(start, rows, negatives=2).texts[6:] == ("n00", "p2", "p0", "p2", "p0", "p1")


def test_keys_are_equal_where_texts_are_but_for_case_and_white_space(start: Path) -> None:
    query, other, answer, same = collate(start, [Row("Retry it", "x y"), Row("retry  it", "X\ny")]).keys.tolist()
    assert query == other
    assert answer == same
    assert query != answer


def test_a_row_is_scored_only_where_each_of_its_negatives_is(start: Path) -> None:
    rows = [Row("q", "p", ("n", "m"), (3.0, 2.0, 1.0)), Row("q", "p", ("n",), (3.0, 2.0)), Row("q", "p", ("n", "m"))]
    scores = collate(start, rows, negatives=2).scores
    assert scores is not None
    assert scores[0].tolist() == [3.0, 2.0, 1.0]
    assert all(math.isnan(value) for value in scores[1:].flatten().tolist())
    assert collate(start, examples.pairs(2)).scores is None
