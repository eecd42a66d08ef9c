"""What the files of sentence-transformers declare beside config.json: modules, pooling, length, prompts, elasticity."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from embedder.config import DAMAGED, OTHER_MODEL, optional_object, read_json, read_object
from embedder.errors import CheckpointError, UnsupportedModelError
from embedder.models import Pooling

MODULES: Final = ("Transformer", "Pooling", "Normalize")  # of sentence-transformers; all that is computed here
LIMITS: Final = tuple(  # the library looks for these in this order
    f"sentence_{kind}_config.json" for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta")
)
PROMPTS: Final = "config_sentence_transformers.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a text is read, and how."""

    max_tokens: int | None  # special tokens included; None: not declared
    lower_case: bool  # texts are lowered before the tokenizer sees them


def modules(folder: Path) -> tuple[Path, Pooling | None]:
    """Return the folder of the transformer and the declared pooling (None where modules.json is missing)."""
    path = folder / "modules.json"
    if not path.is_file():
        return folder, None
    inner, pooling = folder, None
    found = read_json(path)
    if not isinstance(found, list) or not all(isinstance(module, dict) for module in found):
        raise CheckpointError(f"{path} holds no list of modules", hint=DAMAGED)
    for module in found:
        kind = str(module.get("type", "")).rpartition(".")[2]
        if kind not in MODULES:
            raise UnsupportedModelError(f"{path} asks for a `{kind}` module, not computed here", hint=OTHER_MODEL)
        where = folder / str(module.get("path", ""))
        if kind == "Transformer":
            inner = where
        elif kind == "Pooling":
            pooling = _pooling(where / "config.json")
    return inner, pooling


def limits(inner: Path) -> Limits:
    """Read the declared length: sentence-transformers' own file first, then the tokenizer's."""
    raw = next((read_object(inner / name) for name in LIMITS if (inner / name).is_file()), {})
    longest = raw.get("max_seq_length") or optional_object(inner / "tokenizer_config.json").get("model_max_length")
    if isinstance(longest, float) and longest.is_integer():  # transformers writes "no limit" as 1e30
        longest = int(longest)
    if longest is not None and (not isinstance(longest, int) or longest < 3):  # two special tokens and one to read
        raise CheckpointError(f"`max_seq_length` of {inner} is {longest!r}", hint=DAMAGED)
    return Limits(max_tokens=longest, lower_case=bool(raw.get("do_lower_case", False)))


def prompts(folder: Path) -> tuple[str, str] | None:
    """Return the query's and the passage's prefix, as sentence-transformers chooses; None where none is declared."""
    raw = optional_object(folder / PROMPTS)
    found = raw.get("prompts") or {}
    if not isinstance(found, dict):
        raise CheckpointError(f"`prompts` of {folder} is no JSON object", hint=DAMAGED)
    if not any(found.values()):
        return None
    default = str(found.get(raw.get("default_prompt_name")) or "")
    query = found.get("query")
    passage = next((found[key] for key in ("document", "passage", "corpus") if key in found), None)
    return str(default if query is None else query), str(default if passage is None else passage)


def elastic(folder: Path, key: str) -> tuple[int, ...]:
    """Return the sizes that a checkpoint was trained to be cut to; `key` is elastic_dims or elastic_layers."""
    sizes = optional_object(folder / PROMPTS).get(key) or []
    if not isinstance(sizes, list) or not all(type(size) is int and size > 0 for size in sizes):
        raise CheckpointError(f"`{key}` of {folder} is {sizes!r}, no list of sizes", hint=DAMAGED)
    return tuple(sorted(sizes))


def _pooling(path: Path) -> Pooling:
    raw: Mapping[str, Any] = read_object(path)
    mode = raw.get("pooling_mode")  # how sentence-transformers 5.4 and later write it
    modes = [mode] if isinstance(mode, str) else list(mode or ())
    if not modes:  # how all before wrote it: a flag for each mode
        flags = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
        modes = [flags.get(key, key) for key, on in raw.items() if key.startswith("pooling_mode_") and on is True]
    if modes not in (["mean"], ["cls"]):
        raise UnsupportedModelError(f"{path} asks for pooling {modes}; only mean or cls is computed", hint=OTHER_MODEL)
    if raw.get("include_prompt") is False:
        raise UnsupportedModelError(f"{path} leaves prompts out of the average: not computed", hint=OTHER_MODEL)
    return Pooling(modes[0])
