"""Speaks the protocol, over stdio or HTTP; the only module that knows the library for it."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

import anyio
from anyio import to_thread
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError
from starlette.types import ASGIApp

from embedder.errors import EmbedderError
from indexer import access
from indexer.access import Access, Authorised, Limited
from indexer.errors import IndexerError
from indexer.guard import LocalOnly, SmallBodies
from indexer.index import Index
from indexer.mcp.readiness import Warmup
from indexer.mcp.tools import INSTRUCTIONS, TOOLS, Workplace
from indexer.opener import Opener
from indexer.settings import Settings

WITHIN: Final = 30.0  # seconds; clients give up after 60, some after 30 that begin a little earlier
PATH: Final = "/mcp"  # of the HTTP address

Guard = Callable[[ASGIApp], ASGIApp]


def create_server(at: Workplace, *, within: float = WITHIN) -> Server[Any]:
    """Build the server. within: seconds after which a tool that has not answered says so."""

    async def list_tools(
        _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=listed())

    async def call_tool(_: ServerRequestContext[Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        return await call(at, asked.name, asked.arguments or {}, within=within)

    return Server(
        "gte-search",
        title="gte-search",
        version=version("gte-search"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def listed() -> list[types.Tool]:
    """Return the tools as a client is told of them."""
    reads = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    return [
        types.Tool(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.asks.model_json_schema(),
            output_schema=tool.answers.model_json_schema(mode="serialization"),
            annotations=reads,
        )
        for tool in TOOLS.values()
    ]


async def call(at: Workplace, name: str, arguments: Mapping[str, Any], *, within: float) -> types.CallToolResult:
    """Run a tool beside the connection, which goes on answering; what goes wrong is told with what to do."""
    if name not in TOOLS:
        raise MCPError(code=types.INVALID_PARAMS, message=f"there is no tool `{name}`, but: {', '.join(TOOLS)}")
    tool = TOOLS[name]
    try:
        asked = tool.asks.model_validate(arguments)
    except ValidationError as error:
        return _failed(_faults(error), f"`{name}` takes: {', '.join(tool.asks.model_fields)}")
    try:
        with anyio.fail_after(within):
            answer, text = await to_thread.run_sync(partial(tool.run, at, asked), abandon_on_cancel=True)
    except TimeoutError:
        return _failed(f"no answer within {within:g} s", "ask again, with a filter or fewer words")
    except (IndexerError, EmbedderError) as error:
        return _failed(str(error), error.hint)
    except Exception:  # an agent must not wait for an answer that never comes, and the connection has to stay
        logging.getLogger(__name__).exception("%s failed", name)
        return _failed(f"`{name}` failed by a mistake of the program", "its log (stderr) has more; try another query")
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], structured_content=answer.model_dump(mode="json")
    )


def guards(may: Access) -> tuple[Guard, ...]:
    """Return what stands before the server over HTTP, the outermost last: the same as before the HTTP API."""
    limits: tuple[Guard, ...] = (Limited,) if may.beyond else ()
    return (
        SmallBodies,
        partial(Authorised, token=may.token),
        *limits,
        partial(LocalOnly, beyond=may.beyond, hosts=may.hosts),
    )


def create_app(at: Workplace, *, guards: tuple[Guard, ...] = guards(Access())) -> ASGIApp:
    """Build the server over HTTP, at PATH. Nothing of a session is kept, so that it may be restarted at any time."""
    app: ASGIApp = create_server(at).streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        # Ours stand before it, and know every loopback address.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    for guard in guards:
        app = guard(app)
    return app


def serve_stdio(open: Callable[[], Index], wire: TextIOWrapper) -> None:
    """Answer the process that started this one, until it closes stdin.

    open: opens the index, and may raise. wire: stdout, which nothing else may write to: `stdout.claim()`.
    """
    at = workplace(open, base=Path.cwd())

    async def answer() -> None:
        server = create_server(at)
        async with stdio_server(stdout=anyio.wrap_file(wire)) as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    at.warmup.start()
    anyio.run(answer)


def serve_http(open: Callable[[], Index], *, settings: Settings) -> None:
    """Answer over HTTP until interrupted. Raises InputError as `access.require` does."""
    import uvicorn

    access.require(settings.host, settings.port, settings.token)
    at = workplace(open, base=None)
    at.warmup.start()
    app = create_app(at, guards=guards(access.of(settings, settings.host)))
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")


def workplace(open: Callable[[], Index], *, base: Path | None) -> Workplace:
    """Return what the tools work on, with nothing opened yet."""
    opened = Opener(open)
    return Workplace(opened=opened, warmup=Warmup(opened), base=base)


def _faults(error: ValidationError) -> str:
    """Say which arguments are wrong, without repeating what was sent."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {_fault(fault['type'], fault['msg'])}"
        for fault in error.errors(include_input=False, include_url=False)
    )


def _fault(kind: str, message: str) -> str:
    return "there is no such argument" if kind == "extra_forbidden" else message


def _failed(error: str, hint: str) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=f"error: {error}\nhint: {hint}")], is_error=True
    )
