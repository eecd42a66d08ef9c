"""Hands an encoder to the `mteb` package, for its official tasks where their data can be fetched.

    import embedder, mteb
    from training.mteb_adapter import MtebEncoder

    model = MtebEncoder(embedder.load("gte-small"))
    mteb.evaluate(model, mteb.get_tasks(tasks=["SciFact", "STSBenchmark"]))

mteb is no dependency of this project: `pip install mteb`. It is imported only inside the functions.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from embedder.types import Encoder, Role, Vectors
from training.evaluation.scorers import symmetric_role

if TYPE_CHECKING:
    from mteb.abstasks.task_metadata import TaskMetadata
    from mteb.models import ModelMeta
    from mteb.types import PromptType

ROLES: Final[Mapping[str, Role]] = {"query": "query", "document": "passage"}  # mteb's prompt types


class MtebEncoder:
    """An encoder in the shape of mteb's EncoderProtocol."""

    def __init__(
        self, encoder: Encoder, revision: str | None = None, *, symmetric: Role | None = None, **_: object
    ) -> None:
        """Wrap an encoder.

        revision: of the results that mteb writes; None takes the encoder's fingerprint. symmetric: role of texts that
        mteb gives no prompt type (similarity, classification, clustering); None asks `symmetric_role`.
        """
        self._encoder = encoder
        self._revision = revision or encoder.fingerprint
        self._symmetric: Role = symmetric or symmetric_role(encoder.name)

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: "TaskMetadata",
        hf_split: str,
        hf_subset: str,
        prompt_type: "PromptType | None" = None,
        **_: object,
    ) -> Vectors:
        """Return [n, dim] unit rows of the `text` of all batches; batches are made anew, by length."""
        role = self._symmetric if prompt_type is None else ROLES[prompt_type.value]
        return self._encoder.encode([text for batch in inputs for text in batch["text"]], role=role)

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Vectors:  # noqa: ANN401  # arrays or tensors
        """Return [n, m] cosines of unit rows."""
        similarity: Vectors = np.atleast_2d(np.asarray(embeddings1)) @ np.atleast_2d(np.asarray(embeddings2)).T
        return similarity

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Vectors:  # noqa: ANN401  # arrays or tensors
        """Return [n] cosines of rows of unit length."""
        similarity: Vectors = np.einsum("ij,ij->i", np.asarray(embeddings1), np.asarray(embeddings2))
        return similarity

    @property
    def mteb_model_meta(self) -> "ModelMeta":
        """What mteb writes beside its results."""
        from mteb.models import ModelMeta
        from mteb.models.model_meta import ScoringFunction

        name = self._encoder.name
        return ModelMeta(
            loader=None,
            name=name if "/" in name else f"gte-search/{name}",  # mteb wants an owner
            revision=self._revision,
            release_date=None,
            languages=None,
            n_parameters=None,
            memory_usage_mb=None,
            max_tokens=self._encoder.max_tokens,
            embed_dim=self._encoder.dim,
            license=None,
            open_weights=None,
            public_training_code=None,
            public_training_data=None,
            framework=["PyTorch"],
            similarity_fn_name=ScoringFunction.COSINE,
            use_instructions=None,
            training_datasets=None,
        )
