"""What a stage asks of the vectors of a batch: the sum of its losses."""

import torch
from torch import Tensor

from embedder.pooling import unit
from embedder.types import Vectors
from training.losses import LOSSES, alike, margin_distillation, similarity_distillation
from training.recipe import Stage


class Objective:
    """The losses of one batch. Call it with the vectors of all its texts."""

    def __init__(
        self,
        stage: Stage,
        *,
        rows: int,
        keys: Tensor,
        scores: Tensor | None = None,
        teacher: Vectors | Tensor | None = None,
    ) -> None:
        """Prepare a batch of `rows` queries.

        keys [texts] int64, equal only for equal texts; scores [rows, group] of a cross-encoder or None;
        teacher [texts, dim] unit rows or None.
        """
        self._stage, self._rows, self._scores = stage, rows, scores
        self._alike = alike(keys[:rows], keys[rows:])
        self._teacher = None if teacher is None else torch.as_tensor(teacher)
        self.parts: dict[str, float] = {}

    def __call__(self, vectors: Tensor) -> Tensor:
        """Return the loss of vectors [texts, layers, dim], of which the last layer is the whole model."""
        device = vectors.device
        excluded = self._alike.to(device)
        loss = LOSSES[self._stage.loss]
        total, weights = vectors.new_zeros(()), 0.0
        for layer in range(vectors.shape[1]):
            last = layer == vectors.shape[1] - 1
            for dim in (vectors.shape[2], *self._stage.dims) if last else (vectors.shape[2],):
                whole = last and dim == vectors.shape[2]
                units = unit(vectors[:, layer, :dim])
                queries, passages = units[: self._rows], units[self._rows :]
                found = loss(queries, passages, temperature=self._stage.temperature, alike=excluded)
                found = found + self._taught(units, queries, passages, report=whole)
                weight = 1.0 if whole else self._stage.prefix_weight
                total, weights = total + weight * found, weights + weight
                if whole:
                    self.parts["loss"] = float(found.detach())
        return total / weights

    def _taught(self, units: Tensor, queries: Tensor, passages: Tensor, *, report: bool) -> Tensor:
        found = units.new_zeros(())
        distillation = self._stage.distillation
        if self._teacher is not None and distillation is not None:
            term = similarity_distillation(
                units,
                self._teacher.to(units.device),
                temperature=distillation.temperature,
                teacher_temperature=distillation.teacher_temperature,
            )
            found = found + distillation.weight * term
            if report:
                self.parts["distillation"] = float(term.detach())
        if self._scores is not None and self._stage.margins > 0:
            term = margin_distillation(queries, passages, self._scores.to(units.device))
            found = found + self._stage.margins * term
            if report:
                self.parts["margins"] = float(term.detach())
        return found
