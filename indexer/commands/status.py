"""`gte-search status`."""

import argparse
from typing import Final

from indexer.commands import arguments
from indexer.commands.exits import FOUND
from indexer.commands.output import say, say_json

HELP: Final = "Show what is indexed, what is pending and what changed on disk since."


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_common(parser)
    arguments.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print facts of the index, and a line a repository."""
    from indexer.terminal import counted

    with arguments.opened(options) as index:
        now, facts = index.status(), index.statistics()
    if options.json:
        say_json({"index": facts, "repos": now})
        return FOUND
    say(f"{name}: {value}" for name, value in facts.items())
    for one in now:
        status, indexed, disk = one.status, one.status.repo.commit, one.commit_on_disk
        parts = [counted(status.files, "file"), counted(status.chunks, "chunk"), f"{status.pending:,} pending"]
        if indexed != disk and one.exists:
            parts.append(f"indexed at {(indexed or 'no commit')[:10]}, now at {(disk or 'no commit')[:10]}")
        parts.append(str(one.drift) if one.exists else "its folder is gone")
        if not status.complete:
            parts.append("its last run was cut off")
        say([f"{status.repo.name}: {', '.join(parts)}"])
    return FOUND
