import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedder.pooling import cls_pool, mean_pool, unit


def test_the_mean_is_over_real_tokens_only() -> None:
    states = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [float("inf"), float("nan")]]])
    assert mean_pool(states, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 3.0]]


def test_the_mean_of_half_precision_is_summed_in_float32() -> None:
    states = torch.full((1, 4096, 1), 1.5, dtype=torch.float16)
    states[0, 0, 0] = 60000.0  # with it the sum is beyond float16
    pooled = mean_pool(states, torch.ones(1, 4096, dtype=torch.long))
    assert pooled.dtype == torch.float32
    assert pooled.item() == pytest.approx((60000 + 4095 * 1.5) / 4096, rel=1e-3)


def test_cls_is_the_first_state() -> None:
    states = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    assert cls_pool(states, torch.tensor([[1, 0]])).tolist() == [[1.0, 2.0]]


def test_a_row_without_tokens_is_refused() -> None:
    states, mask = torch.zeros(2, 3, 4), torch.tensor([[1, 1, 0], [0, 0, 0]])
    with pytest.raises(ValueError, match="no token"):
        mean_pool(states, mask)
    with pytest.raises(ValueError, match="begin with a token"):
        cls_pool(states, mask)


def test_unit_rows_have_length_one_and_keep_their_direction() -> None:
    torch.testing.assert_close(unit(torch.tensor([[3.0, 4.0], [0.0, -2.0]])), torch.tensor([[0.6, 0.8], [0.0, -1.0]]))


@given(tokens=st.integers(1, 6), padding=st.integers(0, 5), data=st.data())
def test_padding_and_the_order_of_tokens_do_not_change_the_mean(tokens: int, padding: int, data: st.DataObject) -> None:
    numbers = st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3)
    rows = data.draw(st.lists(numbers, min_size=tokens, max_size=tokens))
    shuffled = data.draw(st.permutations(rows))
    states = torch.tensor([rows + padding * [[math.nan] * 3], shuffled + padding * [[math.inf] * 3]])
    mask = torch.tensor([[1] * tokens + [0] * padding] * 2)
    wanted = torch.tensor(np.mean(np.asarray(rows, dtype=np.float64), axis=0), dtype=torch.float32)
    torch.testing.assert_close(mean_pool(states, mask), torch.stack([wanted, wanted]), rtol=1e-5, atol=1e-4)


@given(tokens=st.integers(1, 6), padding=st.integers(0, 5))
def test_padding_does_not_change_the_first_state(tokens: int, padding: int) -> None:
    states = torch.randn(1, tokens + padding, 3)
    mask = torch.tensor([[1] * tokens + [0] * padding])
    assert cls_pool(states, mask).tolist() == states[:, 0].tolist()


@given(st.lists(st.floats(-1e6, 1e6, width=32).filter(lambda value: abs(value) > 1e-3), min_size=1, max_size=8))
def test_unit_is_of_length_one_whatever_the_scale(row: list[float]) -> None:
    once = unit(torch.tensor([row]))
    assert once.norm().item() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(unit(once * 37), once, rtol=1e-5, atol=1e-6)
