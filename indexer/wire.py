"""Values to JSON and back: one shape for the command line and the HTTP API."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def to_json(value: object) -> Json:
    """Turn a dataclass, and what it holds, into what `json` writes; a path is a text, a digest is hexadecimal."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)  # a StrEnum's member would be written by its name in some encoders
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def from_json(kind: Any, value: Any) -> Any:  # noqa: ANN401 - any type, and a value of it
    """Return the value of a type that `to_json` made `value` of; bytes are not read back.

    Raises ValueError where it is none of that type, as of another version of this program.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if value is None and type(None) in inner:
            return None
        (kind,) = (one for one in inner if one is not type(None))
        return from_json(kind, value)
    if origin is tuple and isinstance(value, list):
        kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
        return tuple(from_json(one, item) for one, item in zip(kinds, value, strict=True))
    if origin is list and isinstance(value, list):
        return [from_json(inner[0], item) for item in value]
    if origin is Mapping and isinstance(value, dict):
        return {from_json(inner[0], name): from_json(inner[1], item) for name, item in value.items()}
    if isinstance(kind, type):
        return _plain(kind, value)
    raise ValueError(f"{value!r} is no {kind}")


def _plain(kind: type, value: Any) -> Any:  # noqa: ANN401 - as above
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        if value.keys() != hints.keys():
            raise ValueError(f"a {kind.__name__} has other fields than {', '.join(value)}")
        return kind(**{name: from_json(hints[name], item) for name, item in value.items()})
    if issubclass(kind, Enum | PurePath) and isinstance(value, str):
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value
