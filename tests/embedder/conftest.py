import shutil
from pathlib import Path

import pytest

from tests.embedder import checkpoints


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint with mean pooling; not to be changed."""
    return checkpoints.write(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="session")
def tiny_cls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint with CLS pooling; not to be changed."""
    return checkpoints.write(tmp_path_factory.mktemp("checkpoints") / "tiny-cls", pooling="cls")


@pytest.fixture
def own(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint that the test may change."""
    return Path(shutil.copytree(tiny, tmp_path / "own"))


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")
