"""`gte-search remove`."""

import argparse
from typing import Final

from indexer.commands import arguments
from indexer.commands.exits import FOUND
from indexer.commands.output import say

HELP: Final = "Remove a repository from the index; its files are not touched."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("name", help="name as `gte-search repos` shows it")
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Remove a repository."""
    with arguments.opened(options) as index:
        index.remove(options.name)
    say([f"removed {options.name}"])
    return FOUND
