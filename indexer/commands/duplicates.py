"""`gte-search duplicates`."""

import argparse
from pathlib import Path
from typing import Final

from indexer.commands import arguments, hits
from indexer.commands.exits import FOUND, NOTHING
from indexer.commands.output import complain, say, say_json

HELP: Final = "Show definitions and passages that are copied, or nearly."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("under", nargs="?", metavar="PATH", help="only groups with a copy in this file or folder")
    parser.add_argument("-k", "--limit", type=int, default=20, help="how many groups (default: 20)")
    parser.add_argument("--min-lines", type=int, metavar="N", default=5, help="shortest copy (default: 5)")
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="T",
        default=0.7,
        help="share of common runs of tokens, 1 for exact copies (default: 0.7)",
    )
    parser.add_argument("--skip-tests", action="store_true", help="leave out tests, examples and vendored code")
    hits.add_filters(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Look for copies and print groups of them."""
    from indexer import terminal

    with arguments.opened(options) as index:
        result = index.duplicates(
            options.under,
            **hits.filters(options, index),
            min_lines=options.min_lines,
            threshold=options.threshold,
            tests=not options.skip_tests,
            limit=options.limit,
            folder=Path.cwd(),
        )
        if options.json:
            say_json(result)
        else:
            roots = hits.roots_of([copy for group in result.groups for copy in group.copies], index)
            for group in result.groups:
                say(terminal.group_lines(group, roots, colour=terminal.uses_colour()))
            complain(terminal.duplicates_summary(result))
    return FOUND if result.groups else NOTHING
