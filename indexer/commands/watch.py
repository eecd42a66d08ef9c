"""`gte-search watch`."""

import _thread
import argparse
import os
import signal
import sys
import threading
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
        help="repository or folder (default: all that are indexed, also later)",
    )
    arguments.add_globs(parser, "index")
    parser.add_argument("--no-vectors", action="store_true", help="only the text; meaning is not searchable")
    parser.add_argument("--wait", action="store_true", help="where another process watches all, wait until it ends")
    parser.add_argument(
        "--until-closed", action="store_true", help="end when standard input is closed, as by the end of a program"
    )
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Watch until interrupted, and print a line a sync."""
    from indexer import watch
    from indexer.settings import load_settings

    folder = load_settings(arguments.flags(options)).index
    try:
        if options.until_closed:
            _end_with_input()
        with arguments.opened(options, create=True) as index:
            if options.paths:
                _follow(watch.Watcher(index, watch.watched(index, options.paths), vectors=_vectors(options)), options)
                return FOUND
            with watch.alone(folder, wait=options.wait):
                _follow(watch.Watcher(index, None, vectors=_vectors(options)), options)
    except KeyboardInterrupt:  # how a watch is meant to end
        complain("stopped watching")
    return FOUND


def _vectors(options: argparse.Namespace) -> bool:
    return not options.no_vectors


def _end_with_input() -> None:
    """End as by Ctrl-C when standard input is closed; the system closes it when who holds its other end dies."""
    # Whoever is started in the background of a script is told to ignore Ctrl-C, and would ignore this end of it too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait() -> None:
        while os.read(0, 1024):  # by its number: a thread in `sys.stdin` would keep the interpreter from ending
            pass
        _thread.interrupt_main()

    threading.Thread(target=wait, name="until-closed", daemon=True).start()


def _follow(watcher: "Watcher", options: argparse.Namespace) -> None:
    from indexer import terminal, watch

    bursts = watch.changes(lambda: watcher.roots, index=watcher.index.settings.index.resolve())
    _tell(_with_progress(watcher, next(bursts)), options)
    named = ", ".join(map(str, watcher.roots))
    ends = "; Ctrl-C ends it" if not options.until_closed else ""
    complain(f"watching {terminal.printable(named) or 'an empty index, for what is indexed next'}{ends}")
    for burst in bursts:
        _tell(watcher.step(burst), options)
        if options.paths and not watcher.roots:
            complain("no folder is left to watch")
            break


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
