"""Save a run and go on with it bit for bit: weights, optimiser and random states, without pickle.

A checkpoint is a plain transformers folder (config, tokenizer, float32 weights) that every loader opens, with the rest
of the state beside it. It appears whole or not at all.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from embedder.files import Layout
from training.errors import RunError

TOKENIZER_FILES: Final = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
)
PREFIX: Final = "step-"
KEPT: Final = 2  # the newest checkpoints of a run; the one before the last survives a damaged disk block


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a checkpoint holds beside the weights."""

    step: int  # steps done
    pairs: int  # rows seen
    seconds: float  # of training, over all sessions
    recipe: Mapping[str, Any]
    stage: str


def save(run: Path, state: State, *, model: nn.Module, optimizer: Optimizer, layout: Layout) -> Path:
    """Write a checkpoint into the folder of a run and remove the oldest; return its folder."""
    target = run / f"{PREFIX}{state.step:07d}"
    partial = run / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in TOKENIZER_FILES:
        if (layout.folder / name).is_file():
            (partial / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(layout.folder / name, partial / name)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, partial / "model.safetensors", metadata={"format": "pt"})
    save_file(_optimizer_tensors(optimizer) | _random_tensors(), partial / "state.safetensors")
    described = {"step": state.step, "pairs": state.pairs, "seconds": state.seconds, "stage": state.stage}
    (partial / "state.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    (partial / "recipe.json").write_text(json.dumps(state.recipe, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    for old in found(run)[:-KEPT]:
        shutil.rmtree(old)
    return target


def found(run: Path) -> list[Path]:
    """Return the checkpoints of a run, oldest first."""
    return sorted(run.glob(f"{PREFIX}*")) if run.is_dir() else []


def read(folder: Path) -> State:
    """Read what a checkpoint says of itself. Raises RunError where it is damaged."""
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        return State(recipe=recipe, **state)
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(folder, error) from error


def restore(folder: Path, *, model: nn.Module, optimizer: Optimizer) -> State:
    """Put a checkpoint's weights, optimiser and random states back. Raises RunError where it is damaged."""
    state = read(folder)
    try:
        model.load_state_dict(load_file(folder / "model.safetensors"))
        tensors = load_file(folder / "state.safetensors")
    except (OSError, SafetensorError, RuntimeError) as error:
        raise _damaged(folder, error) from error
    for number, parameter in enumerate(_parameters(optimizer)):
        kept = {
            name.removeprefix(f"{number}."): tensor for name, tensor in tensors.items() if name.startswith(f"{number}.")
        }
        if kept:
            optimizer.state[parameter] = {
                name: tensor if name == "step" else tensor.to(parameter.device) for name, tensor in kept.items()
            }
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])
    return state


def _optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    return {
        f"{number}.{name}": tensor.detach().cpu().contiguous()
        for number, parameter in enumerate(_parameters(optimizer))
        for name, tensor in optimizer.state[parameter].items()
    }


def _parameters(optimizer: Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _random_tensors() -> dict[str, Tensor]:
    tensors = {"random.cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    return tensors


def _damaged(folder: Path, error: Exception) -> RunError:
    return RunError(
        f"cannot read the checkpoint {folder}: {error}", hint="delete this folder: the run goes on from the one before"
    )
