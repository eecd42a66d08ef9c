"""A cross-encoder reads a query and a passage together and gives one number: slow, so for the best few of a search.

The layers are those of the int8 runtime; the head, two small matrices, is computed here. No torch once the int8 copy
is written.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open

from embedder import batching
from embedder.architectures import ARCHITECTURES
from embedder.architectures.bert import BERT
from embedder.config import DAMAGED
from embedder.cpu import CPU_TOKENS, convert, open_copy, workers
from embedder.errors import CheckpointError, UnsupportedModelError
from embedder.files import Layout
from embedder.tokens import QuestionTokenizer
from embedder.types import Scores

PAIR_TOKENS: Final = 256  # of query and passage together; what a passage has beyond costs time and changes little
OTHER: Final = "choose a cross-encoder over BERT with one output, such as cross-encoder/ms-marco-MiniLM-L-6-v2"


Pairs = Sequence[tuple[list[int], list[int]]]
"""Token ids and token types of each pair."""


class Head(NamedTuple):
    """What turns the state of the first token into one number."""

    pooler: Scores  # [hidden, hidden]
    pooler_bias: Scores  # [hidden]
    out: Scores  # [1, hidden]
    out_bias: Scores  # [1]


class Ct2Reranker:
    """A cross-encoder over BERT in int8 on the CPU. May be used from several threads."""

    def __init__(self, layout: Layout, *, cache_dir: Path, threads: int | None = None) -> None:
        """Open the int8 copy, converting the checkpoint the first time; the arguments are those of Ct2Encoder.

        Raises CheckpointError, or UnsupportedModelError where the checkpoint is no cross-encoder over BERT.
        """
        _require_cross_encoder(layout)
        self._name = layout.name
        self._tokenizer = QuestionTokenizer(layout, longest=PAIR_TOKENS)
        self._head = read_head(layout)
        self._model = open_copy(layout, convert(layout, cache_dir), threads=threads)
        self._workers = workers(threads)

    @property
    def name(self) -> str:
        """What a person calls the model."""
        return self._name

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return the logit of each passage [n]; of query and passage at most PAIR_TOKENS are read."""
        rows = self._tokenizer.pairs(query, passages)
        positions = batching.order([len(ids) for ids, _ in rows])
        rows = [rows[position] for position in positions]
        logits = np.empty(len(rows), dtype=np.float32)
        batches = list(batching.cut([len(ids) for ids, _ in rows], CPU_TOKENS))
        for batch, found in zip(
            batches, batching.run(self._forward, [rows[batch] for batch in batches], self._workers), strict=True
        ):
            logits[batch] = found
        if not np.isfinite(logits).all():
            raise CheckpointError(f"`{self._name}` gives numbers that are not finite", hint=DAMAGED)
        return batching.restore(logits, positions)

    def _forward(self, rows: Pairs) -> Scores:
        """Token ids and types -> logits [rows]."""
        ids, types = ([row[part] for row in rows] for part in (0, 1))
        states = np.array(self._model.forward_batch(ids, token_type_ids=types).last_hidden_state)
        return self._judge(states[:, 0])

    def _judge(self, states: Scores) -> Scores:
        """First states [rows, hidden] -> logits [rows]."""
        head = self._head
        found: Scores = (np.tanh(states @ head.pooler.T + head.pooler_bias) @ head.out.T + head.out_bias)[:, 0]
        return found


def _require_cross_encoder(layout: Layout) -> None:
    labels = layout.config.labels
    if labels is None:
        raise UnsupportedModelError(f"`{layout.name}` is no cross-encoder: it gives vectors, not scores", hint=OTHER)
    if len(labels) != 1:
        raise UnsupportedModelError(
            f"`{layout.name}` is no cross-encoder: it gives {len(labels)} labels ({', '.join(labels)}), not one score",
            hint=OTHER,
        )
    if layout.config.kind != BERT.kind:
        raise UnsupportedModelError(
            f"`{layout.name}` is a `{layout.config.kind}` model; cross-encoders are computed over BERT only", hint=OTHER
        )


def read_head(layout: Layout) -> Head:
    """Read pooler and classifier. Raises CheckpointError where one is missing or of another shape."""
    hidden = layout.config.hidden
    shapes = {
        "pooler.dense.weight": (hidden, hidden),
        "pooler.dense.bias": (hidden,),
        "classifier.weight": (1, hidden),
        "classifier.bias": (1,),
    }
    prefix = ARCHITECTURES[layout.config.kind].prefix
    found: dict[str, Scores] = {}
    for path in layout.weights:
        try:
            with safe_open(path, framework="numpy") as tensors:
                for stored in tensors.keys():  # noqa: SIM118  # it is no mapping
                    name = stored.removeprefix(prefix)
                    if name in shapes:
                        found[name] = tensors.get_tensor(stored).astype(np.float32)
        except (SafetensorError, OSError, TypeError) as error:  # TypeError: numbers that NumPy has not, as bfloat16
            raise CheckpointError(f"cannot read {path}: {error}", hint=DAMAGED) from error
    for name, shape in shapes.items():
        if name not in found or found[name].shape != shape:
            has = found[name].shape if name in found else None
            raise CheckpointError(
                f"the weights of {layout.folder} do not fit its config.json: `{name}` should be {shape}, is {has}",
                hint=DAMAGED,
            )
    return Head(*(found[name] for name in shapes))
