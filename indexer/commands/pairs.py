"""`gte-search pairs`."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from indexer.commands import arguments
from indexer.commands.exits import FOUND, NOTHING
from indexer.commands.output import complain

HELP: Final = "Write what functions do, beside the functions, as rows to train an encoder on."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", type=arguments.path, help="repository, folder or file")
    arguments.add_globs(parser, "read")
    parser.add_argument("--out", type=arguments.path, metavar="FILE", help="write to a file (default: print)")
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


def run(options: argparse.Namespace) -> int:
    """Write pairs, and what was left out."""
    from indexer import held_out, pairs, terminal
    from indexer.settings import load_settings

    tally = pairs.Tally()
    functions = pairs.functions(options.paths, settings=load_settings(arguments.flags(options)), tally=tally)
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
            out.write(json.dumps(asdict(pair)) + "\n")  # in ASCII: a pipe may have any encoding
    complain(*map(terminal.printable, (*pairs.summary(tally), *lines)))
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
