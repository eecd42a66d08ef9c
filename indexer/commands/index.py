"""`gte-search index`, which is also `index-repo`."""

import argparse
import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indexer.commands import arguments
from indexer.commands.exits import FAILED, FOUND
from indexer.commands.output import complain, complain_of, say, say_json

if TYPE_CHECKING:
    from indexer.progress import OnProgress
    from indexer.types import SyncReport

HELP: Final = "Index repositories, folders or files: searchable by words at once, by meaning as vectors follow."
PATIENCE: Final = 10.0  # seconds to wait without `--wait`: a watch writes a few seconds at a time
WAIT_SECONDS: Final = 0.2  # between two tries for a lock that another process holds


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", type=arguments.path, help="repository, folder or file")
    parser.add_argument(
        "--clone",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="index the repository at an https or ssh address: cloned without its history, later brought up to date",
    )
    parser.add_argument("--name", help="what to call the repository (default: its folder's name)")
    arguments.add_globs(parser, "index")
    parser.add_argument("--no-vectors", action="store_true", help="stop after the text; meaning is not searchable")
    parser.add_argument(
        "--detach", action="store_true", help="return after the text; vectors follow in a process in the background"
    )
    parser.add_argument(
        "--wait", action="store_true", help="where another process is writing the index, wait until it is done"
    )
    parser.add_argument("--dry-run", action="store_true", help="list what would be indexed, with a forecast")
    parser.add_argument("--explain", action="store_true", help="also list what is skipped, and why")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--progress", metavar="FILE", type=arguments.path, help="keep how far the run is in FILE, as JSON"
    )
    arguments.add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Index and print a report a path."""
    from indexer.errors import StoreFullError, SyncError

    _clone(options)
    if options.dry_run:
        return _dry_run(options)
    try:
        reports = _synced(options)
    except SyncError as error:
        _print_reports(error.reports, options)
        try:
            _detach(options, error.reports)
        except StoreFullError as full:
            complain_of(full)
        raise
    _print_reports(reports, options)
    _detach(options, reports)
    nothing = all(done.failed and len(done.failed) == done.seen for done in reports)
    return FAILED if nothing else FOUND


def _clone(options: argparse.Namespace) -> None:
    """Bring what is elsewhere here, to be indexed with the paths. Raises PathError."""
    from indexer.errors import PathError

    if not (options.paths or options.clone):
        raise PathError("no path was given", hint="name a folder, a repository or a file; `.` is the current folder")
    if options.clone:
        from indexer import clones
        from indexer.settings import load_settings

        folder = load_settings(arguments.flags(options)).index
        options.paths = [*options.paths, *(clones.clone(address, folder) for address in options.clone)]


def _synced(options: argparse.Namespace) -> "list[SyncReport]":
    from indexer import terminal
    from indexer.errors import StoreBusyError

    with arguments.opened(options, create=True) as index, terminal.progress_bar() as bar:
        report = _teller(options.progress) if options.progress else bar
        told = ""
        deadline = math.inf if options.wait else time.monotonic() + PATIENCE
        while True:
            try:
                return index.sync(
                    options.paths,
                    name=options.name,
                    vectors=not (options.no_vectors or options.detach),
                    explain=options.explain,
                    report=report,
                )
            except StoreBusyError as error:
                if time.monotonic() >= deadline:
                    raise
                if str(error) != told:
                    told = str(error)
                    complain(f"{terminal.printable(told)}; waiting")
                time.sleep(WAIT_SECONDS)


def _teller(file: Path) -> "OnProgress":
    from functools import partial

    from indexer.jobs import write_progress

    return partial(write_progress, file)


def _detach(options: argparse.Namespace, reports: "Iterable[SyncReport]") -> None:
    """Have the rest of a run done by the same command in the background, where that is asked for and there is any."""
    from indexer import detach, terminal
    from indexer.settings import load_settings

    if not options.detach or options.no_vectors or not any(done.pending for done in reports):
        return
    import embedder

    settings = load_settings(arguments.flags(options))
    again = ["index", "--wait", f"--index={settings.index}", f"--store={settings.store}"]
    again += [f"--model={embedder.absolute_name(settings.model)}"] if settings.model else []
    again += [f"--name={options.name}"] if options.name else []
    again += [f"--include={glob}" for glob in options.include] + [f"--exclude={glob}" for glob in options.exclude]
    again += map(str, (path.expanduser().absolute() for path in options.paths))
    process, log = detach.start(again, folder=settings.index)
    complain(
        f"vectors follow in process {process.pid}; `gte-search status` shows how many are pending",
        f"its log is {terminal.printable(str(log))}",
    )


def _print_reports(reports: Sequence["SyncReport"], options: argparse.Namespace) -> None:
    from indexer import terminal

    if options.json:
        say_json(reports)
        return
    for done in reports:
        say(terminal.report_lines(done, vectors=not options.no_vectors))
        if options.explain:
            say(terminal.skipped_lines(done.skipped))
            say(terminal.note_lines(done.notes))


def _dry_run(options: argparse.Namespace) -> int:
    from indexer import terminal
    from indexer.index import preview
    from indexer.settings import load_settings

    forecasts = preview(options.paths, load_settings(arguments.flags(options)))
    if options.json:
        say_json(forecasts)
        return FOUND
    for one in forecasts:
        say(terminal.printable(str(file.path)) for file in one.files)
        complain(*terminal.forecast_lines(one))
        complain(*terminal.skipped_lines(one.skipped))
    return FOUND
