"""What a stage asks of the vectors of a batch: the sum of its losses, for the whole model and for its prefixes."""

from collections.abc import Callable

from torch import Tensor

from embedder.pooling import unit
from training.losses import LOSSES, alike, margin_distillation, similarity_distillation
from training.recipe import Stage


class Objective:
    """The losses of one batch. Call it with the vectors of all its texts."""

    def __init__(
        self,
        stage: Stage,
        *,
        source: str,
        rows: int,
        keys: Tensor,
        scores: Tensor | None = None,
        teacher: Tensor | None = None,
        gather: Callable[[Tensor], Tensor] = lambda own: own,
    ) -> None:
        """Prepare a batch of `rows` queries of one source.

        keys [texts] int64, equal for equal texts; scores [rows, group] of a cross-encoder, NaN in rows without, or
        None; teacher [texts, dim] unit rows or None. gather: vectors of this process's texts -> those of all, where
        the batch is shared. `parts` holds the losses of the whole model after each call.
        """
        self._stage, self._rows = stage, rows
        self._loss = LOSSES[stage.loss_of(source)]
        self._scores = scores if scores is not None and bool(scores.isfinite().any()) else None
        self._alike = alike(keys[:rows], keys[rows:])
        self._teacher = teacher
        self._gather = gather
        self.parts: dict[str, float] = {}

    def __call__(self, vectors: Tensor) -> Tensor:
        """Return the loss of this process's vectors [texts, layers, dim], of which the last layer is the whole model.

        It is the mean over the whole model, weighing 1, and every prefix of layers or dimensions, of its weight.
        """
        vectors = self._gather(vectors)
        excluded = self._alike.to(vectors.device)
        total, weights = vectors.new_zeros(()), 0.0
        for layer in range(vectors.shape[1]):
            last = layer == vectors.shape[1] - 1
            for dim in (vectors.shape[2], *self._stage.dims) if last else (vectors.shape[2],):
                whole = last and dim == vectors.shape[2]
                units = unit(vectors[:, layer, :dim])
                queries, passages = units[: self._rows], units[self._rows :]
                found = self._loss(queries, passages, temperature=self._stage.temperature, alike=excluded)
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
