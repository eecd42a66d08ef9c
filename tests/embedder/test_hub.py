"""No test here reaches the network: the client is told to stay offline before it is imported."""

import os
import subprocess
import sys
from pathlib import Path

SHOW_ERROR = """
import sys
from embedder import EmbedderError, load
try:
    load(sys.argv[1])
except EmbedderError as error:
    print(type(error).__name__, error, error.hint, sep="\\n")
"""


def ask(name: str, home: Path) -> str:
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", SHOW_ERROR, name], capture_output=True, text=True, env=environment, check=True
    )
    return done.stdout


def test_an_unreachable_hub_says_how_to_do_without(tmp_path: Path) -> None:
    printed = ask("thenlper/gte-small", tmp_path)
    assert printed.startswith("ModelNotFoundError\n`thenlper/gte-small` is not on this machine")
    assert "download its files from https://huggingface.co/thenlper/gte-small by hand and give the folder" in printed


def test_a_name_that_the_hub_cannot_have_is_refused(tmp_path: Path) -> None:
    printed = ask("owner/two--dashes", tmp_path)
    assert printed.startswith("ModelNotFoundError\n`owner/two--dashes` is neither a folder nor a name")


def test_a_cached_copy_needs_no_network(tiny: Path, tmp_path: Path) -> None:
    # the layout of the client's cache, as a download leaves it
    cached = tmp_path / "hub" / "models--owner--tiny"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0" * 40, encoding="utf-8")
    (cached / "snapshots").mkdir()
    (cached / "snapshots" / ("0" * 40)).symlink_to(tiny)
    code = "from embedder.files import Layout; found = Layout.find('owner/tiny'); print(found.name, found.pooling)"
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["tiny", "mean"]
