"""`gte-search mcp`."""

import argparse
from typing import Final

from indexer.commands import arguments
from indexer.commands.exits import FOUND
from indexer.commands.output import complain

HELP: Final = "Serve agents and editors (Model Context Protocol), over stdio or HTTP."
PORT: Final = 8502  # beside the page's


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--http", action="store_true", help="listen at http://HOST:PORT/mcp instead of stdin")
    parser.add_argument("--host", help="address to listen on, with --http; beyond this machine only with a token")
    parser.add_argument("--port", type=int, default=PORT, help=f"port to listen on, with --http (default: {PORT})")
    arguments.add_rerank(parser)
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until stdin ends, or until interrupted."""
    from indexer.mcp import stdout

    wire = None if options.http else stdout.claim()  # first: what is imported next may print
    import embedder
    from indexer import access, open_index
    from indexer.settings import load_settings

    flags = arguments.flags(options)
    settings = load_settings(flags)
    if not wire:
        access.require(settings.host, settings.port, settings.token)
    if settings.rerank:
        embedder.load_reranker(settings.rerank)  # so that no request waits for its conversion or its error
    from indexer.mcp import server  # here: the library takes a second, and mistakes are told before

    if wire:
        server.serve_stdio(lambda: open_index(flags=flags), wire)
    else:
        complain(f"listening at http://{settings.host}:{settings.port}{server.PATH}; Ctrl-C stops it")
        server.serve_http(lambda: open_index(flags=flags), settings=settings)
    return FOUND
