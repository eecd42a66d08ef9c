"""`gte-search repos`."""

import argparse
from typing import Final

from indexer.commands import arguments
from indexer.commands.exits import FOUND, NOTHING
from indexer.commands.output import say, say_json

HELP: Final = "List what is indexed."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_common(parser)
    arguments.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print a line a repository."""
    from indexer.terminal import counted, printable

    with arguments.opened(options) as index:
        repos = index.repos()
    if options.json:
        say_json(repos)
    else:
        for one in repos:
            parts = [counted(one.files, "file"), counted(one.chunks, "chunk"), printable(str(one.repo.root))]
            say(["\t".join([one.repo.name, *parts])])
    return FOUND if repos else NOTHING
