"""A cross-encoder reads query and passage together and gives one number: a slow, good judge of pairs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from training.errors import RunError

SCALE: Final = 0.05  # logits of such models span about 20, cosines 1
TOKENS: Final = 256  # of a pair


class CrossEncoder:
    """A transformers folder with one logit, on the CPU."""

    def __init__(self, folder: Path) -> None:
        """Load it. Raises RunError where the folder holds no such model."""
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModelForSequenceClassification.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            ).eval()
        except (OSError, ValueError) as error:
            raise RunError(f"{folder} is no cross-encoder: {error}", hint="name a transformers folder") from error
        if self._model.config.num_labels != 1:
            raise RunError(
                f"{folder} gives {self._model.config.num_labels} numbers a pair, not one",
                hint="name a cross-encoder for ranking, such as ms-marco-MiniLM-L-12-v2",
            )

    def score(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        """Return a score [pairs] for each query and passage, on the scale of cosines but unbounded."""
        tokens = self._tokenizer(
            [query for query, _ in pairs],
            [passage for _, passage in pairs],
            padding=True,
            truncation="longest_first",  # a query alone may be too long; cutting passages only would then fail
            max_length=TOKENS,
            return_tensors="pt",
        )
        with torch.inference_mode():
            logits = self._model(**tokens).logits[:, 0]
        found: npt.NDArray[np.float32] = logits.float().numpy() * SCALE
        return found
