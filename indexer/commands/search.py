"""`gte-search search`."""

import argparse
from pathlib import Path
from typing import Final

from indexer.commands import arguments, hits
from indexer.commands.exits import FOUND, NOTHING

HELP: Final = "Search the index."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "query",
        nargs="+",
        metavar="QUERY",
        help='question, symbol, path, error message, "exact phrase" or /regular expression/',
    )
    parser.add_argument("-k", "--limit", type=int, default=10, help="how many hits (default: 10)")
    parser.add_argument("--offset", type=int, default=0, help="skip so many hits")
    hits.add_filters(parser)
    hits.add_form(parser, explained="show what was understood, and what each ranking signal gave")
    arguments.add_rerank(parser)
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Search and print."""
    with arguments.opened(options) as index:
        result = index.search(
            " ".join(options.query),
            **hits.filters(options, index),
            limit=options.limit,
            offset=options.offset,
            here=index.here(Path.cwd()),
        )
        hits.print_understood(result.understood, options)
        hits.print_result(result, index, options)
    return FOUND if result.hits else NOTHING
