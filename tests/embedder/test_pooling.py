import pytest
import torch

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
