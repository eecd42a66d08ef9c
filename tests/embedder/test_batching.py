import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedder import CheckpointError, Vectors, batching


@given(st.lists(st.integers(min_value=0, max_value=600)))
def test_restore_undoes_order(lengths: list[int]) -> None:
    positions = batching.order(lengths)
    rows = np.asarray([[lengths[position], position] for position in positions], dtype=np.float32).reshape(-1, 2)
    restored = batching.restore(rows, positions)
    assert restored.tolist() == [[length, i] for i, length in enumerate(lengths)]


@given(st.lists(st.integers(min_value=0, max_value=600)))
def test_order_puts_the_longest_first(lengths: list[int]) -> None:
    ordered = [lengths[position] for position in batching.order(lengths)]
    assert ordered == sorted(lengths, reverse=True)


@given(st.lists(st.integers(min_value=0, max_value=600)), st.integers(min_value=1, max_value=5000))
def test_batches_cover_all_rows_and_keep_to_the_budget(lengths: list[int], budget: int) -> None:
    lengths = sorted(lengths, reverse=True)
    batches = [lengths[batch] for batch in batching.cut(lengths, budget)]
    assert [length for batch in batches for length in batch] == lengths
    assert all(len(batch) == 1 or len(batch) * batch[0] <= budget for batch in batches)
    assert all(batches)


@given(st.lists(st.sampled_from(["", "short", "x" * 1_500_000, "x" * 5_000_000]), max_size=12))
def test_windows_cover_all_texts_in_order(texts: list[str]) -> None:
    windows = list(batching.windows(texts))
    assert [text for window in windows for text in window] == texts
    assert all(len(window) == 1 or sum(map(len, window)) <= batching.WINDOW_CHARACTERS for window in windows)
    assert all(windows)


def test_a_window_holds_a_bounded_number_of_texts() -> None:
    sizes = [len(window) for window in batching.windows(["a"] * (2 * batching.WINDOW_TEXTS + 1))]
    assert sizes == [batching.WINDOW_TEXTS, batching.WINDOW_TEXTS, 1]


def lengths_as_rows(rows: list[list[int]]) -> Vectors:
    return np.asarray([[len(row), row[0]] for row in rows], dtype=np.float32)


@pytest.mark.parametrize("threads", [0, 3])
def test_rows_keep_the_order_of_the_texts_across_windows_and_threads(threads: int) -> None:
    rng = np.random.default_rng(1)
    texts = ["x" * int(n) for n in rng.integers(1, 50, size=batching.WINDOW_TEXTS + 500)]
    with ThreadPoolExecutor(threads or 1) as workers:
        vectors = batching.encode(
            texts,
            tokenise=lambda window: [[len(text)] * len(text) for text in window],
            forward=lengths_as_rows,
            dim=2,
            budget=200,
            workers=workers if threads else None,
        )
    assert vectors[:, 0].tolist() == [len(text) for text in texts]


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(CheckpointError, match="not finite") as caught:
        batching.encode(
            ["a"],
            tokenise=lambda window: [[1]],
            forward=lambda rows: np.full((1, 2), np.nan, dtype=np.float32),
            dim=2,
            budget=10,
        )
    assert "float32" in caught.value.hint


def test_one_batch_is_computed_by_the_thread_that_asks() -> None:
    here = threading.get_ident()
    with ThreadPoolExecutor(2) as workers:
        assert list(batching.run(lambda _: threading.get_ident(), ["a query"], workers)) == [here]
        assert here not in batching.run(lambda _: threading.get_ident(), ["a", "b"], workers)


def test_a_batch_that_fails_in_a_thread_fails_the_call() -> None:
    with ThreadPoolExecutor(2) as workers, pytest.raises(ZeroDivisionError):
        list(batching.run(lambda number: 1 / number, [1, 0, 2], workers))
