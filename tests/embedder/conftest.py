import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.embedder import checkpoints, published


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint with mean pooling; not to be changed."""
    return checkpoints.write(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="session")
def tiny_cls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint with CLS pooling; not to be changed."""
    return checkpoints.write(tmp_path_factory.mktemp("checkpoints") / "tiny-cls", pooling="cls")


@pytest.fixture(scope="session")
def tiny_elastic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint that may be cut to 16 or 8 numbers and to its first layer; not to be changed."""
    folder = checkpoints.write(tmp_path_factory.mktemp("checkpoints") / "tiny-elastic")
    sizes = {"elastic_dims": [32, 16, 8], "elastic_layers": [1, 2]}
    checkpoints.write_json(folder / "config_sentence_transformers.json", sizes)
    return folder


@pytest.fixture
def own(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint that the test may change."""
    return Path(shutil.copytree(tiny, tmp_path / "own"))


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def tiny_of(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Callable[[str], Path]:
    """The tiny checkpoint of a row of `published.KINDS`, "ct2" for one that CTranslate2 wrote; not to be changed."""
    root = tmp_path_factory.mktemp("published")

    @functools.cache
    def write(kind: str) -> Path:
        if kind.startswith("ct2"):
            return published.converted(root / kind, tiny, vocabulary="txt" if kind == "ct2-older" else "json")
        return published.write(root / kind, kind)

    return write
