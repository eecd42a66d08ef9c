"""A trained checkpoint as a folder to publish: sentence-transformers' layout, half-precision weights, a model card.

Every architecture of `embedder` whose program transformers has is exported under transformers' own names.

What a checkpoint declares (pooling, prefixes, lower case) is written as it stands, so that sentence-transformers and
`embedder` compute the same vectors from the folder as training did.
"""

import argparse
import importlib.metadata
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from embedder.architectures import ARCHITECTURES
from embedder.config import read_object
from embedder.files import Layout, is_checkpoint
from training import card, run_folder
from training.arguments import count
from training.atomic import unfinished, write_json
from training.errors import RunError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Precision = Literal["float16", "float32"]
PRECISIONS: Final[tuple[Precision, ...]] = ("float16", "float32")
MAX_TOKENS: Final = 512  # by default: of the paper's second stage; special tokens included
MODULES: Final = ("Transformer", "Pooling", "Normalize")  # of sentence-transformers
COPIED: Final = ("special_tokens_map.json", "vocab.txt")  # beside the tokenizer, where the start had them


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Another checkpoint of the same shape, and its share in the weights."""

    folder: Path
    weight: float  # of the other checkpoint, 0 to 1; the trained one has the rest
    name: str = ""  # what the card calls it; the folder's name by default

    @classmethod
    def parse(cls, text: str) -> "Merge":
        """Read `MODEL=WEIGHT`, the model a run, a checkpoint or a name as `embedder.load` takes it.

        Raises RunError where it is something else, and embedder's ModelNotFoundError where there is no such model.
        """
        name, _, share = text.rpartition("=")
        try:
            weight = float(share)
        except ValueError:
            weight = -1.0
        if not name or not 0 <= weight <= 1:
            raise RunError(f"`--merge {text}` is no model and weight", hint="write it so: --merge gte-mini=0.3")
        run = Path(name).expanduser()
        if run_folder.found(run):
            return cls(folder=run, weight=weight)
        found = Layout.find(name)
        return cls(folder=found.folder, weight=weight, name=found.name)


def export(
    source: Path,
    out: Path,
    *,
    name: str | None = None,
    precision: Precision = "float16",
    max_tokens: int = MAX_TOKENS,
    merge: Merge | None = None,
    results: Mapping[str, Any] | None = None,
    data: card.CardData | None = None,
) -> Layout:
    """Write the checkpoint `source`, or the newest one of the run `source`, into the folder `out`; return its layout.

    name: what the model is called; the folder's name by default. precision: of the stored weights. max_tokens: longest
    input declared, never more than the model has positions. results: what `gte-train evaluate` wrote. An older export
    in `out` is replaced.
    Raises RunError, or embedder's CheckpointError and UnsupportedModelError for a folder that cannot be read.
    """
    checkpoint = newest_checkpoint(source)
    _check_place(out, checkpoint, merge)
    layout = Layout.read(checkpoint, name=name or out.resolve().name)
    _check_kind(layout)
    trained = _trained(checkpoint)
    weights = trained_weights(layout, merge)
    half = _stored(weights, precision)
    max_tokens = min(max_tokens, layout.config.max_positions)
    out.mkdir(parents=True, exist_ok=True)
    _write_modules(out, layout, max_tokens, trained)
    _write_tokenizer(out, layout, max_tokens)
    _write_weights(out, layout, half, precision)
    made = Layout.read(out, name=layout.name)
    page = card.render(made, trained=trained, results=results, data=data or card.CardData(), merge=_told(merge))
    (out / "README.md").write_text(page, encoding="utf-8")
    return made


def newest_checkpoint(folder: Path) -> Path:
    """Return `folder` where it is a checkpoint, else the newest of those in it."""
    if is_checkpoint(folder):
        return folder
    checkpoints = run_folder.found(folder)
    if not checkpoints:
        raise RunError(
            f"{folder} holds no checkpoint",
            hint="give the folder of a run, or of one checkpoint in it: the one with config.json",
        )
    return checkpoints[-1]


def trained_weights(layout: Layout, merge: Merge | None) -> "dict[str, Tensor]":
    """Return the float32 tensors of a checkpoint, interpolated with another one where asked.

    Between a start and what was fine-tuned from it, a straight line of weights stays in the same valley, and gives
    back some of what the training data does not hold (WiSE-FT, arXiv 2109.01903).
    Raises RunError where the two checkpoints have not the same shape or not the same tokens.
    """
    from embedder.model import load_model  # here: it imports torch

    weights: dict[str, Tensor] = load_model(layout).state_dict()
    if merge is None:
        return weights
    other = Layout.read(newest_checkpoint(merge.folder), name=merge.name or merge.folder.name)
    others: dict[str, Tensor] = load_model(other).state_dict()
    if _shapes(others) != _shapes(weights) or _vocabulary(other) != _vocabulary(layout):
        raise RunError(
            f"{merge.folder} has another shape or other tokens than {layout.folder}",
            hint="merge a checkpoint with the one that its training started from, or with another one of that start",
        )
    share = merge.weight
    return {key: share * tensor + (1 - share) * weights[key] for key, tensor in others.items()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `gte-train export` takes."""
    parser.add_argument("source", type=Path, metavar="RUN_OR_CHECKPOINT", help="a run (its last checkpoint), or one")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write; an older export in it is replaced")
    parser.add_argument("--name", help="what the model is called (default: the name of OUT)")
    parser.add_argument("--precision", choices=PRECISIONS, default="float16", help="of the weights (default: float16)")
    parser.add_argument(
        "--max-tokens",
        type=count,
        default=MAX_TOKENS,
        metavar="N",
        help=f"longest input that the model declares, special tokens included (default {MAX_TOKENS})",
    )
    parser.add_argument("--merge", metavar="MODEL=WEIGHT", help="mix in the start or another checkpoint of it, 0 to 1")
    parser.add_argument("--results", type=Path, metavar="FILE", help="evaluation.json of `evaluate`, for the card")
    parser.add_argument(
        "--card-data",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="JSON for the card: manifest.json of the prepared data, and files with licences, base model and limits",
    )


def run(options: argparse.Namespace) -> int:
    """Run `gte-train export`; return the exit status."""
    made = export(
        options.source,
        options.out,
        name=options.name,
        precision=options.precision,
        max_tokens=options.max_tokens,
        merge=Merge.parse(options.merge) if options.merge else None,
        results=card.read_json(options.results) if options.results else None,
        data=card.CardData.read(options.card_data),
    )
    (weights,) = made.weights
    sys.stderr.write(f"wrote {made.name} ({weights.stat().st_size / 1e6:.1f} MB of weights) to {made.folder}\n")
    return 0


# -- the checkpoint --------------------------------------------------------------------------------------


def _check_place(out: Path, checkpoint: Path, merge: Merge | None) -> None:
    if out.resolve() == checkpoint.resolve():
        raise RunError(f"{out} is the checkpoint itself", hint="give another folder: the checkpoint stays as it is")
    if (out / "state.json").is_file() or (merge is not None and out.resolve() == merge.folder.resolve()):
        raise RunError(f"{out} is a checkpoint that would be lost", hint="give another folder")
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file", hint="give a folder, or a name that does not exist yet")
    if out.is_dir() and any(out.iterdir()) and not (out / "modules.json").is_file():
        raise RunError(f"{out} holds other files", hint="give a new or empty folder, or one with an older export")


def _check_kind(layout: Layout) -> None:
    architecture = ARCHITECTURES.get(layout.config.kind)
    if architecture is None or architecture.program is not None:
        raise RunError(
            f"{layout.folder} is a `{layout.config.kind}` model, which sentence-transformers does not load by itself",
            hint="use the checkpoint as it is with `embedder`, or train from another architecture, such as BERT",
        )


def _trained(checkpoint: Path) -> card.Trained:
    recipe, state = checkpoint / "recipe.json", checkpoint / "state.json"
    if not recipe.is_file() or not state.is_file():
        return card.Trained()
    told = card.read_json(state)
    return card.Trained(
        recipe=card.read_json(recipe),
        stage=told.get("stage"),
        steps=told.get("step", 0),
        pairs=told.get("pairs", 0),
        seconds=told.get("seconds", 0.0),
    )


def _shapes(weights: "Mapping[str, Tensor]") -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in weights.items()}


def _vocabulary(layout: Layout) -> dict[str, int]:
    from tokenizers import Tokenizer

    found: dict[str, int] = Tokenizer.from_file(str(layout.tokenizer)).get_vocab()
    return found


def _stored(weights: "Mapping[str, Tensor]", precision: Precision) -> "dict[str, Tensor]":
    import torch

    stored = {key: tensor.to(getattr(torch, precision)).contiguous() for key, tensor in weights.items()}
    broken = [key for key, tensor in stored.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise RunError(
            f"`{broken[0]}` holds numbers that are not finite in {precision}",
            hint="take an earlier checkpoint; where the numbers are only large, --precision float32 keeps them",
        )
    return stored


# -- the folder ------------------------------------------------------------------------------------------


def _write_modules(out: Path, layout: Layout, max_tokens: int, trained: card.Trained) -> None:
    paths = ["", *(f"{number}_{kind}" for number, kind in enumerate(MODULES) if number)]
    modules = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for number, (path, kind) in enumerate(zip(paths, MODULES, strict=True))
    ]
    write_json(out / "modules.json", modules)
    # Flags, not the newer `pooling_mode`: every version of sentence-transformers reads them.
    flags = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}
    pooling: dict[str, Any] = {"word_embedding_dimension": layout.config.hidden}
    pooling |= {flag: layout.pooling.value == mode for flag, mode in flags.items()}
    write_json(out / "1_Pooling" / "config.json", pooling)
    write_json(out / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": layout.lower_case})
    prompts = {"query": layout.query_prefix, "document": layout.passage_prefix}
    declared: dict[str, Any] = {
        "__version__": _versions(),
        "prompts": prompts if any(prompts.values()) else {},
        "default_prompt_name": None,
        "similarity_fn_name": "cosine",
    }
    declared |= {key: list(value) for key, value in trained.elastic(layout).items()}
    write_json(out / "config_sentence_transformers.json", declared)


def _versions() -> dict[str, str]:
    """Name the libraries as sentence-transformers does; itself only where it is installed."""
    found = {}
    for key, package in {
        "sentence_transformers": "sentence-transformers",
        "transformers": "transformers",
        "pytorch": "torch",
    }.items():
        try:
            found[key] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _write_tokenizer(out: Path, layout: Layout, max_tokens: int) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(layout.tokenizer))
    # Published files carry a cut at 128 tokens and padding to it: wrong for whoever reads the file directly.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    start = layout.tokenizer.parent
    declared = start / "tokenizer_config.json"
    settings = dict(read_object(declared)) if declared.is_file() else dict(PLAIN_TOKENIZER)
    settings.pop("name_or_path", None)  # a place on the machine that wrote it
    write_json(out / "tokenizer_config.json", settings | {"model_max_length": max_tokens})
    for name in COPIED:
        if (start / name).is_file():
            shutil.copyfile(start / name, out / name)


PLAIN_TOKENIZER: Final = {
    "tokenizer_class": "PreTrainedTokenizerFast",  # reads everything from tokenizer.json
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def _write_weights(out: Path, layout: Layout, weights: "dict[str, Tensor]", precision: Precision) -> None:
    from safetensors.torch import save

    # `torch_dtype` and not the newer `dtype`: every version of transformers reads it. It says what to compute in, not
    # what is stored: a processor is slow and inexact in float16.
    config = {key: value for key, value in read_object(layout.config_path).items() if key not in DROPPED}
    loaded = _loaded_from(config)
    write_json(out / "config.json", config | {"architectures": [type(loaded).__name__], "torch_dtype": "float32"})
    with unfinished(out / "model.safetensors") as place:
        place.write_bytes(save(weights | _pooler(weights, loaded), metadata={"format": "pt"}))


def _loaded_from(config: Mapping[str, Any]) -> "Module":
    """Return the model that transformers makes of a configuration, without numbers."""
    import torch
    from transformers import AutoConfig, AutoModel

    with torch.device("meta"):
        found: Module = AutoModel.from_config(AutoConfig.for_model(**config))  # type: ignore[no-untyped-call]  # theirs
    return found


def _pooler(weights: "Mapping[str, Tensor]", loaded: "Module") -> "dict[str, Tensor]":
    """Return, as zeros, the layer that BERT and its like have behind the states and no embedding uses.

    Without it transformers fills it with random numbers, and warns that the model has to be trained first.
    """
    some = next(iter(weights.values()))
    missing = {name: tensor for name, tensor in loaded.state_dict().items() if name not in weights}
    return {name: some.new_zeros(tensor.shape) for name, tensor in missing.items()}


DROPPED: Final = frozenset(("_name_or_path", "dtype", "gradient_checkpointing", "torch_dtype", "transformers_version"))


def _told(merge: Merge | None) -> str | None:
    if merge is None:
        return None
    other = merge.name or merge.folder.name
    return f"The weights are {1 - merge.weight:.0%} the trained ones and {merge.weight:.0%} those of {other}."
