"""A checkpoint folder: where it is found, what it declares, and the fingerprint of its vectors.

The folder is laid out as sentence-transformers writes it; a plain transformers folder is one with fewer files.
Weights are read from safetensors only: a pickle can run code while it is loaded.
"""

import difflib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from embedder import converted, declared, digest, hub
from embedder.architectures.bert import BERT
from embedder.config import DAMAGED, ModelConfig, read_object
from embedder.errors import CheckpointError, ModelNotFoundError, UnsupportedModelError
from embedder.models import MODELS, KnownModel, Pooling, known
from embedder.types import Role

Download = Callable[[str], Path]
"""Hub id to the folder of its files; raises ModelNotFoundError."""

PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
WEIGHTS: Final = Path(__file__).parent / "weights"  # the models that come with this package, a folder each


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The files of a checkpoint, and how its vectors are made from them."""

    name: str  # what people call it
    folder: Path
    config_path: Path
    config: ModelConfig
    weights: tuple[Path, ...]  # safetensors: one file, or the parts of it; or the model.bin of a converted folder
    tokenizer: Path  # tokenizer.json
    pooling: Pooling
    max_tokens: int  # special tokens included
    query_prefix: str = ""
    passage_prefix: str = ""
    lower_case: bool = False  # texts are lowered before the tokenizer sees them
    elastic_dims: tuple[int, ...] = ()  # the first so many numbers of a vector are one of their own
    elastic_layers: tuple[int, ...] = ()  # the first so many layers are an encoder of their own
    cut_dim: int | None = None  # one of elastic_dims; None is the whole vector
    cut_layers: int | None = None  # one of elastic_layers, then also config.layers; None is all of them

    @classmethod
    def find(cls, name_or_path: str | Path, *, download: Download = hub.download, weights: Path = WEIGHTS) -> "Layout":
        """Find a checkpoint: an existing folder, else a known or bundled name, else a name on the hub.

        weights: where the bundled models stand.

        Raises ModelNotFoundError, CheckpointError or UnsupportedModelError.
        """
        path = Path(name_or_path).expanduser()
        name = str(name_or_path)
        if means_folder(name_or_path):
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
        inner, pooling = declared.modules(folder)
        config_path = inner / "config.json"
        if converted.is_converted(inner):
            weights: tuple[Path, ...] = (inner / converted.WEIGHTS,)
            config = converted.read_config(inner)
        else:
            weights, config = _weights(inner), ModelConfig.read(config_path)
        tokenizer = inner / "tokenizer.json"
        if not tokenizer.is_file():
            raise CheckpointError(
                f"{tokenizer} is missing",
                hint="write it with transformers: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
            )
        limits = declared.limits(inner)
        longest = limits.max_tokens or (model.max_tokens if model else config.max_positions)
        prefixes = (model.query_prefix, model.passage_prefix) if model else ("", "")
        query, passage = declared.prompts(folder) or prefixes
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
            lower_case=limits.lower_case,
            elastic_dims=declared.elastic(folder, "elastic_dims"),
            elastic_layers=declared.elastic(folder, "elastic_layers"),
        )

    def cut(self, *, dim: int | None, layers: int | None) -> "Layout":
        """Return the layout of shorter vectors or fewer layers; None, or the full size, leaves one as it is.

        Raises UnsupportedModelError where the checkpoint does not declare that size: nothing else shows that the rest
        can be left out.
        """
        dim, layers = (None if dim == self.config.hidden else dim), (None if layers == self.config.layers else layers)
        for asked, sizes, what in ((dim, self.elastic_dims, "dim"), (layers, self.elastic_layers, "layers")):
            if asked is not None and asked not in sizes:
                raise UnsupportedModelError(
                    f"`{self.name}` was not trained to be cut to {what}={asked}",
                    hint=f"it can be cut to {', '.join(map(str, sizes))}" if sizes else f"load it without {what}",
                )
        config = self.config if layers is None else replace(self.config, layers=layers)
        return replace(self, config=config, cut_dim=dim, cut_layers=layers)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.cut_dim or self.config.hidden

    @property
    def has_int8(self) -> bool:
        """Whether the int8 runtime computes it: BERT, and what was published converted."""
        return self.config.kind in (BERT.kind, converted.KIND)

    def prefix(self, role: Role) -> str:
        """Return what stands before a text of that role."""
        return self.query_prefix if role == "query" else self.passage_prefix

    def digest(self, cache_dir: Path) -> str:
        """Return the SHA-256 over weights, configuration, tokenizer, pooling, prefixes and length, in hex."""
        settings = {
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
        return digest.combined([*digests, json.dumps(settings, sort_keys=True)])

    def fingerprint(self, cache_dir: Path) -> str:
        """Name the vectors of this checkpoint: `gte-mini@9f3c1a2b`, cut `gte-mini@9f3c1a2b+3layers+128d`."""
        cuts = (f"+{self.cut_layers}layers" if self.cut_layers else "") + (f"+{self.cut_dim}d" if self.cut_dim else "")
        return f"{self.name}@{self.digest(cache_dir)[:8]}{cuts}"


def means_folder(name_or_path: str | Path) -> bool:
    """Tell whether a model is asked for by its folder, and not by a name."""
    path = Path(name_or_path).expanduser()
    # A bare name means the model, though a folder of that name (of notes, say) may stand here too.
    return path.is_dir() and (isinstance(name_or_path, Path) or known(name_or_path) is None or is_checkpoint(path))


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


def _weights(folder: Path) -> tuple[Path, ...]:
    single = folder / "model.safetensors"
    if single.is_file():
        return (single,)
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        return _parts(index)
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
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
