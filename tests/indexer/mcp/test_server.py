"""The server as clients see it: the official client over stdio and over HTTP, each with a process of its own.

New snapshot of the tools: run with `UPDATE_SNAPSHOTS=1`, then read the difference.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from indexer import Index
from indexer.access import Access
from indexer.mcp.readiness import Warmup
from indexer.mcp.server import call, create_app, guards, listed
from indexer.mcp.tools import TOOLS, Workplace
from tests.indexer.mcp.conftest import ROOT, workplace

SNAPSHOT = Path(__file__).parent / "snapshots" / "tools.json"
COMMAND = [sys.executable, "-m", "indexer.cli", "mcp"]

LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

Ask = Callable[..., CallToolResult]


def environment(index: Path) -> dict[str, str]:
    return {"GTE_SEARCH_INDEX": str(index), "GTE_SEARCH_MODEL": "fake", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """Where clients live between the tests."""
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture(scope="module")
def stdio(portal: BlockingPortal, examples: Index, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of `gte-search mcp`."""
    started = StdioServerParameters(
        command=COMMAND[0],
        args=COMMAND[1:],
        env=environment(examples.settings.index),
        cwd=tmp_path_factory.mktemp("elsewhere"),
    )
    with portal.wrap_async_context_manager(Client(started)) as client:
        yield client


@pytest.fixture(scope="module")
def address(examples: Index) -> Iterator[str]:
    """Where `gte-search mcp --http` listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [*COMMAND, "--http", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **environment(examples.settings.index)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until(lambda: accepts(port))
        yield f"http://127.0.0.1:{port}/mcp"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert f"listening at http://127.0.0.1:{port}/mcp" in said
        assert "Traceback" not in said


@pytest.fixture(scope="module")
def http(portal: BlockingPortal, address: str) -> Iterator[Client]:
    """A client of `gte-search mcp --http`."""
    with portal.wrap_async_context_manager(Client(address)) as client:
        yield client


@pytest.fixture(params=["stdio", "http"])
def client(request: pytest.FixtureRequest) -> Client:
    opened: Client = request.getfixturevalue(request.param)
    return opened


@pytest.fixture
def ask(client: Client, portal: BlockingPortal) -> Ask:
    """Call a tool by name."""

    def asked(name: str, /, **arguments: object) -> CallToolResult:
        return portal.call(partial(client.call_tool, name, arguments))

    return asked


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def until(done: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def structured(result: CallToolResult) -> Mapping[str, Any]:
    assert not result.is_error, said(result)
    answer: Mapping[str, Any] | None = result.structured_content
    assert answer is not None
    return answer


def said(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def test_an_agent_is_told_of_four_tools(client: Client, portal: BlockingPortal) -> None:
    tools = portal.call(client.list_tools).tools
    assert [tool.name for tool in tools] == ["search", "similar", "read_chunk", "index_status"]
    for tool in tools:
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
    assert "grep" in (tools[0].description or "")


def test_what_an_agent_is_told_changes_only_on_purpose() -> None:
    now = json.dumps([tool.model_dump(mode="json", exclude_none=True) for tool in listed()], indent=2) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(now, "utf-8")
    assert now == SNAPSHOT.read_text("utf-8")


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "alarm when the level is crossed"},
        {"query": "Readings", "limit": 3, "offset": 2},
        {"query": "level", "languages": ["python", "markdown"], "kinds": ["function", "method", "section"]},
        {"query": "level -lang:python", "paths": ["tidewatch/**"], "limit": 20},
        {"query": "station", "repos": ["examples"], "symbols": ["raise_alarm"]},
    ],
)
def test_an_agent_gets_the_answer_of_index_search(ask: Ask, examples: Index, asked: dict[str, Any]) -> None:
    answer = structured(ask("search", **asked, max_tokens=50_000))
    result = examples.search(**{"text" if name == "query" else name: value for name, value in asked.items()})
    assert [hit["id"] for hit in answer["hits"]] == [hit.id for hit in result.hits]
    assert [hit["text"] for hit in answer["hits"]] == [hit.text for hit in result.hits]
    for name in ("query", "total", "total_is_exact", "offset", "confident", "notice", "pending_vectors"):
        assert answer[name] == getattr(result, name), name


def test_a_hit_is_read_in_full_and_leads_to_related_code(ask: Ask, examples: Index) -> None:
    hit = structured(ask("search", query="alarm when the level is crossed", limit=1))["hits"][0]
    full = structured(ask("read_chunk", id=hit["id"], around=3))
    whole = examples.chunk(hit["id"])
    assert whole is not None
    assert whole.text in full["text"]
    assert full["url"] == whole.url
    near = structured(ask("similar", place=f"{hit['path']}:{hit['start']}", limit=4))
    assert [one["id"] for one in near["of"]] == [hit["id"]]
    result = examples.similar(hit["id"], limit=4)
    assert [one["id"] for one in near["hits"]] == [one.id for one in result.hits]


def test_status_tells_what_is_indexed(ask: Ask, examples: Index) -> None:
    answer = ask("index_status")
    (repo,) = structured(answer)["repos"]
    (status,) = examples.repos()
    assert structured(answer)["state"] == "ready"
    assert (repo["name"], repo["files"], repo["chunks"]) == ("examples", status.files, status.chunks)
    assert "examples: " in said(answer)


@pytest.mark.parametrize(
    ("name", "arguments", "wrong", "help"),
    [
        ("search", {"query": "x", "top_k": 3}, "top_k: there is no such argument", "limit"),
        ("search", {}, "query: Field required", "query"),
        ("search", {"query": "x", "limit": "many"}, "limit: ", "limit"),
        ("search", {"query": "x", "max_tokens": 5}, "max_tokens: ", "max_tokens"),
        ("search", {"query": ""}, "", ""),
        ("search", {"query": "x", "languages": ["klingon"]}, "klingon", "python"),
        ("similar", {"place": "nowhere.py:3"}, "nowhere.py is not indexed", "index-repo"),
        ("read_chunk", {"id": "none"}, "there is no chunk none", "search again"),
        ("index_status", {"repo": "x"}, "repo: there is no such argument", "check_disk"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(
    ask: Ask, name: str, arguments: dict[str, Any], wrong: str, help: str
) -> None:
    result = ask(name, **arguments)
    assert result.is_error
    error, hint = said(result).split("\n")
    assert error.startswith("error: ")
    assert wrong in error
    assert hint.startswith("hint: ")
    assert help in hint


def test_an_unknown_tool_is_an_error_of_the_protocol(ask: Ask) -> None:
    with pytest.raises(MCPError, match="no tool `grep`, but: search, similar"):
        ask("grep", pattern="x")


def test_a_client_of_the_first_protocol_with_tools_is_served(examples: Index, portal: BlockingPortal) -> None:
    started = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env=environment(examples.settings.index), cwd=ROOT
    )
    with portal.wrap_async_context_manager(Client(started, mode="legacy")) as client:
        assert "gte-search" in (client.instructions or "")
        assert structured(portal.call(partial(client.call_tool, "search", {"query": "level"})))["hits"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8502"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_http_refuses_what_comes_from_elsewhere(address: str, headers: dict[str, str]) -> None:
    assert httpx.post(address, json=LISTING, headers={**JSON, **headers}).status_code == 403
    assert httpx.get(address, headers={**JSON, **headers}).status_code == 403


def test_http_answers_this_machine_and_no_body_that_is_too_large(address: str) -> None:
    assert httpx.post(address, json=LISTING, headers={**JSON, "Origin": "http://localhost:3000"}).status_code == 200
    assert httpx.post(address, content=b"x" * (2 << 20), headers=JSON).status_code == 413


def test_http_refuses_an_address_that_others_reach() -> None:
    done = subprocess.run([*COMMAND, "--http", "--host", "0.0.0.0"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "0.0.0.0 is not a loopback address" in done.stderr
    assert done.stdout == ""


def test_a_setting_that_is_wrong_is_told_at_the_start(tmp_path: Path) -> None:
    ready = {**os.environ, **environment(tmp_path), "GTE_SEARCH_THREADS": "many"}
    done = subprocess.run(COMMAND, cwd=ROOT, env=ready, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2
    assert "GTE_SEARCH_THREADS" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_over_stdio_ends_when_told_to(how: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env={**os.environ, **environment(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(how)
        _, complaint = process.communicate(timeout=60)
    assert "Traceback" not in complaint


def test_a_tool_that_takes_too_long_says_so_before_the_client_gives_up(examples: Index) -> None:
    def slow() -> Index:
        time.sleep(0.5)
        return examples

    at = Workplace(opened=slow, warmup=Warmup(slow), base=None)
    result = anyio.run(partial(call, at, "search", {"query": "level"}, within=0.05))
    assert result.is_error
    assert "no answer within 0.05 s" in said(result)


def test_a_mistake_of_the_program_is_an_answer_too(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Index:
        raise ZeroDivisionError

    at = Workplace(opened=broken, warmup=Warmup(broken), base=None)
    result = anyio.run(partial(call, at, "search", {"query": "level"}, within=30))
    assert result.is_error
    assert "mistake of the program" in said(result)
    assert "ZeroDivisionError" in caplog.text


def test_over_http_a_token_is_wanted_where_there_is_one(examples: Index) -> None:
    token = "a-token-of-this-test"
    app = create_app(workplace(examples), guards=guards(Access(token=token, beyond=True)))

    async def statuses() -> list[int]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://192.0.2.7:8502") as client:
            bearers: list[dict[str, str]] = [
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": f"Bearer {token}"},
            ]
            return [(await client.get("/nowhere", headers=headers)).status_code for headers in bearers]

    assert anyio.run(statuses) == [401, 401, 404]


def test_every_tool_has_arguments_with_descriptions() -> None:
    for tool in TOOLS.values():
        for name, field in tool.asks.model_fields.items():
            assert field.description, f"{tool.name}.{name}"
