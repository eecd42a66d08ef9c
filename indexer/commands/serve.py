"""`gte-search serve`."""

import argparse
from typing import Final

from indexer.commands import servers
from indexer.commands.exits import FOUND

HELP: Final = "Serve the HTTP API without the page."

add = servers.add


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from indexer import api

    api.serve(servers.settings(options))
    return FOUND
