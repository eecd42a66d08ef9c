"""The stores that the contract is run on. A new one is one line in STORES and one in `opened`."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.store import Store, open_store
from tests.indexer.store.samples import (
    MODEL,
    World,
    a_repo,
    sample_files,
    unit_vectors,
)

STORES = ["local"]


def opened(kind: str, folder: Path) -> Store:
    assert kind == "local"
    return open_store(folder / "index", create=True)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with the empty repository alpha."""
    store = opened(request.param, tmp_path)
    store.put_repo(a_repo(), expected_files=0)
    yield store
    store.close()


@pytest.fixture(scope="module", params=STORES)
def scratch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that one test writes over and over."""
    store = opened(request.param, tmp_path_factory.mktemp("scratch"))
    store.put_repo(a_repo(), expected_files=0)
    yield store
    store.close()


@pytest.fixture(scope="module", params=STORES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two repositories that share texts, half of the passages with vectors. Only read by tests."""
    store = opened(request.param, tmp_path_factory.mktemp("world"))
    rng = random.Random(7)
    chunks = []
    for name in ("alpha", "beta"):
        files = sample_files(name, rng, files=30)
        store.put_repo(a_repo(name), expected_files=30)
        store.put_files(name, files)
        chunks += [chunk for file in files for chunk in file.chunks]
    pending = store.pending(MODEL, limit=10_000)
    half = rng.sample(pending, len(pending) // 2)
    vectors = unit_vectors(len(half))
    store.put_vectors(MODEL, [one.key for one in half], vectors)
    yield World(store, chunks, {one.key: vector for one, vector in zip(half, vectors, strict=True)})
    store.close()
