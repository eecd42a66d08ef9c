"""`gte-search ui`."""

import argparse
from typing import Final

from indexer.commands import servers

HELP: Final = "Open the search page in the browser."

add = servers.add


def run(options: argparse.Namespace) -> int:
    """Serve the page until interrupted; return its exit status."""
    from indexer import page

    return page.serve(servers.settings(options))
