"""A checkpoint folder: where it is found, what it declares, and the fingerprint of its vectors.

The folder is laid out as sentence-transformers writes it; a plain transformers folder is one with fewer files.
Weights are read from safetensors only: a pickle can run code while it is loaded.
"""

import difflib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from embedder import digest, hub
from embedder.config import DAMAGED, OTHER_MODEL, ModelConfig, read_json, read_object
from embedder.errors import CheckpointError, ModelNotFoundError, UnsupportedModelError
from embedder.models import MODELS, KnownModel, Pooling, known
from embedder.types import Role

Download = Callable[[str], Path]
"""Hub id to the folder of its files; raises ModelNotFoundError."""

PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
WEIGHTS: Final = Path(__file__).parent / "weights"  # the models that come with this package, a folder each
MODULES: Final = ("Transformer", "Pooling", "Normalize")  # of sentence-transformers; all that is computed here


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The files of a checkpoint, and how its vectors are made from them."""

    name: str  # what people call it
    folder: Path
    config_path: Path
    config: ModelConfig
    weights: tuple[Path, ...]  # safetensors: one file, or the parts of it
    tokenizer: Path  # tokenizer.json
    pooling: Pooling
    max_tokens: int  # special tokens included
    query_prefix: str = ""
    passage_prefix: str = ""
    lower_case: bool = False  # texts are lowered before the tokenizer sees them

    @classmethod
    def find(cls, name_or_path: str | Path, *, download: Download = hub.download, weights: Path = WEIGHTS) -> "Layout":
        """Find a checkpoint: an existing folder, else a known or bundled name, else a name on the hub.

        weights: where the bundled models stand.

        Raises ModelNotFoundError, CheckpointError or UnsupportedModelError.
        """
        path = Path(name_or_path).expanduser()
        name = str(name_or_path)
        # A bare name means the model, though a folder of that name (of notes, say) may stand here too.
        if path.is_dir() and (isinstance(name_or_path, Path) or known(name) is None or is_checkpoint(path)):
            return cls.read(path, name=_name_of_folder(path))
        model = known(name)
        if model is not None:
            return cls.read(_folder(model, download, weights), name=model.name, model=model)
        if isinstance(name_or_path, Path) or path.is_absolute() or name.startswith((".", "~")) or name.count("/") != 1:
            raise _not_found(name)
        return cls.read(download(name), name=name.rpartition("/")[2])

    @classmethod
    def read(cls, folder: Path, *, name: str, model: KnownModel | None = None) -> "Layout":
        """Read what a folder declares; where it is silent, `model` speaks, then sentence-transformers' defaults."""
        inner, pooling = _modules(folder)
        weights = _weights(inner)
        config_path = inner / "config.json"
        config = ModelConfig.read(config_path)
        tokenizer = inner / "tokenizer.json"
        if not tokenizer.is_file():
            raise CheckpointError(
                f"{tokenizer} is missing",
                hint="write it with transformers: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
            )
        limits = _optional(inner / "sentence_bert_config.json")
        longest = limits.get("max_seq_length") or (model.max_tokens if model else config.max_positions)
        if not isinstance(longest, int) or longest < 3:  # two special tokens and one to read
            raise CheckpointError(f"`max_seq_length` of {folder} is {longest!r}", hint=DAMAGED)
        query, passage = _prefixes(folder, model)
        return cls(
            name=name,
            folder=folder,
            config_path=config_path,
            config=config,
            weights=weights,
            tokenizer=tokenizer,
            pooling=pooling or (model.pooling if model else Pooling.MEAN),
            max_tokens=min(longest, config.max_positions),
            query_prefix=query,
            passage_prefix=passage,
            lower_case=bool(limits.get("do_lower_case", False)),
        )

    def prefix(self, role: Role) -> str:
        """Return what stands before a text of that role."""
        return self.query_prefix if role == "query" else self.passage_prefix

    def digest(self, cache_dir: Path) -> str:
        """Return the SHA-256 over weights, configuration, tokenizer, pooling, prefixes and length, in hex."""
        declared = {
            "lower_case": self.lower_case,
            "max_tokens": self.max_tokens,
            "passage_prefix": self.passage_prefix,
            "pooling": self.pooling.value,
            "query_prefix": self.query_prefix,
        }
        files = (*self.weights, self.config_path, self.tokenizer)
        try:
            digests = [digest.of_file(path, cache_dir=cache_dir) for path in files]
        except OSError as error:
            raise CheckpointError(f"cannot read {error.filename}: {error.strerror}", hint=DAMAGED) from error
        return digest.combined([*digests, json.dumps(declared, sort_keys=True)])

    def fingerprint(self, cache_dir: Path) -> str:
        """Name the vectors of this checkpoint: `gte-mini@9f3c1a2b`."""
        return f"{self.name}@{self.digest(cache_dir)[:8]}"


def is_checkpoint(folder: Path) -> bool:
    """Tell whether a folder looks like a checkpoint at all."""
    return (folder / "config.json").is_file() or (folder / "modules.json").is_file()


def bundled(model: KnownModel, *, weights: Path = WEIGHTS) -> Path | None:
    """Return the folder of a model that comes with this package; None where it does not, or without its weights."""
    folder = weights / model.name
    return folder if model.bundled and (folder / "model.safetensors").is_file() else None


def _folder(model: KnownModel, download: Download, weights: Path) -> Path:
    folder = bundled(model, weights=weights)
    if folder is None and model.hub is None:
        raise ModelNotFoundError(
            f"the weights of `{model.name}`, which come with gte-search, are missing from {weights / model.name}",
            hint="install gte-search again, or name another model with --model",
        )
    return folder or download(str(model.hub))


def _name_of_folder(folder: Path) -> str:
    """Name a folder; in the hub's cache (models--owner--name/snapshots/HASH) the hash says nothing to people."""
    folder = folder.resolve()
    if folder.parent.name == "snapshots" and folder.parent.parent.name.startswith("models--"):
        return folder.parent.parent.name.rpartition("--")[2]
    return folder.name


def _not_found(name: str) -> ModelNotFoundError:
    names = [model.name for model in MODELS]
    close = difflib.get_close_matches(name, names, n=1)
    return ModelNotFoundError(
        f"there is no folder and no known model `{name}`" + (f"; did you mean `{close[0]}`?" if close else ""),
        hint=f"give a checkpoint folder, a hub name such as thenlper/gte-small, or one of: {', '.join(names)}",
    )


def _optional(path: Path) -> Mapping[str, Any]:
    return read_object(path) if path.is_file() else {}


def _modules(folder: Path) -> tuple[Path, Pooling | None]:
    """Return the folder of the transformer and the declared pooling (None where modules.json is missing)."""
    path = folder / "modules.json"
    if not path.is_file():
        return folder, None
    inner, pooling = folder, None
    modules = read_json(path)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise CheckpointError(f"{path} holds no list of modules", hint=DAMAGED)
    for module in modules:
        kind = str(module.get("type", "")).rpartition(".")[2]
        if kind not in MODULES:
            raise UnsupportedModelError(f"{path} asks for a `{kind}` module, not computed here", hint=OTHER_MODEL)
        where = folder / str(module.get("path", ""))
        if kind == "Transformer":
            inner = where
        elif kind == "Pooling":
            pooling = _pooling(where / "config.json")
    return inner, pooling


def _pooling(path: Path) -> Pooling:
    raw = read_object(path)
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


def _weights(folder: Path) -> tuple[Path, ...]:
    single = folder / "model.safetensors"
    if single.is_file():
        return (single,)
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        return _parts(index)
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if "model.bin" in found:
        raise UnsupportedModelError(
            f"{folder} holds a model already converted for CTranslate2",
            hint="give the checkpoint it was made from: it is converted here by itself",
        )
    pickles = [name for name in found if name.endswith(PICKLES)]
    if pickles:
        raise CheckpointError(
            f"{folder} has its weights only as a pickle ({pickles[0]}), which can run code while it is loaded",
            hint="ask the publisher for model.safetensors, or convert it where you trust it: "
            "AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER)",
        )
    raise CheckpointError(f"{folder} holds no model.safetensors", hint=DAMAGED)


def _parts(index: Path) -> tuple[Path, ...]:
    table = read_object(index).get("weight_map")
    names = sorted(set(map(str, table.values()))) if isinstance(table, dict) else []
    if not names or any(os.path.basename(name) != name for name in names):  # a part outside the folder is no part
        raise CheckpointError(f"{index} names no parts of the weights", hint=DAMAGED)
    parts = tuple(index.parent / name for name in names)
    for part in parts:
        if not part.is_file():
            raise CheckpointError(f"{part} is missing", hint=DAMAGED)
    return parts


def _prefixes(folder: Path, model: KnownModel | None) -> tuple[str, str]:
    """Return the query's and the passage's prefix, chosen from the prompts as sentence-transformers does."""
    raw = _optional(folder / "config_sentence_transformers.json")
    prompts = raw.get("prompts") or {}
    if not isinstance(prompts, dict):
        raise CheckpointError(f"`prompts` of {folder} is no JSON object", hint=DAMAGED)
    if not any(prompts.values()):
        return (model.query_prefix, model.passage_prefix) if model else ("", "")
    default = str(prompts.get(raw.get("default_prompt_name")) or "")
    query = prompts.get("query")
    passage = next((prompts[key] for key in ("document", "passage", "corpus") if key in prompts), None)
    return str(default if query is None else query), str(default if passage is None else passage)
