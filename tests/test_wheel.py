"""What is installed is complete: grammars' queries, the page's settings and scripts, type markers."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from embedder import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("embedder", "indexer", "ui", "training")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build a wheel from a copy, so that no build folder is left in the project; return its file names."""
    source = tmp_path_factory.mktemp("source")
    for name in ROOMS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "--wheel-dir", "wheels", "."], cwd=source, check=True, capture_output=True)
    (built,) = (source / "wheels").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_a_wheel_holds_every_file_of_the_rooms(wheel: set[str]) -> None:
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    wanted = {path.relative_to(ROOT).as_posix() for path in paths if path.suffix not in (".md", ".pyc")}
    assert wanted - wheel == set()


def test_a_wheel_holds_the_default_model_with_its_card(wheel: set[str]) -> None:
    folder = f"embedder/weights/{DEFAULT_MODEL}"
    names = ("README.md", "config.json", "modules.json", "1_Pooling/config.json", "tokenizer.json")
    assert {f"{folder}/{name}" for name in names} - wheel == set()


def test_a_wheel_holds_nothing_beside_the_rooms_and_its_own_metadata(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == set(ROOMS)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
