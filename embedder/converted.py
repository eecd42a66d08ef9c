"""A folder that CTranslate2 wrote (gte-small-ct2-int8): what its model.bin says of the model.

model.bin is CTranslate2's own format, not a pickle: a list of named arrays. It is opened only where the whole folder is
laid out as CTranslate2 writes one, so that no other file of that name is ever taken for it. Layout of the file:
version, name of the kind of model, its revision; then for each array its name, shape, type, length and content.
"""

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from embedder.config import DAMAGED, OTHER_MODEL, ModelConfig, read_object
from embedder.errors import CheckpointError, UnsupportedModelError

KIND: Final = "ctranslate2"  # ModelConfig.kind of such a folder
WEIGHTS: Final = "model.bin"
ENCODER: Final = "TransformerEncoderSpec"
ACTIVATIONS: Final = ("relu", "gelu_pytorch_tanh", "silu", "gelu")  # by CTranslate2's number
LAYER: Final = re.compile(r"encoder/layer_(\d+)/")
SMALL: Final = 8  # bytes: the content of single numbers is read, that of matrices skipped


class Array(NamedTuple):
    """An array of model.bin."""

    shape: tuple[int, ...]
    content: bytes  # empty where there are more than SMALL bytes


def is_converted(folder: Path) -> bool:
    """Tell whether a folder is laid out as CTranslate2 writes one; older versions wrote the vocabulary as text."""
    vocabulary = ("vocabulary.json", "vocabulary.txt")
    return (
        (folder / WEIGHTS).is_file()
        and any((folder / name).is_file() for name in vocabulary)
        and "model_type" not in read_object(folder / "config.json")
    )


def read_config(folder: Path) -> ModelConfig:
    """Read the shape of the model from its arrays, the rest from config.json.

    Raises CheckpointError where the file is damaged, UnsupportedModelError where it holds no encoder.
    """
    path = folder / WEIGHTS
    kind, arrays = _read(path)
    if kind != ENCODER:
        raise UnsupportedModelError(f"{path} holds a `{kind}`, which gives no vectors", hint=OTHER_MODEL)
    try:
        vocabulary, hidden = arrays["encoder/embeddings_0/weight"].shape
        positions = arrays["encoder/position_encodings/encodings"].shape[0]
        return ModelConfig(
            kind=KIND,
            hidden=hidden,
            layers=len({match[1] for name in arrays if (match := LAYER.match(name))}),
            heads=int.from_bytes(arrays["encoder/num_heads"].content, "little"),
            intermediate=arrays["encoder/layer_0/ffn/linear_0/weight"].shape[0],
            max_positions=positions,
            position_rows=positions,
            vocabulary=vocabulary,
            token_types=arrays["encoder/embeddings_1/weight"].shape[0],
            activation=ACTIVATIONS[int.from_bytes(arrays["encoder/activation"].content, "little")],
            norm_eps=float(read_object(folder / "config.json").get("layer_norm_epsilon") or 1e-5),
        )
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise UnsupportedModelError(
            f"{path} holds an encoder that is not shaped like BERT ({error})", hint=OTHER_MODEL
        ) from error


def _read(path: Path) -> tuple[str, Mapping[str, Array]]:
    """Return the kind of model and its arrays by name."""
    arrays: dict[str, Array] = {}
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            _numbers(file, "I")  # the version of the format: CTranslate2 itself says which ones it reads
            kind = _text(file)
            _revision, count = _numbers(file, "II")
            for _ in range(count):
                name, (rank,) = _text(file), _numbers(file, "B")
                shape = _numbers(file, f"{rank}I")
                _type, length = _numbers(file, "BI")
                if file.tell() + length > size:
                    raise EOFError(f"`{name}` ends beyond the file")
                content = file.read(length) if length <= SMALL else b""
                if length > SMALL:
                    file.seek(length, 1)
                arrays[name] = Array(shape, content)
    except (OSError, EOFError, ValueError, struct.error) as error:
        raise CheckpointError(f"cannot read {path}: {error}", hint=DAMAGED) from error
    return kind, arrays


def _numbers(file: BinaryIO, form: str) -> tuple[Any, ...]:
    form = f"<{form}"  # without gaps
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _text(file: BinaryIO) -> str:
    (length,) = _numbers(file, "H")
    return file.read(length).rstrip(b"\0").decode("utf-8")
