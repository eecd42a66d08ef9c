"""Asks the MCP server, as an agent does."""

import os

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import TextContent


async def main() -> None:
    server = StdioServerParameters(command="gte-search", args=["mcp"], env=dict(os.environ))
    async with Client(server) as client:
        asked = {"query": "when is an alarm raised", "languages": ["python"], "limit": 3, "max_tokens": 1000}
        answer = await client.call_tool("search", asked)
        for part in answer.content:
            if isinstance(part, TextContent):
                print(part.text)


anyio.run(main)
