"""What a checkpoint's config.json says of its architecture, checked against what is computed here."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from embedder.architectures import ARCHITECTURES, Architecture
from embedder.errors import CheckpointError, UnsupportedModelError

OTHER_MODEL: Final = "choose an embedding model that is computed here, such as gte-mini or thenlper/gte-base"
DAMAGED: Final = "download the checkpoint again"
ACTIVATIONS: Final = frozenset(("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu"))  # that every runtime computes


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Shape of an encoder. Counts are whole numbers above 0."""

    kind: str  # `model_type` of config.json: a key of ARCHITECTURES; "ctranslate2" where the weights are converted
    hidden: int  # length of a token's state, and of the vector
    layers: int
    heads: int
    intermediate: int  # width of the feed-forward part
    max_positions: int  # tokens
    position_rows: int  # of the position table: more than max_positions where rows are kept for padding
    vocabulary: int  # tokens
    token_types: int  # may be 0
    activation: str  # one of ACTIVATIONS, which are transformers' names
    norm_eps: float
    pad: int = 0  # id of the padding token
    labels: tuple[str, ...] | None = None  # what a classifier's outputs mean, in their order; None: an encoder
    declared: Mapping[str, Any] = field(default_factory=dict, repr=False)  # all of config.json, for its architecture

    @classmethod
    def read(cls, path: Path) -> "ModelConfig":
        """Read a config.json. Raises CheckpointError where it is damaged, UnsupportedModelError where not computed."""
        raw = read_object(path)
        architecture = _architecture(raw, path)
        keys = architecture.keys
        hidden, heads = _count(raw, keys.hidden, path), _count(raw, keys.heads, path)
        if hidden % heads:
            raise CheckpointError(f"{path}: {hidden} numbers do not divide among {heads} heads", hint=DAMAGED)
        pad = _count(raw, "pad_token_id", path, default=architecture.pad, least=0)
        rows = _count(raw, "max_position_embeddings", path)
        return cls(
            kind=architecture.kind,
            hidden=hidden,
            layers=_count(raw, keys.layers, path),
            heads=heads,
            intermediate=_count(raw, keys.intermediate, path),
            max_positions=rows - pad - 1 if architecture.positions_after_pad else rows,
            position_rows=rows,
            vocabulary=_count(raw, "vocab_size", path),
            token_types=_count(raw, "type_vocab_size", path, default=architecture.token_types, least=0),
            activation=_activation(raw, keys.activation, path),
            norm_eps=_positive(raw, keys.norm_eps, path, default=architecture.norm_eps),
            pad=pad,
            labels=_labels(raw, path),
            declared=raw,
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


def optional_object(path: Path) -> Mapping[str, Any]:
    """Parse a JSON file that holds an object; empty where there is no file."""
    return read_object(path) if path.is_file() else {}


def _architecture(raw: Mapping[str, Any], path: Path) -> Architecture:
    """Find the architecture; refuse what would load but compute something else than the checkpoint means."""
    architecture = ARCHITECTURES.get(str(raw.get("model_type")))
    if architecture is None:
        raise UnsupportedModelError(
            f"{path} describes a `{raw.get('model_type')}` model; computed here are {', '.join(ARCHITECTURES)}",
            hint=OTHER_MODEL,
        )
    for key, computed in architecture.only.items():
        if raw.get(key) not in (computed, None):
            raise UnsupportedModelError(
                f"{path} describes a variant of `{architecture.kind}` that is not computed here: `{key}` is {raw[key]}",
                hint=OTHER_MODEL,
            )
    programs = raw.get("auto_map")
    if programs and not _is_known(programs, architecture.program):
        # "bert" by name, but its own code replaces the computation (jina-embeddings-v2 does)
        raise UnsupportedModelError(
            f"{path} asks for program code from the checkpoint, never run here", hint=OTHER_MODEL
        )
    return architecture


def _is_known(programs: object, known: str | None) -> bool:
    """Tell whether the published program code is the one that an architecture stands in for."""
    name = programs.get("AutoModel") if isinstance(programs, dict) else None
    return known is not None and str(name).rpartition(".")[2] == known


def _labels(raw: Mapping[str, Any], path: Path) -> tuple[str, ...] | None:
    """Return a classifier's labels in the order of its outputs, whatever the order of the file."""
    if not any("ForSequenceClassification" in str(name) for name in raw.get("architectures") or ()):
        return None
    names = raw.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}  # what transformers takes
    found = {str(key): str(name) for key, name in names.items()} if isinstance(names, dict) else {}
    try:
        return tuple(found[str(number)] for number in range(len(names)))
    except KeyError as error:
        raise CheckpointError(f"{path}: `id2label` names no output {error}", hint=DAMAGED) from error


def _count(raw: Mapping[str, Any], key: str, path: Path, *, default: int | None = None, least: int = 1) -> int:
    value = raw.get(key, default)
    if value is None and key in raw and default is not None and least == 0:
        value = default  # "pad_token_id": null is silence
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise CheckpointError(f"{path}: `{key}` is {value!r}, not a whole number of at least {least}", hint=DAMAGED)
    return value


def _activation(raw: Mapping[str, Any], key: str, path: Path) -> str:
    value = raw.get(key, "gelu")
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise UnsupportedModelError(f"{path}: activation `{value}` is not computed here", hint=OTHER_MODEL)
    return value


def _positive(raw: Mapping[str, Any], key: str, path: Path, *, default: float) -> float:
    value = raw.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        raise CheckpointError(f"{path}: `{key}` is {value!r}, not a number above 0", hint=DAMAGED)
    return float(value)
