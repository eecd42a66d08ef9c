"""Is there a GPU that PyTorch can use? Asked without importing torch wherever the answer is no."""

import importlib.util
import os
from pathlib import Path


def torch_root() -> Path | None:
    """Return the folder of the installed torch, located without importing it."""
    spec = importlib.util.find_spec("torch")
    return Path(spec.origin).parent if spec and spec.origin else None


def may_have_cuda(*, dev: Path = Path("/dev"), torch: Path | None) -> bool:
    """Tell whether a GPU could be there: False is certain, True is worth importing torch for.

    dev: the folder of device files. torch: the folder of the installed torch, None where there is none.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1"):
        return False
    if torch is None or not any((torch / "lib").glob("*torch_cuda*")):  # PyTorch's CPU build has no such library
        return False
    if os.name == "nt":  # no device files to look at
        return True
    return any(dev.glob("nvidia[0-9]*")) or (dev / "dxg").exists()  # dxg: Linux under Windows


def choose(asked: str, *, gpu: bool = True) -> str:
    """Return the device to compute on: the one asked for, or for "auto" a GPU where there is one that may be used."""
    if asked != "auto":
        return asked
    return "cuda" if gpu and has_cuda() else "cpu"


def has_cuda() -> bool:
    """Tell whether PyTorch sees a GPU."""
    if not may_have_cuda(torch=torch_root()):
        return False
    import torch  # here: importing it takes seconds, and there may well be a GPU

    return torch.cuda.is_available()
