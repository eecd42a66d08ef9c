"""`gte-search eval`."""

import argparse
from dataclasses import asdict
from typing import Final

from indexer.commands import arguments
from indexer.commands.exits import FOUND
from indexer.commands.output import say, say_json

HELP: Final = "Measure the search on queries whose answers you wrote down."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "queries", metavar="QUERIES", type=arguments.path, help="labelled queries, one JSON object a line"
    )
    parser.add_argument("--against", type=arguments.path, metavar="FILE", help="compare with the JSON of another run")
    parser.add_argument("-k", "--limit", type=int, default=10, help="how many hits count (default: 10)")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="list so many queries (default: 10)")
    parser.add_argument("--no-vectors", action="store_true", help="search by words, symbols and paths alone")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, every query in it")
    arguments.add_rerank(parser)
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Search for every query and print the measures."""
    from indexer import terminal
    from indexer.evaluation import comparison, labels, report, run

    queries = labels.read(options.queries)
    before = comparison.read(options.against) if options.against else None  # first: a wrong file is told at once
    with arguments.opened(options) as index:
        search = run.through(index, queries, limit=options.limit, vectors=not options.no_vectors)
        settings = run.described(index, vectors=not options.no_vectors)
        found = run.evaluate(queries, search, limit=options.limit, settings=settings)
    change = comparison.compare(before, found) if before else None
    if options.json:
        say_json({**asdict(found), **({"comparison": change} if change else {})})
        return FOUND
    say(map(terminal.printable, report.report_lines(found, worst=options.worst)))
    if change:
        say(["", *map(terminal.printable, report.comparison_lines(change, limit=found.limit))])
    return FOUND
