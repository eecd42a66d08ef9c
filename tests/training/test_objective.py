import math

import numpy as np
import pytest
import torch

from embedder.fake import FakeEncoder
from embedder.pooling import unit
from tests.training import examples
from training.loss_name import LossName
from training.losses import improved_contrastive, info_nce, similarity_distillation
from training.objective import Objective
from training.recipe import Distillation, Stage

KEYS = torch.arange(8)


def vectors(layers: int = 1) -> torch.Tensor:
    return torch.randn(8, layers, 6, generator=torch.Generator().manual_seed(0))


def stage(**values: object) -> Stage:
    return Stage(**{"steps": 1, "batch": 4, "rate": 1.0, "temperature": 0.1, **values})  # type: ignore[arg-type]


def contrastive(found: torch.Tensor) -> torch.Tensor:
    return improved_contrastive(unit(found[:4]), unit(found[4:]), temperature=0.1)


def test_prefixes_weigh_in_beside_the_whole() -> None:
    found = vectors(layers=2)
    objective = Objective(stage(dims=(3,), layers=(1,), prefix_weight=0.5), source="code", rows=4, keys=KEYS)
    parts = [contrastive(found[:, 1]), 0.5 * contrastive(found[:, 1, :3]), 0.5 * contrastive(found[:, 0])]
    torch.testing.assert_close(objective(found), torch.stack(parts).sum() / 2)
    assert objective.parts == {"loss": pytest.approx(parts[0].item())}


def test_a_teacher_s_similarities_are_added_with_their_weight() -> None:
    texts = [text for row in examples.pairs(4) for text in (row.query, row.positive)]
    teacher = torch.from_numpy(FakeEncoder().encode(texts, role="passage"))
    distillation = Distillation(teacher="fake", weight=2.0, temperature=0.2, teacher_temperature=0.1)
    objective = Objective(stage(distillation=distillation), source="code", rows=4, keys=KEYS, teacher=teacher)
    found = vectors()
    term = similarity_distillation(unit(found[:, 0]), teacher, temperature=0.2, teacher_temperature=0.1)
    torch.testing.assert_close(objective(found), contrastive(found[:, 0]) + 2 * term)
    assert objective.parts["distillation"] == pytest.approx(term.item())


def test_scores_are_followed_where_rows_have_them() -> None:
    found = torch.cat([vectors(), vectors()[4:]])
    keys = torch.arange(12)
    scores = torch.tensor(np.full((4, 2), math.nan), dtype=torch.float32)
    asked = stage(margins=1.0, negatives=1)
    unscored = Objective(asked, source="code", rows=4, keys=keys, scores=scores)
    without = unscored(found)
    assert set(unscored.parts) == {"loss"}
    scores[1] = torch.tensor([2.0, 0.5])  # the hard negatives are the answers again: the student sees a margin of 0
    scored = Objective(asked, source="code", rows=4, keys=keys, scores=scores)
    torch.testing.assert_close(scored(found) - without, torch.tensor(1.5**2))
    assert scored.parts["margins"] == pytest.approx(1.5**2)


def test_a_source_can_have_a_loss_of_its_own() -> None:
    found = vectors()
    asked = stage(losses={"docfunc_*": LossName.INFO_NCE})
    plain = info_nce(unit(found[:4, 0]), unit(found[4:, 0]), temperature=0.1)
    torch.testing.assert_close(Objective(asked, source="docfunc_go", rows=4, keys=KEYS)(found), plain)
    torch.testing.assert_close(Objective(asked, source="prose", rows=4, keys=KEYS)(found), contrastive(found[:, 0]))
