"""Measure what a switch of branches costs: how long, and whether only new text is encoded.

    python -m benchmarks.branch_switch --source FOLDER --vectors-of INDEX --out RESULT.json

A git repository is made from the files of FOLDER in a scratch folder and indexed. A branch of it changes `--files`
files, drawn by chance from those that are indexed: a third has one definition edited, a third is renamed, and a third
is only touched, which git does not do: their times are set after each switch. Then the branch is switched to, back, and
to again, and after each switch `gte-search index` runs in a process of its own.

Told of each run: git's time and ours, files and passages. "Needed" are the passages that the tree has after the switch
and of which the index had no vector before: as many have to be encoded, and no more. "In changed files" are those that
would be encoded if a changed file were encoded as a whole.

Everything is done twice, by words alone and with vectors. `--vectors-of` copies an index of FOLDER that is complete:
its vectors are taken over, which spares the first run their making. Tables go to RESULT.md and to stdout.
"""

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import turns
from benchmarks.indexing_speed import ours, watched
from benchmarks.machine import conditions

ALONE: Final = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
WHO: Final = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost", "-c", "commit.gpgsign=false")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    options = parse(arguments)
    sides = {"text": measured(options, vectors=False)}
    if not options.no_vectors:
        sides["vectors"] = measured(options, vectors=True)
    found = {
        "machine": conditions(),
        "settings": {"source": options.source.resolve().name, "files": options.files, "seed": options.seed},
        **sides,
    }
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure what a switch of branches costs.")
    parser.add_argument("--source", type=Path, required=True, help="the folder whose files make the repository")
    parser.add_argument("--files", type=int, default=1000, help="that the branch changes (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="another one draws other files (default: 0)")
    parser.add_argument("--vectors-of", type=Path, metavar="INDEX", help="take over the vectors of this index")
    parser.add_argument("--no-vectors", action="store_true", help="measure by words alone only")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    return parser.parse_args(arguments)


def measured(options: argparse.Namespace, *, vectors: bool) -> dict[str, Any]:
    """Make repository and index in a scratch folder, switch, and return what each run came to."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        root, index = scratch / options.source.resolve().name, scratch / "index"
        shutil.copytree(options.source, root, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        git(root, "init", "--quiet", "--initial-branch=main")
        git(root, "add", "--all", "--force")
        git(root, *WHO, "commit", "--quiet", "--message=all")
        if vectors and options.vectors_of:
            shutil.copytree(options.vectors_of, index)
        runs = {"first": run(root, index, scratch, vectors=vectors)}
        turns.say(f"{'vectors' if vectors else 'text'}: indexed in {runs['first']['wall_s']:.1f} s")
        drawn = draw(indexed(index, root), options.files, seed=options.seed)
        branch(root, drawn)
        runs["nothing to do"] = run(root, index, scratch, vectors=vectors)
        for name, target in (("there", "changed"), ("back", "main"), ("there again", "changed")):
            before = vectored(index)
            started = time.monotonic()
            git(root, "switch", "--quiet", target)
            took = time.monotonic() - started
            for path in drawn["touched"]:
                os.utime(root / path)
            runs[name] = {"git_s": took, **run(root, index, scratch, vectors=vectors)}
            runs[name] |= counted(root, index, before if vectors else None)
            turns.say(f"{name}: {runs[name]['wall_s']:.1f} s, {runs[name]['encoded']} passages encoded")
        return {"drawn": {kind: len(paths) for kind, paths in drawn.items()}, "runs": runs}


def git(root: Path, *arguments: str) -> None:
    """Run git without the settings of this machine. Exits where it fails."""
    turns.run(["git", "-C", root, *arguments], os.environ | ALONE, name="git")


def run(root: Path, index: Path, scratch: Path, *, vectors: bool) -> dict[str, Any]:
    """Bring the index up to date; return what that took, and its report."""
    more = () if vectors else ("--no-vectors",)
    found = watched(ours(root, index, "--name=switched", *more), turns.environment(), scratch)
    (report,) = json.loads(found.pop("printed"))
    told = ("seen", "added", "changed", "renamed", "removed", "unchanged", "encoded", "pending", "chunks")
    return {**found, **{name: report[name] for name in told}}


# -- what changes ----------------------------------------------------------------------------------------------------


def indexed(index: Path, root: Path) -> list[str]:
    """Return the paths of the files that have chunks, sorted."""
    from indexer import Filter
    from indexer.store import open_store

    store = open_store(index)
    paths = {str(chunk.path) for chunk in store.each(Filter()) if chunk.repo == "switched"}
    store.close()
    return sorted(path for path in paths if (root / path).is_file())


def draw(paths: Sequence[str], count: int, *, seed: int) -> dict[str, list[str]]:
    """Draw the files that change, by how they do."""
    chosen = random.Random(seed).sample(list(paths), min(count, len(paths)))
    return {kind: sorted(chosen[start::3]) for start, kind in enumerate(("edited", "renamed", "touched"))}


def branch(root: Path, drawn: Mapping[str, Sequence[str]]) -> None:
    """Make the branch `changed`, and go back to `main`."""
    git(root, "switch", "--quiet", "--create", "changed")
    for path in drawn["edited"]:
        file = root / path
        file.write_bytes(edited(file.read_bytes(), python=file.suffix == ".py"))
    for path in drawn["renamed"]:
        file = root / path
        file.rename(file.with_name(f"{file.stem}_renamed{file.suffix}"))
    git(root, "add", "--all", "--force")
    git(root, *WHO, "commit", "--quiet", "--message=changed")
    git(root, "switch", "--quiet", "main")


def edited(data: bytes, *, python: bool) -> bytes:
    r"""Return a text with one line more: in the body of its last function where it is Python, else at its end.

    >>> edited(b"def one():\n    return 1\n", python=True)
    b'def one():\n    edited = True\n    return 1\n'
    >>> edited(b"Some text.", python=False)
    b'Some text.\n\nThis was edited.\n'
    """
    lines = data.splitlines(keepends=True)
    try:
        tree = ast.parse(data) if python else ast.Module(body=[], type_ignores=[])
    except (SyntaxError, ValueError):
        tree = ast.Module(body=[], type_ignores=[])
    bodies = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno > node.lineno
    ]
    if not bodies:
        return data + b"\n\nThis was edited.\n" if not python else data + b"\n# This was edited.\n"
    last = max(bodies, key=lambda statement: statement.lineno)
    lines.insert(last.lineno - 1, b" " * last.col_offset + b"edited = True\n")
    return b"".join(lines)


# -- what had to be encoded ------------------------------------------------------------------------------------------


def vectored(index: Path) -> set[bytes]:
    """Return the keys of all passages that have a vector."""
    import sqlite3

    with sqlite3.connect(f"file:{index / 'store.sqlite3'}?mode=ro", uri=True) as db:
        keys = {key for (key,) in db.execute("SELECT key FROM passages WHERE id IN (SELECT passage_id FROM vectors)")}
    db.close()
    return keys


def counted(root: Path, index: Path, before: set[bytes] | None) -> dict[str, int]:
    """Count the passages that the tree has and had no vector, and all those of files that git says changed."""
    from indexer import Filter
    from indexer.store import open_store

    listing = subprocess.run(
        ["git", "-C", root, "diff", "--name-only", "-z", "--no-renames", "main", "changed"],
        env=os.environ | ALONE,
        capture_output=True,
        check=True,
    )
    changed = set(filter(None, listing.stdout.decode().split("\0")))
    store = open_store(index)
    passages: dict[bytes, bool] = {}  # to whether it is in a file that changed
    for chunk in store.each(Filter()):
        if chunk.repo == "switched":
            passages[chunk.key] = passages.get(chunk.key, False) or str(chunk.path) in changed
    store.close()
    return {
        "passages": len(passages),
        "in_changed_files": sum(passages.values()),
        **({} if before is None else {"needed": len(passages.keys() - before)}),
    }


# -- tables ----------------------------------------------------------------------------------------------------------


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine = found["settings"], found["machine"]
    drawn = found["text"]["drawn"]
    lines = [
        f"{settings['source']}: {found['text']['runs']['first']['seen']:,} files, of which "
        f"{drawn['edited']} are edited, {drawn['renamed']} renamed and {drawn['touched']} only touched; "
        f"{machine['processor']}; load {machine['load_average']:.1f}; commit {machine['commit']}."
    ]
    for side, title in (("text", "by words alone"), ("vectors", "with vectors")):
        if side in found:
            runs = found[side]["runs"]
            head = [title, "git, s", "ours, s", "processor, s", "new, changed, renamed, gone"]
            head += ["passages in changed files", "needed", "encoded"] if side == "vectors" else []
            rows = [_row(name, one, vectors=side == "vectors") for name, one in runs.items() if name != "first"]
            lines += ["", *turns.table(head, rows)]
    return "\n".join(lines) + "\n"


def _row(name: str, one: Mapping[str, Any], *, vectors: bool) -> list[str]:
    files = ", ".join(f"{one[kind]:,}" for kind in ("added", "changed", "renamed", "removed"))
    switch = f"{one['git_s']:.2f}" if "git_s" in one else ""
    row = [name, switch, f"{one['wall_s']:.2f}", f"{one['cpu_s']:.1f}", files]
    if vectors:
        row += [f"{one[key]:,}" if key in one else "" for key in ("in_changed_files", "needed", "encoded")]
    return row


if __name__ == "__main__":
    sys.exit(main())
