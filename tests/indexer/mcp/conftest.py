"""An index of the examples, made with the encoder that needs no weights, and the tools on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import Index, open_index
from indexer.mcp.readiness import Warmup
from indexer.mcp.tools import Workplace

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of `examples/`: code of several languages, Markdown, HTML, PDF, DOCX, a notebook."""
    with open_index(tmp_path_factory.mktemp("examples") / "index", create=True, encoder=FakeEncoder()) as opened:
        opened.sync([ROOT / "examples"], name="examples")
        yield opened


@pytest.fixture
def at(examples: Index) -> Workplace:
    return workplace(examples)


def workplace(index: Index, base: Path | None = None) -> Workplace:
    """Return what the tools need to work on an open index."""
    return Workplace(opened=lambda: index, warmup=Warmup(lambda: index), base=base)
