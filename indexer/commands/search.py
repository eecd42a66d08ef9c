"""`gte-search search`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indexer.commands import arguments, hits
from indexer.commands.exits import FOUND, NOTHING

if TYPE_CHECKING:
    from indexer.asking import Asked
    from indexer.index import Index
    from indexer.types import SearchResult

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
    """Search and print: by a running server where there is one, else by opening the index."""
    status = _by_server(options)
    return _by_index(options) if status is None else status


def _by_server(options: argparse.Namespace) -> int | None:
    """Return the exit status, or None where no server answers; what it refuses, the index explains."""
    from indexer import serving
    from indexer.settings import load_settings

    settings = load_settings(arguments.flags(options))
    for server in serving.servers(settings.index):
        if settings.store != "local" or (server.model, server.rerank) != (settings.model, settings.rerank):
            continue
        from indexer.asking import Asked, NoAnswerError

        try:
            with Asked(server) as index:
                result = _asked(index, options)
        except NoAnswerError:
            continue
        return _print(result, index, options)
    return None


def _by_index(options: argparse.Namespace) -> int:
    with arguments.opened(options) as index:
        return _print(_asked(index, options), index, options)


def _asked(index: "Asked | Index", options: argparse.Namespace) -> "SearchResult":
    return index.search(
        " ".join(options.query),
        **hits.filters(options, index),
        limit=options.limit,
        offset=options.offset,
        here=index.here(Path.cwd()),
    )


def _print(result: "SearchResult", index: "Asked | Index", options: argparse.Namespace) -> int:
    hits.print_understood(result.understood, options)
    hits.print_result(result, index, options)
    return FOUND if result.hits else NOTHING
