from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from indexer.types import Kind
from indexer.wire import to_json


@dataclass(frozen=True)
class Thing:
    path: PurePosixPath
    kind: Kind
    digest: bytes
    parts: tuple[tuple[int, int], ...]


def test_a_dataclass_becomes_plain_json() -> None:
    thing = Thing(path=PurePosixPath("a/b"), kind=Kind.CELL, digest=b"\x01\xff", parts=((1, 2),))
    value = to_json(thing)
    assert value == {"path": "a/b", "kind": "cell", "digest": "01ff", "parts": [[1, 2]]}
    assert isinstance(value, dict)
    assert type(value["kind"]) is str


def test_what_has_no_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        to_json(object())
