"""What a result depends on beside its settings: the commit, the processor, the GPU."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent


def commit(folder: Path = HERE) -> str:
    """Return the short name of the commit that is measured, or of that in another folder; empty outside a checkout."""
    git = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
    )
    return git.stdout.strip()


def processor() -> str:
    """Return the name of the processor."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor()


def conditions() -> dict[str, Any]:
    """Return what every result says of its machine; the load is of the last minute, the measurement's own in it."""
    return {
        "commit": commit(),
        "processor": processor(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
    }


def gpu() -> str:
    """Return the name of the GPU."""
    import torch

    return torch.cuda.get_device_name()
