"""What a checkpoint's config.json says of its architecture, checked against what is computed here."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from embedder.errors import CheckpointError, UnsupportedModelError

OTHER_MODEL: Final = "choose a BERT-shaped embedding model, such as gte-mini or thenlper/gte-base"
DAMAGED: Final = "download the checkpoint again"
ACTIVATIONS: Final = frozenset(("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu"))  # that every runtime computes


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Shape of a BERT encoder. Counts are whole numbers above 0."""

    hidden: int  # length of a token's state, and of the vector
    layers: int
    heads: int
    intermediate: int  # width of the feed-forward part
    max_positions: int  # tokens
    vocabulary: int  # tokens
    token_types: int
    activation: str  # one of ACTIVATIONS, which are transformers' names
    norm_eps: float

    @classmethod
    def read(cls, path: Path) -> "ModelConfig":
        """Read a config.json. Raises CheckpointError where it is damaged, UnsupportedModelError where not computed."""
        raw = read_object(path)
        _refuse_others(raw, path)
        return cls(
            hidden=_count(raw, "hidden_size", path),
            layers=_count(raw, "num_hidden_layers", path),
            heads=_count(raw, "num_attention_heads", path),
            intermediate=_count(raw, "intermediate_size", path),
            max_positions=_count(raw, "max_position_embeddings", path),
            vocabulary=_count(raw, "vocab_size", path),
            token_types=_count(raw, "type_vocab_size", path, default=2),
            activation=_activation(raw, path),
            norm_eps=_positive(raw, "layer_norm_eps", path, default=1e-12),
        )


def read_json(path: Path) -> Any:  # noqa: ANN401  # whatever the file holds: the callers check
    """Parse a JSON file; raises CheckpointError naming it where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} is missing", hint="a checkpoint folder needs it: " + DAMAGED) from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {path}: {error}", hint=DAMAGED) from error


def read_object(path: Path) -> Mapping[str, Any]:
    """Parse a JSON file that holds an object."""
    raw = read_json(path)
    if not isinstance(raw, dict):
        raise CheckpointError(f"{path} holds no JSON object", hint=DAMAGED)
    return raw


def _refuse_others(raw: Mapping[str, Any], path: Path) -> None:
    """Refuse what would load but compute something else than the checkpoint means."""
    kind = raw.get("model_type")
    if kind != "bert":
        raise UnsupportedModelError(
            f"{path} describes a `{kind}` model; only `bert` is computed here", hint=OTHER_MODEL
        )
    if raw.get("auto_map"):  # "bert" by name, but its own code replaces the computation (jina-embeddings-v2 does)
        raise UnsupportedModelError(
            f"{path} asks for program code from the checkpoint, never run here", hint=OTHER_MODEL
        )
    if raw.get("position_embedding_type", "absolute") != "absolute" or raw.get("is_decoder"):
        raise UnsupportedModelError(f"{path} describes a variant of BERT that is not computed here", hint=OTHER_MODEL)
    architectures = [str(name) for name in raw.get("architectures") or ()]
    if any("ForSequenceClassification" in name for name in architectures):
        raise UnsupportedModelError(f"{path} describes a classifier, which gives labels, not vectors", hint=OTHER_MODEL)


def _count(raw: Mapping[str, Any], key: str, path: Path, *, default: int | None = None) -> int:
    value = raw.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CheckpointError(f"{path}: `{key}` is {value!r}, not a whole number above 0", hint=DAMAGED)
    return value


def _activation(raw: Mapping[str, Any], path: Path) -> str:
    value = raw.get("hidden_act", "gelu")
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise UnsupportedModelError(f"{path}: activation `{value}` is not computed here", hint=OTHER_MODEL)
    return value


def _positive(raw: Mapping[str, Any], key: str, path: Path, *, default: float) -> float:
    value = raw.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        raise CheckpointError(f"{path}: `{key}` is {value!r}, not a number above 0", hint=DAMAGED)
    return float(value)
