"""Save a run and go on with it bit for bit: weights, optimiser and random states, without pickle.

A checkpoint is a plain transformers folder (config, tokenizer, float32 weights) that every loader opens, with the rest
of the state beside it. It appears whole or not at all.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer

from embedder.files import Layout
from training import randomness
from training.atomic import write_json
from training.errors import RunError
from training.run_folder import folder as folder
from training.run_folder import found as found

COPIED: Final = (  # of the model that the stage started from
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
KEPT: Final = 2  # the newest checkpoints of a run; the one before the last survives a damaged disk block


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a checkpoint holds beside the weights."""

    step: int  # steps done
    pairs: int  # rows seen
    seconds: float  # of training, over all sessions
    recipe: Mapping[str, Any]
    stage: str
    data: str | None = None  # data.contents_of the rows; None: saved before it was kept
    start: str | None = None  # Layout.digest of what the stage started from; None: saved before it was kept


def save(
    run: Path,
    state: State,
    *,
    model: nn.Module,
    optimizer: Optimizer,
    layout: Layout,
    scaler: GradScaler | None = None,
    random: Mapping[str, Sequence[Tensor]] | None = None,
) -> Path:
    """Write a checkpoint into the folder of a run and remove the oldest; return its folder.

    random: for each kind of `randomness.states` those of every process, by rank; None is this process alone.
    """
    target = folder(run, state.step)
    partial = run / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in COPIED:
        if (layout.folder / name).is_file():
            (partial / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(layout.folder / name, partial / name)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, partial / "model.safetensors", metadata={"format": "pt"})
    every = random or {kind: [tensor] for kind, tensor in randomness.states().items()}
    tensors = {_random_name(kind, rank): own for kind, all_ in every.items() for rank, own in enumerate(all_)}
    tensors |= _optimizer_tensors(optimizer) | _scaler_tensors(scaler)
    save_file(tensors, partial / "state.safetensors")
    described = {field.name: getattr(state, field.name) for field in fields(state) if field.name != "recipe"}
    write_json(partial / "state.json", described, indent=2)
    write_json(partial / "recipe.json", state.recipe, indent=2)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    for old in found(run)[:-KEPT]:
        shutil.rmtree(old)
    return target


def read(folder: Path) -> State:
    """Read what a checkpoint says of itself. Raises RunError where it is damaged."""
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        return State(recipe=recipe, **state)
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(folder, error) from error


def restore(
    folder: Path, *, model: nn.Module, optimizer: Optimizer, scaler: GradScaler | None = None, rank: int = 0
) -> State:
    """Put a checkpoint's weights, optimiser, scale and random states back. Raises RunError where it is damaged.

    A process that was not there when it was saved keeps the random state it has.
    """
    state = read(folder)
    try:
        tensors = load_file(folder / "state.safetensors")
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise _damaged(folder, error) from error
    for number, parameter in enumerate(_parameters(optimizer)):
        kept = {
            name.removeprefix(f"{number}."): tensor for name, tensor in tensors.items() if name.startswith(f"{number}.")
        }
        if kept:
            # the count of steps too: the fused optimiser wants it beside the weights
            optimizer.state[parameter] = {name: tensor.to(parameter.device) for name, tensor in kept.items()}
    if scaler is not None and scaler.is_enabled() and "scaler.scale" in tensors:
        scale, steps = float(tensors["scaler.scale"]), int(tensors["scaler.steps"])
        scaler.load_state_dict({**scaler.state_dict(), "scale": scale, "_growth_tracker": steps})
    saved = {kind: tensors.get(_random_name(kind, rank)) for kind in ("cpu", "cuda")}
    randomness.restore({kind: own for kind, own in saved.items() if own is not None})
    return state


def _random_name(kind: str, rank: int) -> str:
    return f"random.{kind}.{rank}" if rank else f"random.{kind}"


def _scaler_tensors(scaler: GradScaler | None) -> dict[str, Tensor]:
    if scaler is None or not scaler.is_enabled():
        return {}
    state = scaler.state_dict()
    return {"scaler.scale": torch.tensor(state["scale"]), "scaler.steps": torch.tensor(state["_growth_tracker"])}


def _optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    return {
        f"{number}.{name}": tensor.detach().cpu().contiguous()
        for number, parameter in enumerate(_parameters(optimizer))
        for name, tensor in optimizer.state[parameter].items()
    }


def _parameters(optimizer: Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _damaged(folder: Path, error: Exception) -> RunError:
    return RunError(
        f"cannot read the checkpoint {folder}: {error}", hint="delete this folder: the run goes on from the one before"
    )
