import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from indexer.types import Kind
from indexer.wire import from_json, to_json


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


@dataclass(frozen=True)
class Inner:
    score: float
    page: int | None


@dataclass(frozen=True)
class Outer:
    kind: Kind
    path: PurePosixPath
    parts: tuple[tuple[int, int], ...]
    inner: tuple[Inner, ...]
    why: Mapping[str, tuple[str, ...]]
    note: str | None = None


def test_a_dataclass_comes_back_as_it_was() -> None:
    inner = (Inner(score=1.5, page=None), Inner(score=2.0, page=3))
    one = Outer(kind=Kind.CELL, path=PurePosixPath("a/b"), parts=((1, 2),), inner=inner, why={"a": ("b", "c")})
    assert from_json(Outer, json.loads(json.dumps(to_json(one)))) == one


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "nonsense"},
        {"kind": 1},
        {"path": None},
        {"parts": [[1, 2, 3]]},
        {"parts": {}},
        {"inner": [{"score": 1}]},
        {"inner": [{"score": 1, "page": "2"}]},
        {"why": {"a": "b"}},
        {"more": 1},
    ],
)
def test_what_is_no_value_of_the_type_is_an_error(change: dict[str, object]) -> None:
    one = Outer(kind=Kind.CELL, path=PurePosixPath("a/b"), parts=(), inner=(), why={})
    value = to_json(one)
    assert isinstance(value, dict)
    with pytest.raises(ValueError, match=r"is no|other fields|shorter|longer|valid"):
        from_json(Outer, value | change)
