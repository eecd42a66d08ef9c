"""`gte-search doctor`."""

import argparse
from typing import Final

from indexer.commands import arguments
from indexer.commands.exits import FOUND, NOTHING
from indexer.commands.output import say, say_json

HELP: Final = "Check that everything a search needs is there."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_common(parser)
    arguments.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print what was checked, and how to mend what is not well."""
    from indexer import doctor

    checks = list(doctor.examine(lambda: arguments.opened(options)))
    if options.json:
        say_json(checks)
    else:
        for check in checks:
            say([f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}"])
            if check.fix:
                say([f"     fix: {check.fix}"])
    return FOUND if all(check.ok for check in checks) else NOTHING
