"""`gte-search similar`."""

import argparse
from pathlib import Path
from typing import Final

from indexer.commands import arguments, hits
from indexer.commands.exits import FOUND, NOTHING
from indexer.commands.output import complain, say

HELP: Final = "Show what is related to a piece of code or a document, and its copies."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("place", metavar="PLACE", help="PATH:LINE, PATH for a whole file, or the id of a hit")
    parser.add_argument("-k", "--limit", type=int, default=10, help="how many hits (default: 10)")
    hits.add_filters(parser)
    hits.add_form(parser, explained="show what each ranking signal gave")
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Look around a place and print."""
    from indexer import terminal

    with arguments.opened(options) as index:
        found = hits.filters(options, index)
        result = index.similar(options.place, **found, limit=options.limit, folder=Path.cwd())
        hits.print_result(result, index, options)
        if not (options.json or options.jsonl or options.files):
            roots = hits.roots_of((*result.of, *result.copies), index)
            say(terminal.copy_line(hit, roots[hit.repo]) for hit in result.copies)
            complain(*(f"related to {terminal.printable(terminal.place(hit, roots[hit.repo]))}" for hit in result.of))
    return FOUND if result.hits or result.copies else NOTHING
