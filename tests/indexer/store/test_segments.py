"""What an index of sketches finds of what an exact scan finds."""

import numpy as np
import pytest

from embedder.types import Vectors
from indexer.store import segments
from tests.indexer.store.samples import flat_vectors, unit_vectors

DIM = 256
ROWS = 20_000


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return flat_vectors(ROWS, dim=DIM)


@pytest.fixture(scope="module")
def index(vectors: Vectors) -> segments.Index:
    built = segments.sketched(vectors[::4])
    built.add(vectors)
    return built


@pytest.fixture(scope="module")
def exact(vectors: Vectors) -> segments.Index:
    built = segments.exact(DIM)
    built.add(vectors)
    return built


@pytest.mark.parametrize("share", [1.0, 0.5, 0.05, 0.001])
@pytest.mark.parametrize("limit", [10, 200])
def test_sketches_find_what_a_scan_finds_and_nothing_that_the_filter_keeps_out(
    index: segments.Index, exact: segments.Index, share: float, limit: int
) -> None:
    among = np.random.default_rng(2).random(ROWS) < share
    found = wanted = 0
    for query in flat_vectors(20, seed=3, dim=DIM):
        rows, scores = segments.nearest(index, query, among, limit)
        truth, true_scores = segments.nearest(exact, query, among, limit)
        assert among[rows].all()
        assert len(rows) == len(set(rows)) == min(limit, among.sum())
        assert scores == sorted(scores, reverse=True)
        by_row = dict(zip(truth, true_scores, strict=True))
        assert all(
            score == pytest.approx(by_row.get(row, score), abs=1e-5) for row, score in zip(rows, scores, strict=True)
        )
        found += len(set(rows) & set(truth))
        wanted += len(truth)
    assert found / wanted >= 0.98


def test_a_selective_filter_is_answered_in_full(index: segments.Index, exact: segments.Index) -> None:
    query = unit_vectors(1, seed=4, dim=DIM)[0]
    among = np.zeros(ROWS, dtype=np.bool_)
    among[:: ROWS // (segments.WIDER * 10)] = True
    rows, scores = segments.nearest(index, query, among, 10)
    truth, true_scores = segments.nearest(exact, query, among, 10)
    assert rows == truth
    assert scores == pytest.approx(true_scores)


def test_a_filter_that_nothing_passes_finds_nothing(index: segments.Index) -> None:
    assert segments.nearest(index, unit_vectors(1, dim=DIM)[0], np.zeros(ROWS, dtype=np.bool_), 10) == ([], [])


def test_an_index_is_sound_only_with_the_vectors_that_it_should_have(
    index: segments.Index, exact: segments.Index
) -> None:
    for one in (index, exact):
        assert segments.is_sound(one, dim=DIM, rows=ROWS)
        assert not segments.is_sound(one, dim=DIM, rows=ROWS - 1)
        assert not segments.is_sound(one, dim=DIM + 1, rows=ROWS)
    assert (segments.is_sketched(index), segments.is_sketched(exact)) == (True, False)


def test_sketches_are_for_many_vectors_of_many_numbers() -> None:
    assert segments.suits_sketches(256, 1001, most_exact=256_000)
    assert not segments.suits_sketches(256, 1000, most_exact=256_000)
    assert not segments.suits_sketches(segments.LEAST_DIM - 1, 1_000_000, most_exact=256_000)
