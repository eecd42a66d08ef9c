"""The command-line door: the table of commands, and how one is run.

Data goes to stdout, progress and errors to stderr. Exit status: 0 found or done, 1 nothing found, 2 error.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from indexer.commands import (
    doctor,
    duplicates,
    evaluate,
    index,
    mcp,
    pairs,
    remove,
    repos,
    search,
    serve,
    similar,
    status,
    ui,
    watch,
)
from indexer.commands.exits import FAILED, FOUND, NOTHING
from indexer.commands.output import complain, complain_of

if TYPE_CHECKING:
    from embedder.errors import EmbedderError
    from indexer.errors import IndexerError

__all__ = ["FAILED", "FOUND", "NOTHING", "build_parser", "index_repo", "main"]

COMMANDS: Final[dict[str, ModuleType]] = {
    "index": index,
    "search": search,
    "similar": similar,
    "duplicates": duplicates,
    "eval": evaluate,
    "watch": watch,
    "repos": repos,
    "remove": remove,
    "status": status,
    "doctor": doctor,
    "pairs": pairs,
    "ui": ui,
    "serve": serve,
    "mcp": mcp,
}

EXCLUSION: Final = re.compile(r"-(repo|lang|kind|path|symbol):")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `gte-search`; return the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    return _run(build_parser().parse_args([_guarded(argument) for argument in given]))


def _guarded(argument: str) -> str:
    """Keep argparse from taking `-lang:python` of a query for an option; it never does where a space is in it."""
    return f" {argument}" if EXCLUSION.match(argument) else argument


def index_repo(arguments: Sequence[str] | None = None) -> int:
    """Run `index-repo`, which is `gte-search index`."""
    parser = argparse.ArgumentParser(prog="index-repo", description=index.HELP)
    index.add(parser)
    parser.set_defaults(run=index.run)
    return _run(parser.parse_args(arguments))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `gte-search` with all its commands."""
    parser = argparse.ArgumentParser(
        prog="gte-search", description="Search your code and documents by meaning, on your own machine."
    )
    parser.add_argument("--version", action=_Version, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        added = commands.add_parser(name, help=command.HELP, description=command.HELP)
        command.add(added)
        added.set_defaults(run=command.run)
    return parser


class _Version(argparse.Action):
    """Prints the version; looked up only then, which takes time."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - what argparse passes on
        super().__init__(nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"gte-search {version('gte-search')}\n")


def _run(options: argparse.Namespace) -> int:
    """Call the command; turn what went wrong into `error:` and `hint:` lines."""
    try:
        status: int = options.run(options)
        sys.stdout.flush()  # here, where a full disk or a closed pipe is still told as an error
        return status
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except KeyboardInterrupt:
        complain("stopped; what was written stays, run the command again to go on")
    except _explained() as error:  # a call here is made only when something was raised
        complain_of(error)
    except OSError as error:
        complain_of(error, hint="go to a folder that exists, and check the permissions there")
    return FAILED


def _explained() -> "tuple[type[EmbedderError], type[IndexerError]]":
    """Return the errors that carry a `hint`; loading the embedder's takes 0.1 s."""
    from embedder.errors import EmbedderError
    from indexer.errors import IndexerError

    return EmbedderError, IndexerError


if __name__ == "__main__":
    sys.exit(main())
