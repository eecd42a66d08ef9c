"""The command-line door: parse arguments, call Index, print.

Data goes to stdout, progress and errors to stderr. Exit status: 0 found or done, 1 nothing found, 2 error.
Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, TypedDict

if TYPE_CHECKING:
    from embedder.errors import EmbedderError
    from indexer.errors import IndexerError
    from indexer.index import Index
    from indexer.settings import Settings
    from indexer.types import Copy, Hit, Progress, SearchResult, SimilarResult, SyncReport, Understood
    from indexer.watch import Outcome, Watcher

FOUND: Final = 0
NOTHING: Final = 1
FAILED: Final = 2

WAIT_SECONDS: Final = 0.5  # between two tries for a lock that another process holds

EXCLUSION: Final = re.compile(r"-(repo|lang|kind|path|symbol):")

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `gte-search`; return the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    return _run(build_parser().parse_args([_guarded(argument) for argument in given]))


def _guarded(argument: str) -> str:
    """Keep argparse from taking `-lang:python` of a query for an option; it never does where a space is in it."""
    return f" {argument}" if EXCLUSION.match(argument) else argument


def index_repo(arguments: Sequence[str] | None = None) -> int:
    """Run `index-repo`, which is `gte-search index`."""
    parser = argparse.ArgumentParser(prog="index-repo", description=INDEX_HELP)
    _add_index(parser)
    return _run(parser.parse_args(arguments))


def _run(options: argparse.Namespace) -> int:
    """Call the command; turn what went wrong into `error:` and `hint:` lines."""
    from embedder.errors import EmbedderError
    from indexer.errors import IndexerError
    from indexer.terminal import printable

    command: Command = options.command
    try:
        status = command(options)
        sys.stdout.flush()  # here, where a full disk or a closed pipe is still told as an error
        return status
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except (IndexerError, EmbedderError) as error:
        _complain_of(error)
    except OSError as error:
        _complain(
            f"error: {printable(str(error))}", "hint: go to a folder that exists, and check the permissions there"
        )
    except KeyboardInterrupt:
        _complain("stopped; what was written stays, run the command again to go on")
    return FAILED


def _complain(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _complain_of(error: "IndexerError | EmbedderError") -> None:
    from indexer.terminal import printable

    _complain(f"error: {printable(str(error))}", f"hint: {printable(error.hint)}")


# -- arguments ------------------------------------------------------------------------------------------

INDEX_HELP: Final = "Index repositories, folders or files: searchable by words at once, by meaning as vectors follow."


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `gte-search` with all its commands."""
    parser = argparse.ArgumentParser(
        prog="gte-search", description="Search your code and documents by meaning, on your own machine."
    )
    parser.add_argument("--version", action=_Version, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=run)
        return added

    _add_index(commands.add_parser("index", help=INDEX_HELP, description=INDEX_HELP))
    _add_search(command("search", _search, "Search the index."))
    _add_similar(command("similar", _similar, "Show what is related to a piece of code or a document, and its copies."))
    _add_duplicates(command("duplicates", _duplicates, "Show definitions and passages that are copied, or nearly."))
    _add_eval(command("eval", _eval, "Measure the search on queries whose answers you wrote down."))
    _add_watch(command("watch", _watch, "Keep indexed repositories fresh: what changes is searchable a moment later."))
    repos = command("repos", _repos, "List what is indexed.")
    remove = command("remove", _remove, "Remove a repository from the index; its files are not touched.")
    remove.add_argument("name", help="name as `gte-search repos` shows it")
    status = command("status", _status, "Show what is indexed, what is pending and what changed on disk since.")
    doctor = command("doctor", _doctor, "Check that everything a search needs is there.")
    _add_pairs(
        command("pairs", _pairs, "Write what functions do, beside the functions, as rows to train an encoder on.")
    )
    ui = command("ui", _ui, "Open the search page in the browser.")
    serve = command("serve", _serve, "Serve the HTTP API without the page.")
    for server in (ui, serve):
        server.add_argument("--host", help="loopback address to listen on")
        server.add_argument("--port", type=int, help="port to listen on")
        _add_rerank(server)
    for every in (repos, remove, status, doctor, ui, serve):
        _add_common(every)
    for printing in (repos, status, doctor):
        printing.add_argument("--json", action="store_true", help="print JSON")
    return parser


class _Version(argparse.Action):
    """Prints the version; looked up only then, which takes time."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - what argparse passes on
        super().__init__(nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"gte-search {version('gte-search')}\n")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", metavar="DIR", help="folder of the index")
    parser.add_argument("--model", help="encoder: a known name, a folder, or a name on the Hugging Face hub")
    parser.add_argument("--store", help="where the index is kept (default: local)")


def _add_index(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_index)
    parser.add_argument("paths", nargs="+", metavar="PATH", type=_path, help="repository, folder or file")
    parser.add_argument("--name", help="what to call the repository (default: its folder's name)")
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help="index only matching paths")
    parser.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="leave out matching paths")
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
    _add_common(parser)


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", type=_path, help="repository or folder (default: all that are indexed)"
    )
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help="index only matching paths")
    parser.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="leave out matching paths")
    parser.add_argument("--no-vectors", action="store_true", help="only the text; meaning is not searchable")
    _add_common(parser)


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", type=_path, help="repository, folder or file")
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help="read only matching paths")
    parser.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="leave out matching paths")
    parser.add_argument("--out", type=_path, metavar="FILE", help="write to a file (default: print)")
    parser.add_argument(
        "--hold-out",
        nargs=2,
        action=_HoldOut,
        metavar=("N", "DIR"),
        help="keep N descriptions back, and write them below DIR as a set for `gte-train evaluate --data DIR`",
    )
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="another one keeps others back (default: 0)")


class _HoldOut(argparse.Action):
    """Reads a number and a folder."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        number, folder = map(str, values or ())
        if not number.isdecimal() or int(number) < 1:
            parser.error(f"{option_string}: N is a number of at least 1, not `{number}`")
        if not folder:
            parser.error(f"{option_string}: DIR is empty; `.` is the current folder")
        setattr(namespace, self.dest, (int(number), Path(folder)))


def _path(text: str) -> Path:
    """Read a path; an empty one, such as of a variable that is not set, must not stand for the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("a path is empty; `.` is the current folder")
    return Path(text)


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "query",
        nargs="+",
        metavar="QUERY",
        help='question, symbol, path, error message, "exact phrase" or /regular expression/',
    )
    parser.add_argument("-k", "--limit", type=int, default=10, help="how many hits (default: 10)")
    parser.add_argument("--offset", type=int, default=0, help="skip so many hits")
    _add_filters(parser)
    _add_form(parser, explained="show what was understood, and what each ranking signal gave")
    _add_rerank(parser)
    _add_common(parser)


def _add_rerank(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rerank", metavar="MODEL", help="cross-encoder that puts the best hits of a question in order: slower"
    )


def _add_similar(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="PLACE", help="PATH:LINE, PATH for a whole file, or the id of a hit")
    parser.add_argument("-k", "--limit", type=int, default=10, help="how many hits (default: 10)")
    _add_filters(parser)
    _add_form(parser, explained="show what each ranking signal gave")
    _add_common(parser)


def _add_duplicates(parser: argparse.ArgumentParser) -> None:
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
    _add_filters(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    _add_common(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    for option, text in (
        ("repo", "name of a repository"),
        ("lang", "language, such as python"),
        ("kind", "function, method, class, module, section, page, cell or block"),
        ("path", "glob, as in .gitignore"),
        ("symbol", "qualified symbol or its last parts"),
    ):
        parser.add_argument(f"--{option}", action="append", default=[], help=f"only this {text}; repeatable")
    parser.add_argument("--here", action="store_true", help="only the repository of the current folder")


def _add_form(parser: argparse.ArgumentParser, *, explained: str) -> None:
    parser.add_argument("-l", "--files", action="store_true", help="print only paths")
    parser.add_argument("-c", "--content", action="store_true", help="print whole chunks")
    parser.add_argument("--explain", action="store_true", help=explained)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the result as JSON")
    form.add_argument("--jsonl", action="store_true", help="print one JSON object a hit")


def _add_eval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("queries", metavar="QUERIES", type=_path, help="labelled queries, one JSON object a line")
    parser.add_argument("--against", type=_path, metavar="FILE", help="compare with the JSON of another run")
    parser.add_argument("-k", "--limit", type=int, default=10, help="how many hits count (default: 10)")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="list so many queries (default: 10)")
    parser.add_argument("--no-vectors", action="store_true", help="search by words, symbols and paths alone")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, every query in it")
    _add_rerank(parser)
    _add_common(parser)


# -- commands -------------------------------------------------------------------------------------------


def _flags(options: argparse.Namespace) -> dict[str, object]:
    """Return the options that are settings; None where one was not given."""
    names = ("index", "model", "rerank", "store", "include", "exclude", "host", "port")
    return {name: getattr(options, name, None) or None for name in names}


def _open(options: argparse.Namespace, *, create: bool = False) -> "Index":
    from indexer import open_index

    return open_index(create=create, flags=_flags(options))


def _index(options: argparse.Namespace) -> int:
    from indexer.errors import StoreFullError, SyncError

    if options.dry_run:
        return _dry_run(options)
    try:
        reports = _synced(options)
    except SyncError as error:
        _print_reports(error.reports, options)
        try:
            _detach(options, error.reports)
        except StoreFullError as full:
            _complain_of(full)
        raise
    _print_reports(reports, options)
    _detach(options, reports)
    nothing = all(done.failed and len(done.failed) == done.seen for done in reports)
    return FAILED if nothing else FOUND


def _synced(options: argparse.Namespace) -> "list[SyncReport]":
    from indexer import terminal
    from indexer.errors import StoreBusyError

    with _open(options, create=True) as index, terminal.progress_bar() as report:
        told = ""
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
                if not options.wait:
                    raise
                if str(error) != told:
                    told = str(error)
                    _complain(f"{terminal.printable(told)}; waiting")
                time.sleep(WAIT_SECONDS)


def _detach(options: argparse.Namespace, reports: "Iterable[SyncReport]") -> None:
    """Have the rest of a run done by the same command in the background, where that is asked for and there is any."""
    from indexer import detach, terminal
    from indexer.settings import load_settings

    if not options.detach or options.no_vectors or not any(done.pending for done in reports):
        return
    import embedder

    settings = load_settings(_flags(options))
    arguments = ["index", "--wait", f"--index={settings.index}", f"--store={settings.store}"]
    arguments += [f"--model={embedder.absolute_name(settings.model)}"] if settings.model else []
    arguments += [f"--name={options.name}"] if options.name else []
    arguments += [f"--include={glob}" for glob in options.include] + [f"--exclude={glob}" for glob in options.exclude]
    arguments += map(str, (path.expanduser().absolute() for path in options.paths))
    process, log = detach.start(arguments, folder=settings.index)
    _complain(
        f"vectors follow in process {process.pid}; `gte-search status` shows how many are pending",
        f"its log is {terminal.printable(str(log))}",
    )


def _watch(options: argparse.Namespace) -> int:
    from indexer import terminal, watch

    with _open(options, create=bool(options.paths)) as index:
        roots = watch.watched(index, options.paths)
        watcher = watch.Watcher(index, roots, vectors=not options.no_vectors)
        bursts = watch.changes(roots, index=index.settings.index.resolve())
        try:
            _tell(_with_progress(watcher, next(bursts)), options)
            _complain(f"watching {terminal.printable(', '.join(map(str, roots)))}; Ctrl-C ends it")
            for burst in bursts:
                _tell(watcher.step(burst), options)
                if not watcher.roots:
                    _complain("no folder is left to watch")
                    break
        except KeyboardInterrupt:  # how a watch is meant to end
            _complain("stopped watching")
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
            _complain_of(outcome.error)
        elif outcome.report is not None and outcome.first:
            _print(terminal.report_lines(outcome.report, vectors=vectors))
        elif outcome.report is not None:
            _print(terminal.change_lines(outcome.report, outcome.seconds, failed=outcome.failed, vectors=vectors))
        sys.stdout.flush()  # a file or a pipe is read while this goes on


def _print_reports(reports: Sequence["SyncReport"], options: argparse.Namespace) -> None:
    from indexer import terminal

    if options.json:
        _print_json(reports)
        return
    for done in reports:
        _print(terminal.report_lines(done, vectors=not options.no_vectors))
        if options.explain:
            _print(terminal.skipped_lines(done.skipped))
            _print(terminal.note_lines(done.notes))


def _dry_run(options: argparse.Namespace) -> int:
    from indexer import terminal
    from indexer.index import preview
    from indexer.settings import load_settings

    forecasts = preview(options.paths, load_settings(_flags(options)))
    if options.json:
        _print_json(forecasts)
        return FOUND
    for one in forecasts:
        _print(terminal.printable(str(file.path)) for file in one.files)
        _complain(*terminal.forecast_lines(one))
        _complain(*terminal.skipped_lines(one.skipped))
    return FOUND


def _search(options: argparse.Namespace) -> int:
    with _open(options) as index:
        result = index.search(
            " ".join(options.query),
            **_filters(options, index),
            limit=options.limit,
            offset=options.offset,
            here=index.here(Path.cwd()),
        )
        _print_understood(result.understood, options)
        _print_result(result, index, options)
    return FOUND if result.hits else NOTHING


def _similar(options: argparse.Namespace) -> int:
    from indexer import terminal

    with _open(options) as index:
        result = index.similar(options.place, **_filters(options, index), limit=options.limit, folder=Path.cwd())
        _print_result(result, index, options)
        if not (options.json or options.jsonl or options.files):
            roots = _roots((*result.of, *result.copies), index)
            _print(terminal.copy_line(hit, roots[hit.repo]) for hit in result.copies)
            _complain(*(f"related to {terminal.printable(terminal.place(hit, roots[hit.repo]))}" for hit in result.of))
    return FOUND if result.hits or result.copies else NOTHING


def _duplicates(options: argparse.Namespace) -> int:
    from indexer import terminal

    with _open(options) as index:
        result = index.duplicates(
            options.under,
            **_filters(options, index),
            min_lines=options.min_lines,
            threshold=options.threshold,
            tests=not options.skip_tests,
            limit=options.limit,
            folder=Path.cwd(),
        )
        if options.json:
            _print_json(result)
        else:
            roots = _roots([copy for group in result.groups for copy in group.copies], index)
            for group in result.groups:
                _print(terminal.group_lines(group, roots, colour=terminal.uses_colour()))
            _complain(terminal.duplicates_summary(result))
    return FOUND if result.groups else NOTHING


class _Filters(TypedDict):
    repos: list[str]
    languages: list[str]
    kinds: list[str]
    paths: list[str]
    symbols: list[str]


def _filters(options: argparse.Namespace, index: "Index") -> _Filters:
    """Return the filters that the flags give, by the names that Index has for them."""
    from indexer.errors import PathError

    repos = options.repo
    if options.here:
        here = index.here(Path.cwd())
        if here is None:
            raise PathError(f"{Path.cwd()} is not indexed", hint="index it with `index-repo .`")
        repos = [here]
    return {
        "repos": repos,
        "languages": options.lang,
        "kinds": options.kind,
        "paths": options.path,
        "symbols": options.symbol,
    }


def _roots(places: "Iterable[Hit | Copy]", index: "Index") -> dict[str, Path | None]:
    return {name: index.root(name) for name in {place.repo for place in places}}


def _print_understood(understood: "Understood", options: argparse.Namespace) -> None:
    """Print the whole where it is asked for; what was corrected must be known by everyone."""
    from indexer import terminal

    if options.json or options.jsonl:
        return
    if options.explain and not options.files:
        _print(terminal.understood_lines(understood, colour=terminal.uses_colour()))
    else:
        _complain(*map(terminal.printable, understood.corrections))


def _print_result(result: "SearchResult | SimilarResult", index: "Index", options: argparse.Namespace) -> None:
    from indexer import terminal

    if options.json:
        _print_json(result)
        return
    if options.jsonl:
        for hit in result.hits:
            _print_json(hit, indent=None)
        return
    roots = _roots(result.hits, index)
    colour = terminal.uses_colour()
    if options.files:
        files = dict.fromkeys(terminal.file_of(hit, roots[hit.repo]) for hit in result.hits)
        _print(map(terminal.printable, files))
    else:
        for hit in result.hits:
            _print(
                terminal.hit_lines(
                    hit, roots[hit.repo], content=options.content, explain=options.explain, colour=colour
                )
            )
    if result.notice:
        _complain(result.notice)
    if result.pending_vectors:
        _complain(f"{result.pending_vectors:,} passages are not searchable by meaning yet")


def _eval(options: argparse.Namespace) -> int:
    from indexer import terminal
    from indexer.evaluation import comparison, labels, report, run

    queries = labels.read(options.queries)
    before = comparison.read(options.against) if options.against else None  # first: a wrong file is told at once
    with _open(options) as index:
        search = run.through(index, queries, limit=options.limit, vectors=not options.no_vectors)
        settings = run.described(index, vectors=not options.no_vectors)
        found = run.evaluate(queries, search, limit=options.limit, settings=settings)
    change = comparison.compare(before, found) if before else None
    if options.json:
        _print_json({**asdict(found), **({"comparison": change} if change else {})})
        return FOUND
    _print(map(terminal.printable, report.report_lines(found, worst=options.worst)))
    if change:
        _print(["", *map(terminal.printable, report.comparison_lines(change, limit=found.limit))])
    return FOUND


def _repos(options: argparse.Namespace) -> int:
    from indexer.terminal import counted, printable

    with _open(options) as index:
        repos = index.repos()
    if options.json:
        _print_json(repos)
    else:
        for one in repos:
            parts = [counted(one.files, "file"), counted(one.chunks, "chunk"), printable(str(one.repo.root))]
            _print(["\t".join([one.repo.name, *parts])])
    return FOUND if repos else NOTHING


def _remove(options: argparse.Namespace) -> int:
    with _open(options) as index:
        index.remove(options.name)
    _print([f"removed {options.name}"])
    return FOUND


def _status(options: argparse.Namespace) -> int:
    from indexer.terminal import counted

    with _open(options) as index:
        now, facts = index.status(), index.statistics()
    if options.json:
        _print_json({"index": facts, "repos": now})
        return FOUND
    _print(f"{name}: {value}" for name, value in facts.items())
    for one in now:
        status, indexed, disk = one.status, one.status.repo.commit, one.commit_on_disk
        parts = [counted(status.files, "file"), counted(status.chunks, "chunk"), f"{status.pending:,} pending"]
        if indexed != disk and one.exists:
            parts.append(f"indexed at {(indexed or 'no commit')[:10]}, now at {(disk or 'no commit')[:10]}")
        parts.append(str(one.drift) if one.exists else "its folder is gone")
        if not status.complete:
            parts.append("its last run was cut off")
        _print([f"{status.repo.name}: {', '.join(parts)}"])
    return FOUND


def _doctor(options: argparse.Namespace) -> int:
    from indexer import doctor

    checks = list(doctor.examine(lambda: _open(options)))
    if options.json:
        _print_json(checks)
    else:
        for check in checks:
            _print([f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}"])
            if check.fix:
                _print([f"     fix: {check.fix}"])
    return FOUND if all(check.ok for check in checks) else NOTHING


def _pairs(options: argparse.Namespace) -> int:
    from indexer import held_out, pairs, terminal
    from indexer.settings import load_settings

    tally = pairs.Tally()
    functions = pairs.functions(options.paths, settings=load_settings(_flags(options)), tally=tally)
    lines: Iterable[str] = ()
    with _complete(options.out) if options.out else nullcontext(sys.stdout) as out:
        rows: Iterable[pairs.Pair]
        if options.hold_out is None:
            rows = pairs.told_apart(functions, tally)
        else:
            count, folder = options.hold_out
            found = list(functions)
            held = held_out.hold_out(found, list(pairs.told_apart(found, tally)), count=count, seed=options.seed)
            lines = held_out.summary(held, held_out.write(held, folder))
            rows = held.training
        for pair in rows:
            print(json.dumps(asdict(pair)), file=out)  # in ASCII: a pipe may have any encoding
    _complain(*map(terminal.printable, (*pairs.summary(tally), *lines)))
    return FOUND if tally.pairs else NOTHING


@contextmanager
def _complete(path: Path) -> Iterator[TextIO]:
    """Open a file that appears under its name when it is whole."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _serve(options: argparse.Namespace) -> int:
    from indexer import api

    _export(options)
    api.serve(_server_settings(options))
    return FOUND


def _ui(options: argparse.Namespace) -> int:
    from indexer import page

    _export(options)
    return page.serve(_server_settings(options))


def _server_settings(options: argparse.Namespace) -> "Settings":
    """Return the settings; a cross-encoder is tried here, so that no request waits for its conversion or its error."""
    import embedder
    from indexer.settings import load_settings

    settings = load_settings(_flags(options))
    if settings.rerank:
        embedder.load_reranker(settings.rerank)
    return settings


def _export(options: argparse.Namespace) -> None:
    """Hand flags to the server, which reads its settings from the environment."""
    import embedder

    for name in ("index", "model", "rerank", "store"):
        value = getattr(options, name)
        if value:
            # The page runs in another folder.
            made = embedder.absolute_name(value) if name in ("model", "rerank") else value
            os.environ[f"GTE_SEARCH_{name.upper()}"] = str(Path(value).absolute()) if name == "index" else made


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _print_json(value: object, *, indent: int | None = 2) -> None:
    from indexer.wire import to_json

    print(json.dumps(to_json(value), ensure_ascii=False, indent=indent))


if __name__ == "__main__":
    sys.exit(main())
