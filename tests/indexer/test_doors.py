"""The same request through every door gives the same answer, on real source with the real model."""

import ast
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from fastapi.testclient import TestClient
from mcp import Client
from mcp.types import CallToolResult

from indexer import Index, open_index
from indexer.api import create_app
from indexer.cli import FOUND, main
from indexer.jobs import Jobs
from indexer.mcp.readiness import Warmup
from indexer.mcp.server import create_server
from indexer.mcp.tools import Workplace
from tests.embedder import checkpoints
from ui.backend import LocalBackend

QUESTIONS = {
    "where are redirects followed and the method rewritten": {"resolve_redirects", "rebuild_method"},
    "merge proxy settings from the environment": {"merge_environment_settings"},
    "Session.resolve_redirects": {"resolve_redirects"},
}


@pytest.fixture(scope="module")
def source() -> Path:
    """The installed source of requests: a real package that the project depends on anyway."""
    spec = importlib.util.find_spec("requests")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


@pytest.fixture(scope="module")
def real(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    checkpoints.bundled_model()
    with open_index(tmp_path_factory.mktemp("real") / "index", create=True) as index:
        index.sync([source])
        yield index


@pytest.mark.model
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_right_function_is_in_the_first_three_with_exact_lines_through_every_door(
    question: str, real: Index, source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = real.search(question, limit=3).hits
    right = next(hit for hit in hits if hit.symbol and hit.symbol.rpartition(".")[2] in QUESTIONS[question])
    start, end = lines_of(source / right.path, right.symbol or "")
    assert start <= right.start <= right.end <= end
    text = (source / right.path).read_text("utf-8").split("\n")
    assert right.text == "\n".join(text[right.start - 1 : right.end])

    expected = [hit.id for hit in hits]
    with TestClient(create_app(lambda: real), base_url="http://127.0.0.1") as client:
        answer = client.post("/v1/search", json={"query": question, "limit": 3}).json()
    assert [hit["id"] for hit in answer["hits"]] == expected

    monkeypatch.setenv("GTE_SEARCH_INDEX", str(real.settings.index))
    assert main(["search", "--json", "-k", "3", question]) == FOUND
    assert [hit["id"] for hit in json.loads(capsys.readouterr().out)["hits"]] == expected

    at = Workplace(opened=lambda: real, warmup=Warmup(lambda: real), base=None)

    async def as_an_agent() -> CallToolResult:
        async with Client(create_server(at)) as client:
            return await client.call_tool("search", {"query": question, "limit": 3})

    told = anyio.run(as_an_agent).structured_content
    assert told is not None
    assert [hit["id"] for hit in told["hits"]] == expected

    page = LocalBackend(lambda: real, jobs=Jobs(real.settings.index))
    shown = page.search(question, repos=[], languages=[], kinds=[], paths=[], limit=3, offset=0)
    assert [hit.id for hit in shown.hits] == expected


def lines_of(path: Path, symbol: str) -> tuple[int, int]:
    """First and last line of a definition, by Python's own parser."""
    node: ast.AST = ast.parse(path.read_text("utf-8"))
    for name in symbol.split("."):
        node = next(
            child
            for child in ast.walk(node)
            if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == name
        )
    assert isinstance(node, ast.FunctionDef)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first, node.end_lineno or first
