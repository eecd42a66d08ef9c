"""A small tree with code and documents, and an index over it with a fake encoder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from embedder.fake import FakeEncoder
from indexer import Index, open_index

settings.register_profile("no-deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no-deadline")


@pytest.fixture(autouse=True)
def settings_of_the_environment() -> Iterator[None]:
    """Take back what a command of a server told its process: it would be told to the tests after it, too."""
    before = {name: value for name, value in os.environ.items() if name.startswith("GTE_SEARCH_")}
    yield
    for name in [name for name in os.environ if name.startswith("GTE_SEARCH_") and name not in before]:
        del os.environ[name]
    os.environ.update(before)


UPLOAD = '''"""Uploading files."""

import time

LIMIT = 5


class Uploader:
    """Sends files to the server."""

    def send(self, path):
        """Send one file."""
        return self.session.post(path)

    def retry_failed(self, path):
        """Try again after a failed upload, waiting longer each time."""
        for attempt in range(LIMIT):
            time.sleep(2**attempt)
            if self.send(path):
                return attempt
        raise TimeoutError(path)
'''
SERVER = """package server

// Listen opens a socket and accepts connections.
func Listen(address string) error {
\treturn nil
}
"""
GUIDE = """# Guide

How to use the tool.

## Installing

Run the installer and accept the licence.

## Uploading

Uploads that fail are tried again five times.
"""
TEST = """from upload import Uploader


def test_retry_failed():
    assert Uploader().retry_failed("a") == 0
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A plain folder named `project`."""
    root = tmp_path / "project"
    for name, text in {
        "src/upload.py": UPLOAD,
        "src/server.go": SERVER,
        "docs/guide.md": GUIDE,
        "tests/test_upload.py": TEST,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An empty index with a fake encoder."""
    with open_index(tmp_path / "index", create=True, encoder=FakeEncoder()) as opened:
        yield opened


@pytest.fixture
def filled(index: Index, tree: Path) -> Index:
    """An index of `tree`."""
    index.sync([tree])
    return index
