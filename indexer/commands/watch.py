"""`gte-search watch`."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indexer.commands import arguments
from indexer.commands.exits import FOUND
from indexer.commands.output import complain, complain_of, say

if TYPE_CHECKING:
    from indexer.types import Progress
    from indexer.watch import Outcome, Watcher

HELP: Final = "Keep indexed repositories fresh: what changes is searchable a moment later."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        type=arguments.path,
        help="repository or folder (default: all that are indexed)",
    )
    arguments.add_globs(parser, "index")
    parser.add_argument("--no-vectors", action="store_true", help="only the text; meaning is not searchable")
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Watch until interrupted, and print a line a sync."""
    from indexer import terminal, watch

    with arguments.opened(options, create=bool(options.paths)) as index:
        roots = watch.watched(index, options.paths)
        watcher = watch.Watcher(index, roots, vectors=not options.no_vectors)
        bursts = watch.changes(roots, index=index.settings.index.resolve())
        try:
            _tell(_with_progress(watcher, next(bursts)), options)
            complain(f"watching {terminal.printable(', '.join(map(str, roots)))}; Ctrl-C ends it")
            for burst in bursts:
                _tell(watcher.step(burst), options)
                if not watcher.roots:
                    complain("no folder is left to watch")
                    break
        except KeyboardInterrupt:  # how a watch is meant to end
            complain("stopped watching")
    return FOUND


def _with_progress(watcher: "Watcher", changed: set[Path]) -> "Iterator[Outcome]":
    """Step, with a bar for each folder that is gone again when what it came to is told."""
    from indexer import terminal

    def show(progress: "Progress") -> None:
        if bar is not None:
            bar(progress)

    outcomes = watcher.step(changed, report=show)
    while True:
        with terminal.progress_bar() as bar:
            outcome = next(outcomes, None)
        if outcome is None:
            return
        yield outcome


def _tell(outcomes: "Iterable[Outcome]", options: argparse.Namespace) -> None:
    from indexer import terminal

    vectors = not options.no_vectors
    for outcome in outcomes:
        if outcome.error is not None:
            complain_of(outcome.error)
        elif outcome.report is not None and outcome.first:
            say(terminal.report_lines(outcome.report, vectors=vectors))
        elif outcome.report is not None:
            say(terminal.change_lines(outcome.report, outcome.seconds, failed=outcome.failed, vectors=vectors))
        sys.stdout.flush()  # a file or a pipe is read while this goes on
