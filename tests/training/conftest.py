from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.embedder import checkpoints
from tests.training import examples

settings.register_profile("no-deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT to start from; not to be changed."""
    return checkpoints.write(tmp_path_factory.mktemp("start") / "tiny")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder of two sources; not to be changed."""
    sources = {"many": examples.pairs(60), "few": examples.pairs(20, seed=1)}
    return examples.write_prepared(tmp_path_factory.mktemp("data") / "prepared", sources)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute in one thread, since sums depend on their number in the last bit."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
