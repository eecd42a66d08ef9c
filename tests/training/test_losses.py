import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from embedder.pooling import unit
from training.losses import alike, improved_contrastive, info_nce, margin_distillation, similarity_distillation

Numbers = npt.NDArray[np.float64]


def vectors(count: int, *, dim: int = 8, seed: int = 0) -> Tensor:
    return unit(torch.randn(count, dim, generator=torch.Generator().manual_seed(seed))).double()


def by_the_paper(queries: Numbers, passages: Numbers, temperature: float, right: npt.NDArray[np.bool_]) -> float:
    """Equations 5 and 6 as loops; `right` [n, g * n] says which terms are no negatives."""
    n, total = len(queries), 0.0

    def e(one: Numbers, other: Numbers) -> float:
        return math.exp(float(one @ other) / temperature)

    for i in range(n):
        partition = 0.0
        for j in range(len(passages)):
            if j == i or not right[i, j]:
                partition += e(queries[i], passages[j])
            if j % n != i and not right[i, j]:
                partition += e(passages[j], passages[i])
        for j in range(n):
            if j != i and not right[i, j]:
                partition += e(queries[i], queries[j])
            if j == i or not right[i, j]:
                partition += e(queries[j], passages[i])
        total -= math.log(e(queries[i], passages[i]) / partition)
    return total / n


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("masked", [False, True])
def test_the_improved_loss_is_equations_5_and_6(groups: int, masked: bool) -> None:
    queries, passages = vectors(5), vectors(5 * groups, seed=1)
    right = torch.rand(5, 5 * groups, generator=torch.Generator().manual_seed(2)) < (0.3 if masked else 0)
    right |= torch.eye(5, dtype=torch.bool).repeat(1, groups) if masked else False  # of its own too, as `alike` says
    found = improved_contrastive(queries, passages, temperature=0.1, alike=right if masked else None)
    assert found.item() == pytest.approx(by_the_paper(queries.numpy(), passages.numpy(), 0.1, right.numpy()), abs=1e-9)


@pytest.mark.filterwarnings("ignore")  # of another library's imports
@pytest.mark.parametrize("negatives", [0, 1, 3])
def test_the_improved_loss_is_that_of_sentence_transformers(negatives: int) -> None:
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses", reason="the library is not here")

    class Given(nn.Module):
        def forward(self, features: dict[str, Any]) -> dict[str, Any]:
            return {"sentence_embedding": features["vectors"]}

    queries, blocks = vectors(6), [vectors(6, seed=1 + block) for block in range(1 + negatives)]
    theirs = losses.MultipleNegativesRankingLoss(
        Given(),
        scale=1 / 0.05,
        directions=("query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc"),
        partition_mode="joint",
    )
    wanted = theirs([{"vectors": each} for each in (queries, *blocks)], torch.empty(0))
    torch.testing.assert_close(improved_contrastive(queries, torch.cat(blocks), temperature=0.05), wanted)


def test_the_least_improved_loss_is_ln_2_and_of_no_information_ln_4n_less_2() -> None:
    apart = torch.eye(6, dtype=torch.float64)
    assert improved_contrastive(apart, apart, temperature=0.01).item() == pytest.approx(math.log(2))
    nothing = torch.zeros(7, 4)
    assert improved_contrastive(nothing, nothing, temperature=0.01).item() == pytest.approx(math.log(4 * 7 - 2))


def test_the_least_info_nce_is_0_and_of_no_information_ln_of_the_passages() -> None:
    apart = torch.eye(6)
    assert info_nce(apart, apart, temperature=0.01).item() == pytest.approx(0)
    assert info_nce(torch.zeros(7, 4), torch.zeros(21, 4), temperature=0.01).item() == pytest.approx(math.log(21))


def test_info_nce_is_the_cross_entropy_of_each_query_over_the_passages() -> None:
    queries, passages = vectors(5), vectors(10, seed=1)
    wanted = nn.functional.cross_entropy(queries @ passages.T / 0.1, torch.arange(5))
    torch.testing.assert_close(info_nce(queries, passages, temperature=0.1), wanted)


@pytest.mark.parametrize("loss", [improved_contrastive, info_nce])
def test_a_repeated_answer_costs_nothing_where_it_is_known_to_be_right(loss: Any) -> None:  # noqa: ANN401
    queries, passages = torch.eye(4)[[0, 1, 2, 2]], torch.eye(4)[[0, 1, 2, 2]]
    keys = torch.tensor([0, 1, 2, 2])
    floor = loss(torch.eye(4), torch.eye(4), temperature=0.01)
    torch.testing.assert_close(loss(queries, passages, temperature=0.01, alike=alike(keys, keys + 10)), floor)
    assert loss(queries, passages, temperature=0.01) > floor + 0.1


@pytest.mark.parametrize("loss", [improved_contrastive, info_nce])
def test_a_hard_negative_with_the_text_of_the_answer_costs_nothing(loss: Any) -> None:  # noqa: ANN401
    apart = torch.eye(3)
    passages = torch.cat([apart, apart])  # each query's negative is its own answer again
    right = alike(torch.arange(3), torch.arange(6) % 3)
    floor = loss(apart, apart, temperature=0.01)
    torch.testing.assert_close(loss(apart, passages, temperature=0.01, alike=right), floor)


def test_alike_follows_equal_answers_and_equal_queries() -> None:
    #              row 0, 1, 2; rows 0 and 1 ask the same, rows 1 and 2 have the same answer
    queries, passages = torch.tensor([1, 1, 2]), torch.tensor([10, 11, 11, 11, 10, 12])
    assert alike(queries, passages).int().tolist() == [
        [1, 1, 1, 1, 1, 0],  # the answer of row 2 has the text of row 1's, which answers the same question
        [1, 1, 1, 1, 1, 0],
        [0, 1, 1, 1, 0, 0],
    ]


@pytest.mark.parametrize("loss", [improved_contrastive, info_nce])
def test_gradients_are_finite_at_the_paper_s_temperature(loss: Any) -> None:  # noqa: ANN401
    raw = torch.randn(24, 16, generator=torch.Generator().manual_seed(0), requires_grad=True)
    units = unit(raw)
    right = alike(torch.arange(8) // 2, torch.arange(16))
    loss(units[:8], units[8:], temperature=0.01, alike=right).backward()
    assert raw.grad is not None
    assert raw.grad.isfinite().all()
    assert raw.grad.abs().sum() > 0


def test_a_student_like_its_teacher_has_nothing_to_learn() -> None:
    teacher = vectors(6)
    student = teacher.clone().requires_grad_()
    found = similarity_distillation(student, teacher, temperature=0.05, teacher_temperature=0.05)
    found.backward()  # type: ignore[no-untyped-call]  # torch does not type it
    assert found.item() == pytest.approx(0, abs=1e-9)
    assert student.grad is not None
    torch.testing.assert_close(student.grad, torch.zeros_like(teacher))


def test_similarity_distillation_is_the_divergence_of_the_neighbourhoods() -> None:
    student, teacher = vectors(4).numpy(), vectors(4, dim=5, seed=1).numpy()

    def neighbours(units: Numbers, i: int, temperature: float) -> Numbers:
        weights = np.asarray([math.exp(float(units[i] @ units[j]) / temperature) for j in range(4) if j != i])
        return np.asarray(weights / weights.sum())

    wanted = 0.0
    for i in range(4):
        p, q = neighbours(teacher, i, 0.1), neighbours(student, i, 0.2)
        wanted += float((p * np.log(p / q)).sum()) / 4
    found = similarity_distillation(
        torch.from_numpy(student), torch.from_numpy(teacher), temperature=0.2, teacher_temperature=0.1
    )
    assert found.item() == pytest.approx(wanted)


def test_margin_distillation_by_hand() -> None:
    queries = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    passages = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.6, 0.8], [1.0, 0.0]])  # margins 1 - 0.6 and 0.8 - 0
    scores = torch.tensor([[0.5, 0.2], [0.9, 0.2]])  # margins 0.3 and 0.7
    assert margin_distillation(queries, passages, scores).item() == pytest.approx((0.1**2 + 0.1**2) / 2)


def test_rows_without_scores_have_no_margins_to_learn() -> None:
    queries, passages = vectors(3), vectors(6, seed=1)
    scores = torch.tensor([[0.5, 0.2], [math.nan, math.nan], [0.9, 0.2]], dtype=torch.float64)
    kept = [0, 2]
    wanted = margin_distillation(queries[kept], passages[[0, 2, 3, 5]], scores[kept])
    torch.testing.assert_close(margin_distillation(queries, passages, scores), wanted)
    assert margin_distillation(queries, passages, torch.full_like(scores, math.nan)).item() == 0


def test_alike_follows_answers_that_are_asked_back() -> None:
    #              row 1 asks what row 0 answers, as pairs of equal questions do
    queries, passages = torch.tensor([1, 2, 3]), torch.tensor([2, 10, 12, 1, 11, 11])
    assert alike(queries, passages).int().tolist() == [
        [1, 1, 0, 1, 0, 0],  # its own text is no hard negative of it either
        [1, 1, 0, 1, 0, 0],
        [0, 0, 1, 0, 0, 0],
    ]


@pytest.mark.parametrize("loss", [improved_contrastive, info_nce])
def test_a_question_and_its_equal_in_another_row_are_no_negatives(loss: Any) -> None:  # noqa: ANN401
    apart = torch.eye(3)
    queries, passages = apart[[0, 0, 1]], apart[[0, 0, 1]]  # rows 0 and 1: the same, asked with other words
    keys = alike(torch.tensor([1, 2, 4]), torch.tensor([2, 3, 5]))
    floor = loss(apart, apart, temperature=0.01)
    torch.testing.assert_close(loss(queries, passages, temperature=0.01, alike=keys), floor)
    assert loss(queries, passages, temperature=0.01) > floor + 0.1
