"""Every objective, as functions of queries and passages.

Plain, cached and distributed training call the same functions. Vectors are of unit length, so that a dot product is
a cosine. A batch has n queries and g * n passages: passage i answers query i, and every further block of n holds one
hard negative a query, so passage j belongs to query j % n.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from training.loss_name import LossName

Loss = Callable[..., Tensor]
"""(queries [n, dim], passages [g * n, dim], *, temperature, alike [n, g * n] or None) -> their mean loss."""


def improved_contrastive(
    queries: Tensor, passages: Tensor, *, temperature: float, alike: Tensor | None = None
) -> Tensor:
    """Contrast in four directions under one log.

    queries [n, dim], passages [g * n, dim], unit rows; alike [n, g * n] bool: passage j is right for query i too, so
    neither it nor, if it is an answer, the query it answers may count as a negative of i and of its answer.
    The partition of query i sums exp(cosine / temperature) over: the query with every passage, with every other query,
    its passage with every query, and its passage with every passage of the other queries. The positive is in it
    twice: the least loss is ln 2, and all-zero vectors without hard negatives give ln(4n - 2).
    Hard negatives count as passages, never as queries.
    Source: GTE, arXiv 2308.03281, eq. 5 and 6.
    """
    count = len(queries)
    own = torch.eye(count, dtype=torch.bool, device=queries.device)
    same_query = own.repeat(1, len(passages) // count)
    right = torch.zeros_like(same_query) if alike is None else alike
    answers = passages[:count]
    to_passages = queries @ passages.T / temperature
    positives = to_passages.diagonal()
    to_queries = queries @ queries.T / temperature
    from_queries = to_passages[:, :count].T  # row i: the passage of query i with every query
    between = answers @ passages.T / temperature
    partition = torch.cat(
        [
            _hide(to_passages, _but_positives(right)),
            _hide(to_queries, own | right[:, :count]),
            _hide(from_queries, _but_positives(right[:, :count])),
            _hide(between, same_query | right),
        ],
        dim=1,
    )
    return (partition.logsumexp(dim=1) - positives).mean()


def info_nce(queries: Tensor, passages: Tensor, *, temperature: float, alike: Tensor | None = None) -> Tensor:
    """Contrast each query with the passages alone: the plain loss of the paper's ablation (its eq. 1).

    Arguments as `improved_contrastive`. All-zero vectors give ln(g * n).
    """
    similarity = queries @ passages.T / temperature
    positives = similarity.diagonal()
    if alike is not None:
        similarity = _hide(similarity, _but_positives(alike))
    return (similarity.logsumexp(dim=1) - positives).mean()


def similarity_distillation(
    vectors: Tensor, teacher: Tensor, *, temperature: float, teacher_temperature: float
) -> Tensor:
    """Kullback-Leibler divergence between the teacher's neighbourhood of each text and the student's.

    vectors [n, dim] and teacher [n, any dim], unit rows of the same texts. Each text's cosines with all others, over
    its own temperature, are a distribution. Teachers whose cosines lie in a narrow band want a lower temperature
    than the student. 0 for equal distributions.
    """
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    student = _hide(vectors @ vectors.T / temperature, itself).log_softmax(dim=1)
    wanted = _hide(teacher @ teacher.T / teacher_temperature, itself).softmax(dim=1)
    # the diagonal is 0 in both; its logarithm is not
    return functional.kl_div(student.masked_fill(itself, 0.0), wanted, reduction="sum") / len(vectors)


def margin_distillation(queries: Tensor, passages: Tensor, scores: Tensor) -> Tensor:
    """Mean squared error between the student's margins and a cross-encoder's.

    queries [n, dim], passages [g * n, dim], unit rows, g of 2 or more; scores [n, g]: the teacher's score of the
    query with its positive, then with each hard negative, scaled so that its margins are comparable with cosines.
    A row with a score that is no number has none; 0 where no row has any.
    Source: Margin-MSE, arXiv 2010.02666, eq. 5.
    """
    count = len(queries)
    scored = scores.isfinite().all(dim=1)
    cosines = (queries.unsqueeze(0) * passages.view(-1, count, passages.shape[1])).sum(dim=2).T[scored]
    wanted = scores[scored]
    margins, differences = cosines[:, :1] - cosines[:, 1:], wanted[:, :1] - wanted[:, 1:]
    return functional.mse_loss(margins, differences, reduction="sum") / max(1, differences.numel())


def alike(query_keys: Tensor, passage_keys: Tensor) -> Tensor:
    """Find the passages that are right for a query, by equal texts.

    query_keys [n], passage_keys [g * n] int64, equal for equal texts. Returns [n, g * n] bool: the passage has the
    text of the query, of its answer, or of the answer to a query that says the same. Two queries say the same if
    they are equal, or if one is the other's answer, as in pairs of questions.
    """
    count = len(query_keys)
    answers = passage_keys[:count]
    right = (answers.unsqueeze(1) == passage_keys) | (query_keys.unsqueeze(1) == passage_keys)
    asked_back = answers.unsqueeze(1) == query_keys
    same = (query_keys.unsqueeze(1) == query_keys) | asked_back | asked_back.T
    twins = same.sum(dim=1) > 1  # few: the product below is over them alone
    right[twins] |= same[twins].float() @ right.float() > 0
    return right


def _but_positives(alike: Tensor) -> Tensor:
    return alike.clone().fill_diagonal_(False)


def _hide(logits: Tensor, what: Tensor) -> Tensor:
    return logits.masked_fill(what, float("-inf"))


LOSSES: Final[Mapping[LossName, Loss]] = MappingProxyType(
    {LossName.IMPROVED: improved_contrastive, LossName.INFO_NCE: info_nce}
)
