"""The curves of a run: loss and throughput over its steps, drawn from `log.jsonl`."""

import json
from pathlib import Path
from typing import Final

from training.errors import RunError

SMOOTH: Final = 0.95  # share of the running mean that a step keeps


def plot(run: Path) -> Path:
    """Draw `log.png` from `log.jsonl` in the folder of a run and return its path. Raises RunError without a log."""
    from matplotlib.figure import Figure

    try:
        lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RunError(f"{run} has no log: {error.strerror}", hint="name the folder of a run") from error
    steps = [json.loads(line) for line in lines]
    figure = Figure(figsize=(9, 5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    x = [step["step"] for step in steps]
    upper.plot(x, [step["loss"] for step in steps], ".", markersize=2, alpha=0.4, label="a step")
    upper.plot(x, smooth([step["loss"] for step in steps]), label="running mean")
    upper.set_ylabel("contrastive loss")
    taught = [(step["step"], step["distillation"]) for step in steps if "distillation" in step]
    if taught:
        upper.plot([at for at, _ in taught], smooth([value for _, value in taught]), label="distillation")
    upper.legend()
    lower.plot(x, smooth([step["pairs_per_second"] for step in steps]))
    lower.set_ylabel("pairs a second")
    lower.set_xlabel("step")
    figure.savefig(run / "log.png", dpi=120)
    return run / "log.png"


def smooth(values: list[float]) -> list[float]:
    """Return the running mean of values, without the pull towards 0 at its start."""
    found, total, weight = [], 0.0, 0.0
    for value in values:
        total, weight = SMOOTH * total + (1 - SMOOTH) * value, SMOOTH * weight + (1 - SMOOTH)
        found.append(total / weight)
    return found
