"""Labels for texts without training: does the text entail "This example is LABEL."? One forward pass a label.

The scores are those of transformers' zero-shot-classification pipeline, except that both labels it compares are found
by their names in config.json, where the pipeline takes the second by its place.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from embedder import batching
from embedder.encoder import CPU_TOKENS, CUDA_TOKENS, select_device
from embedder.errors import LabelError, UnsupportedModelError
from embedder.files import Layout
from embedder.model import load_classifier_model, mask_of, padded
from embedder.tokens import PairTokenizer

Scores = npt.NDArray[np.float32]
"""float32 [texts, labels], each from 0 to 1."""

TEMPLATE: Final = "This example is {}."


class Outcomes(NamedTuple):
    """Which output of a model of inference is which."""

    entailment: int
    contradiction: int


class ZeroShotClassifier:
    """A classifier of natural-language inference over BERT, on PyTorch. May be used from several threads."""

    def __init__(
        self, layout: Layout, *, device: str = "cpu", threads: int | None = None, batch_tokens: int | None = None
    ) -> None:
        """Load the weights; the arguments are those of TorchEncoder.

        Raises CheckpointError, or UnsupportedModelError where the checkpoint is an encoder, or classifies otherwise.
        """
        self._outcomes = outcomes(layout)
        self._device = select_device(device)
        on_gpu = self._device.type == "cuda"
        if threads is not None:
            torch.set_num_threads(threads)
        self._layout = layout
        self._tokenizer = PairTokenizer(layout)
        self._batch_tokens = batch_tokens or (CUDA_TOKENS if on_gpu else CPU_TOKENS)
        self._model = load_classifier_model(layout)
        self._model.to(device=self._device, dtype=torch.float16 if on_gpu else torch.float32)

    @property
    def name(self) -> str:
        """What a person calls the model."""
        return self._layout.name

    def classify(
        self, texts: Sequence[str], labels: Sequence[str], *, multi_label: bool = False, template: str = TEMPLATE
    ) -> Scores:
        """Score every label for every text.

        multi_label: False shares 1 among the labels of a text; True scores each label by itself, as does a single one.
        template: the hypothesis, with {} for the label. A text is cut where it is too long, a label never.
        Returns [texts, labels]. Raises LabelError where there is no label, or a hypothesis cannot be made or read.
        """
        hypotheses = _hypotheses(labels, template)
        logits = np.empty((len(texts), len(labels), len(self._layout.config.labels or ())), dtype=np.float32)
        step = max(1, batching.WINDOW_TEXTS // len(labels))
        for start in range(0, len(texts), step):
            window = texts[start : start + step]
            rows = [pair for text in window for pair in self._tokenizer.pairs(text, hypotheses)]
            logits[start : start + len(window)] = self._logits(rows).reshape(len(window), len(labels), -1)
        entailment = logits[:, :, self._outcomes.entailment]
        if multi_label or len(labels) == 1:
            against = logits[:, :, self._outcomes.contradiction]
            found: Scores = _softmax(np.stack([against, entailment], axis=-1))[:, :, 1]
            return found
        return _softmax(entailment)

    def _logits(self, rows: list[tuple[list[int], list[int]]]) -> npt.NDArray[np.float32]:
        """Run pairs of token ids and types through the model, longest first; [rows, outputs] in the order given."""
        positions = batching.order([len(ids) for ids, _ in rows])
        ordered = [rows[position] for position in positions]
        parts = []
        for batch in batching.cut([len(ids) for ids, _ in ordered], self._batch_tokens):
            ids, types = ([row[part] for row in ordered[batch]] for part in (0, 1))
            with torch.inference_mode():
                output = self._model(
                    input_ids=padded(ids, fill=self._layout.config.pad).to(self._device),
                    token_type_ids=padded(types, fill=0).to(self._device),
                    attention_mask=mask_of(ids).to(self._device),
                )
            parts.append(output.logits.float().cpu().numpy())
        return batching.restore(np.concatenate(parts), positions)


def outcomes(layout: Layout) -> Outcomes:
    """Find the two outcomes by name, whatever their order. Raises UnsupportedModelError where one is missing."""
    names = [name.lower() for name in layout.config.labels or ()]
    entail = [number for number, name in enumerate(names) if name.startswith("entail")]
    contradict = [number for number, name in enumerate(names) if name.startswith("contradict")]
    if len(names) == 2 and entail and not contradict:  # "not_entailment"
        contradict = [1 - entail[0]]
    if not entail or not contradict:
        shown = ", ".join(layout.config.labels or ()) or "none"
        raise UnsupportedModelError(
            f"`{layout.name}` gives no entailment and contradiction (its labels: {shown})",
            hint="choose a model of natural-language inference, such as mjwong/gte-large-mnli-anli",
        )
    return Outcomes(entail[0], contradict[0])


def _hypotheses(labels: Sequence[str], template: str) -> list[str]:
    try:
        made = [template.format(label) for label in labels]
    except (IndexError, KeyError, ValueError) as error:
        raise LabelError(f"the template `{template}` cannot be filled: {error}", hint="write {} once") from error
    if not made:
        raise LabelError("there are no labels to choose from", hint="give at least one")
    if template.format("") == template:
        raise LabelError(f"the template `{template}` has no place for the label", hint="write {} where it belongs")
    return made


def _softmax(logits: npt.NDArray[np.float32]) -> Scores:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Scores = powers / powers.sum(axis=-1, keepdims=True)
    return found
