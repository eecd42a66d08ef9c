"""Text in, unit vectors out."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from embedder.errors import CheckpointError, EmbedderError, LabelError, ModelNotFoundError, UnsupportedModelError
from embedder.fake import FakeEncoder, FakeReranker
from embedder.models import DEFAULT_CLASSIFIER, DEFAULT_MODEL, MODELS, KnownModel, Pooling, asked
from embedder.types import Encoder, Reranker, Role, Scores, Vectors

if TYPE_CHECKING:
    from embedder.classify import ZeroShotClassifier
    from embedder.files import Layout

__all__ = [
    "DEFAULT_CLASSIFIER",
    "DEFAULT_MODEL",
    "MODELS",
    "CheckpointError",
    "EmbedderError",
    "Encoder",
    "FakeEncoder",
    "FakeReranker",
    "KnownModel",
    "LabelError",
    "ModelNotFoundError",
    "Pooling",
    "Reranker",
    "Role",
    "Scores",
    "UnsupportedModelError",
    "Vectors",
    "absolute_name",
    "default_cache_dir",
    "elastic_dims",
    "load",
    "load_classifier",
    "load_reranker",
]


def load(
    name_or_path: str | Path = DEFAULT_MODEL,
    *,
    device: str = "auto",
    runtime: Literal["auto", "torch", "ct2"] = "auto",
    dim: int | None = None,
    layers: int | None = None,
    threads: int | None = None,
    convert: bool = True,
    cache_dir: Path | None = None,
) -> Encoder:
    """Load an encoder.

    name_or_path: a checkpoint folder, a known name (`MODELS`), a name on the Hugging Face hub, or the fingerprint
    that an index shows; "fake" gives FakeEncoder, for tests and dry trials.
    device: "cpu", "cuda", "cuda:N", or "auto": a GPU where PyTorch sees one. runtime: "auto" is PyTorch on a GPU,
    and on a CPU CTranslate2 int8 for BERT, PyTorch for the rest. threads: on a CPU; None lets the runtime choose.
    dim, layers: the first so many numbers of a vector, or layers of the model, where the checkpoint was trained for
    it; None is all, or what the fingerprint says.
    convert: False, for queries, raises CheckpointError instead of spending seconds on the one-time conversion.
    cache_dir: for converted copies; None is the user's cache folder.
    Raises ModelNotFoundError, CheckpointError or UnsupportedModelError.
    """
    if name_or_path in ("fake", FakeEncoder().fingerprint):
        if dim or layers:
            raise UnsupportedModelError("`fake` is never cut", hint="load it without dim and layers")
        return FakeEncoder()
    from embedder.files import Layout

    wanted = asked(str(name_or_path))
    is_fingerprint = wanted.digest is not None and not Path(name_or_path).expanduser().is_dir()
    layout = Layout.find(wanted.name if is_fingerprint else name_or_path)
    if not is_fingerprint:
        return _open(layout.cut(dim=dim, layers=layers), device, runtime, threads, convert, cache_dir)
    if runtime == "auto":
        runtime = "ct2" if wanted.int8 else "torch"
    layout = layout.cut(dim=dim or wanted.dim, layers=layers or wanted.layers)
    encoder = _open(layout, device, runtime, threads, convert, cache_dir)
    if encoder.fingerprint != name_or_path:
        raise ModelNotFoundError(
            f"`{name_or_path}` was asked for, but `{wanted.name}` on this machine is `{encoder.fingerprint}`",
            hint="give the folder of the checkpoint that the index was made with, or index again",
        )
    return encoder


def load_classifier(
    name_or_path: str | Path = DEFAULT_CLASSIFIER, *, device: str = "auto", threads: int | None = None
) -> "ZeroShotClassifier":
    """Load a classifier that scores any labels for any texts, without training; the arguments are those of `load`.

    Raises ModelNotFoundError, CheckpointError or UnsupportedModelError.
    """
    from embedder.classify import ZeroShotClassifier  # here: importing torch takes seconds
    from embedder.device import choose
    from embedder.files import Layout

    return ZeroShotClassifier(Layout.find(name_or_path), device=choose(device), threads=threads)


def load_reranker(name_or_path: str | Path, *, threads: int | None = None, cache_dir: Path | None = None) -> Reranker:
    """Load a cross-encoder, which scores passages for a query, in int8 on the CPU; the arguments are those of `load`.

    name_or_path: a folder or a name on the hub; "fake" gives FakeReranker. The first time takes seconds, for the
    conversion. Raises ModelNotFoundError, CheckpointError, or UnsupportedModelError for what is no cross-encoder.
    """
    if name_or_path == "fake":
        return FakeReranker()
    from embedder.files import Layout
    from embedder.rerank import Ct2Reranker  # here: importing the runtime takes time

    return Ct2Reranker(Layout.find(name_or_path), cache_dir=cache_dir or default_cache_dir(), threads=threads)


def elastic_dims(name_or_path: str | Path = DEFAULT_MODEL) -> tuple[int, ...]:
    """Return how many of the first numbers of a vector are one of their own, once they have unit length again.

    Empty where the checkpoint was not trained for it. Raises what `load` raises.
    """
    if name_or_path in ("fake", FakeEncoder().fingerprint):
        return ()
    from embedder.files import Layout

    wanted = asked(str(name_or_path))
    is_fingerprint = wanted.digest is not None and not Path(name_or_path).expanduser().is_dir()
    return Layout.find(wanted.name if is_fingerprint else name_or_path).elastic_dims


def absolute_name(name_or_path: str | Path) -> str:
    """Return what loads the same model from every working directory: a folder's full path, and any name as it is."""
    from embedder.files import means_folder

    if name_or_path == "fake" or not means_folder(name_or_path):
        return str(name_or_path)
    return str(Path(name_or_path).expanduser().resolve())


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
    from embedder import converted
    from embedder.device import choose

    device = choose(device, gpu=runtime != "ct2" and layout.config.kind != converted.KIND)
    if runtime == "auto":
        runtime = "ct2" if device == "cpu" and layout.has_int8 else "torch"
    if runtime == "torch":
        from embedder.encoder import TorchEncoder  # here: importing torch takes seconds

        return TorchEncoder(layout, cache_dir=cache_dir, device=device, threads=threads)
    if device != "cpu":
        raise UnsupportedModelError(
            f"the int8 runtime computes on a CPU, not on `{device}`", hint="leave the runtime to auto, or use torch"
        )
    from embedder.cpu import Ct2Encoder

    return Ct2Encoder(layout, cache_dir=cache_dir, threads=threads, may_convert=convert)
