"""The folder of a run: where its checkpoints lie. Needs no torch."""

import re
from pathlib import Path
from typing import Final

PREFIX: Final = "step-"


def folder(run: Path, step: int) -> Path:
    """Return where the checkpoint after `step` steps of a run lies."""
    return run / f"{PREFIX}{step:07d}"


def found(run: Path) -> list[Path]:
    """Return the checkpoints of a run, oldest first."""
    return sorted(run.glob(f"{PREFIX}*"), key=lambda path: (_step(path.name), path.name))


def _step(name: str) -> int:
    digits = re.findall(r"\d+", name)
    return int(digits[-1]) if digits else -1
