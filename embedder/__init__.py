"""Text in, unit vectors out."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from embedder.errors import CheckpointError, EmbedderError, ModelNotFoundError, UnsupportedModelError
from embedder.fake import FakeEncoder
from embedder.models import DEFAULT_MODEL, MODELS, KnownModel, Pooling, asked
from embedder.types import Encoder, Role, Vectors

if TYPE_CHECKING:
    from embedder.files import Layout

__all__ = [
    "DEFAULT_MODEL",
    "MODELS",
    "CheckpointError",
    "EmbedderError",
    "Encoder",
    "FakeEncoder",
    "KnownModel",
    "ModelNotFoundError",
    "Pooling",
    "Role",
    "UnsupportedModelError",
    "Vectors",
    "default_cache_dir",
    "load",
]


def load(
    name_or_path: str | Path = DEFAULT_MODEL,
    *,
    device: str = "auto",
    runtime: Literal["auto", "torch", "ct2"] = "auto",
    threads: int | None = None,
    convert: bool = True,
    cache_dir: Path | None = None,
) -> Encoder:
    """Load an encoder.

    name_or_path: a checkpoint folder, a known name (`MODELS`), a name on the Hugging Face hub, or the fingerprint
    that an index shows; "fake" gives FakeEncoder, for tests and dry trials.
    device: "cpu", "cuda", "cuda:N", or "auto": a GPU where PyTorch sees one. runtime: "auto" is PyTorch on a GPU
    and CTranslate2 int8 on a CPU. threads: on a CPU; None lets the runtime choose.
    convert: False, for queries, raises CheckpointError instead of spending seconds on the one-time conversion.
    cache_dir: for converted copies; None is the user's cache folder.
    Raises ModelNotFoundError, CheckpointError or UnsupportedModelError.
    """
    if name_or_path in ("fake", FakeEncoder().fingerprint):
        return FakeEncoder()
    from embedder.files import Layout

    wanted = asked(str(name_or_path))
    if wanted.digest is None or Path(name_or_path).expanduser().is_dir():
        return _open(Layout.find(name_or_path), device, runtime, threads, convert, cache_dir)
    if runtime == "auto":
        runtime = "ct2" if wanted.int8 else "torch"
    encoder = _open(Layout.find(wanted.name), device, runtime, threads, convert, cache_dir)
    if encoder.fingerprint != name_or_path:
        raise ModelNotFoundError(
            f"`{name_or_path}` was asked for, but `{wanted.name}` on this machine is `{encoder.fingerprint}`",
            hint="give the folder of the checkpoint that the index was made with, or index again",
        )
    return encoder


def default_cache_dir() -> Path:
    """Return the user's cache folder for converted models and digests; it need not exist."""
    from platformdirs import user_cache_path

    return user_cache_path("gte-search", appauthor=False)


def _open(
    layout: "Layout", device: str, runtime: str, threads: int | None, convert: bool, cache_dir: Path | None
) -> Encoder:
    cache_dir = cache_dir or default_cache_dir()
    if runtime not in ("auto", "torch", "ct2"):
        raise UnsupportedModelError(f"unknown runtime `{runtime}`", hint="use auto, torch or ct2")
    if device == "auto":
        from embedder.device import has_cuda

        device = "cuda" if runtime != "ct2" and has_cuda() else "cpu"
    if runtime == "torch" or (runtime == "auto" and device != "cpu"):
        from embedder.encoder import TorchEncoder  # here: importing torch takes seconds

        return TorchEncoder(layout, cache_dir=cache_dir, device=device, threads=threads)
    if device != "cpu":
        raise UnsupportedModelError(
            f"the int8 runtime computes on a CPU, not on `{device}`", hint="leave the runtime to auto, or use torch"
        )
    from embedder.cpu import Ct2Encoder

    return Ct2Encoder(layout, cache_dir=cache_dir, threads=threads, may_convert=convert)
