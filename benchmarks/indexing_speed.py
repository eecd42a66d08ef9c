"""Measure how long indexing a folder takes, and how soon something is found, beside semble.

    python -m benchmarks.indexing_speed --source FOLDER --semble-python PYTHON --semble-model DIR --out RESULT.json

Every run is a process of its own with a fresh index; the sides take turns, A B A B. Ours: `index-repo --no-vectors`,
watched until the first search finds something (this process asks the growing index every 50 ms, by words), then the
same command once more, with nothing to do. semble: a process that loads its static model, indexes, and keeps the index
as its command line does, in four workers, as its command line has them; told are the whole process and the indexing
alone, without start, model and keeping. `--vectors` adds one full run of ours, vectors included, with the time until
each quarter of the vectors was there, as the growing index says, and a second with nothing to do.
`--pause` lets the machine settle before each run. Peak memory is that of a process with all that it started, looked at
every 50 ms. Tables go to RESULT.md and to stdout.
"""

import argparse
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import memory, turns
from benchmarks.machine import conditions

if TYPE_CHECKING:
    from indexer import Index
    from indexer.store.base import Store

HERE: Final = Path(__file__).resolve().parent
LOOK_SECONDS: Final = 0.05
STATUS_SECONDS: Final = 0.5  # between two looks whether all text is there: each counts all that is stored
QUARTERS: Final = (0.25, 0.5, 0.75, 1.0)

Look = Callable[[float], None]
"""What else is asked at each look; given when the run began, as time.monotonic tells it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    options = parse(arguments)
    options.source = options.source.resolve()
    files, size = read_all(options.source)
    runs: list[dict[str, Any]] = []
    for number in range(options.turns):
        runs.append({side: run(side, options) for side in sides(options)})
        first, whole = runs[-1]["ours"]["first_hit_s"], runs[-1]["ours"]["wall_s"]
        beside = f"; semble in {runs[-1]['semble']['wall_s']:.1f} s" if options.semble_python else ""
        turns.say(f"turn {number + 1}/{options.turns}: found after {first:.2f} s, all in {whole:.1f} s{beside}")
    full = with_vectors(options) if options.vectors else None
    found = {
        "machine": conditions(),
        "settings": {
            "source": options.source.name,
            "files": files,
            "megabytes": size / 1e6,
            "query": options.query,
            "turns": options.turns,
            "semble_content": options.semble_content,
        },
        "ratios": compared(runs),
        "turns": runs,
        "with_vectors": full,
    }
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure how long indexing a folder takes, beside semble.")
    parser.add_argument("--source", type=Path, required=True, help="the folder that is indexed")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--query", default="import", help="words of the first search; anything found counts")
    parser.add_argument("--vectors", action="store_true", help="also measure one full run, vectors included")
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS", help="before each run")
    turns.add_semble(parser)
    return parser.parse_args(arguments)


def sides(options: argparse.Namespace) -> list[str]:
    """Return the sides of a turn, in their order."""
    return ["ours", "semble"] if options.semble_python else ["ours"]


def read_all(source: Path) -> tuple[int, int]:
    """Read every file once, so that the first side does not pay the disk for both; return their number and bytes."""
    sizes = [len(path.read_bytes()) for path in source.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def run(side: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run one side of a turn in a scratch folder; return what it measured."""
    with tempfile.TemporaryDirectory() as scratch:
        time.sleep(options.pause)
        return text_only(options, Path(scratch)) if side == "ours" else semble(options, Path(scratch))


def text_only(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Measure our run without vectors, until the first hit and to the end, and a second one."""
    index = scratch / "index"
    first = FirstHit(index, options.query)
    found = watched(ours(options.source, index, "--no-vectors"), turns.environment(), scratch, looks=first.look)
    again = watched(ours(options.source, index, "--no-vectors"), turns.environment(), scratch)
    (report,) = json.loads(found.pop("printed"))
    again.pop("printed")
    return {
        **found,
        "first_hit_s": first.seconds,
        "first_hit_chunks": first.chunks,
        "files": report["seen"],
        **stored(index),
        "unchanged": again,
    }


def semble(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Measure semble's whole run, and a second one that finds the first one's index."""
    command = [options.semble_python, "-I", str(HERE / "side_semble.py"), "index", str(options.source)]
    command += [options.semble_model, options.semble_content]
    environ = turns.semble_environment(scratch / "semble")
    found, again = (watched(command, environ, scratch) for _ in range(2))
    again.pop("printed")
    return {**found, **json.loads(found.pop("printed").splitlines()[-1]), "unchanged": again}


def with_vectors(options: argparse.Namespace) -> dict[str, Any]:
    """Measure our full run once, vectors included, and a second one with nothing to do."""
    turns.say("the full run, vectors included; minutes")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        index = scratch / "index"
        growth = Growth(index)
        time.sleep(options.pause)
        found = watched(ours(options.source, index), turns.environment(), scratch, looks=growth.look)
        again = watched(ours(options.source, index), turns.environment(), scratch)
        again.pop("printed")
        (report,) = json.loads(found.pop("printed"))
        return {
            **found,
            "encoded": report["encoded"],
            "pending": report["pending"],
            "text_s": growth.text_s,
            "quarters_s": growth.until(QUARTERS),
            "growth": growth.seen,
            **stored(index),
            "unchanged": again,
        }


def ours(source: Path, index: Path, *more: str) -> list[str]:
    """Return the command `index-repo`."""
    return [sys.executable, "-P", "-m", "indexer.cli", "index", str(source), "--index", str(index), "--json", *more]


def stored(index: Path) -> dict[str, Any]:
    """Return how many chunks an index has, and its bytes on disk."""
    from indexer import open_index

    with open_index(index) as opened:
        chunks = sum(one.chunks for one in opened.repos())
    return {"chunks": chunks, "disk_mb": sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 1e6}


class FirstHit:
    """Asks a growing index until it finds something; `seconds` is None until then."""

    def __init__(self, index: Path, query: str) -> None:
        self.seconds: float | None = None
        self.chunks = 0  # that were there then
        self._folder = index
        self._query = query
        self._index: Index | None = None
        import indexer.index
        import indexer.search
        import indexer.store.local  # noqa: F401  # now: a first look that waits for imports would be late

    def look(self, started: float) -> None:
        """Ask once. started: when the run began, as time.monotonic tells it."""
        from indexer import IndexerError, open_index

        if self.seconds is not None:
            return
        with contextlib.suppress(IndexerError):  # there is no index yet, or it is being made
            self._index = self._index or open_index(self._folder)
            if self._index.search(self._query, vectors=False, limit=1).hits:
                self.seconds = time.monotonic() - started
                self.chunks = sum(one.chunks for one in self._index.repos())
        if self.seconds is not None and self._index is not None:
            self._index.close()


class Growth:
    """Counts the vectors of a growing index; `seen` holds seconds and count wherever the count rose."""

    def __init__(self, index: Path) -> None:
        self.seen: list[tuple[float, int]] = []
        self.text_s: float | None = None  # until all text was there, to half a second
        self._folder = index
        self._store: Store | None = None
        self._asked = 0.0

    def look(self, started: float) -> None:
        """Count once. started: when the run began, as time.monotonic tells it."""
        from indexer import IndexerError
        from indexer.store import open_store

        with contextlib.suppress(IndexerError):  # there is no index yet, or it is being made
            self._store = self._store or open_store(self._folder)
            if self.text_s is None and time.monotonic() - self._asked >= STATUS_SECONDS:
                self._asked = time.monotonic()
                repos = self._store.repos()
                if repos and all(status.complete for status in repos):
                    self.text_s = time.monotonic() - started
            vectors = sum(self._store.models().values())
            if vectors > (self.seen[-1][1] if self.seen else 0):
                self.seen.append((time.monotonic() - started, vectors))

    def until(self, shares: Sequence[float]) -> dict[str, float]:
        """Return the seconds until each share of all vectors was there, by the share as "50%"; empty without any.

        >>> growth = Growth(Path("index"))
        >>> growth.seen = [(1.0, 10), (2.0, 60), (3.0, 100)]
        >>> growth.until([0.5, 1.0])
        {'50%': 2.0, '100%': 3.0}
        """
        whole = self.seen[-1][1] if self.seen else 0
        return {
            f"{share:.0%}": next(seconds for seconds, count in self.seen if count >= share * whole)
            for share in (shares if whole else ())
        }


def watched(
    command: Sequence[str], environ: Mapping[str, str], scratch: Path, *, looks: Look | None = None
) -> dict[str, Any]:
    """Run a command; return its wall time, processor seconds, peak memory in MB, and what it printed."""
    told, printed = scratch / "messages", scratch / "printed"
    most = memory.Peak()
    ended: queue.SimpleQueue[tuple[float, int, float]] = queue.SimpleQueue()
    with told.open("wb") as errors, printed.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, env=dict(environ), stdout=output, stderr=errors)
        threading.Thread(target=_wait, args=(process.pid, ended), daemon=True).start()
        end: tuple[float, int, float] | None = None
        while end is None:
            looked = time.monotonic()
            most.look(process.pid)
            if looks is not None:
                looks(started)
            with contextlib.suppress(queue.Empty):
                end = ended.get(timeout=max(1e-3, LOOK_SECONDS - (time.monotonic() - looked)))
    finished, process.returncode, used = end
    if process.returncode:
        sys.exit(f"error: `{' '.join(command)}` failed\n{told.read_text(errors='replace')[-turns.ERROR_CHARACTERS :]}")
    if looks is not None:
        looks(started)  # where all was over between two looks
    return {
        "wall_s": finished - started,
        "cpu_s": used,
        "peak_rss_mb": most.rss / 1e6,
        "peak_pss_mb": most.pss / 1e6,
        "processes": most.processes,
        "printed": printed.read_text(encoding="utf-8"),
    }


def _wait(pid: int, ended: "queue.SimpleQueue[tuple[float, int, float]]") -> None:
    """Wait for a process; tell when it ended, its exit status, and the processor seconds of it and its children."""
    _, status, used = os.wait4(pid, 0)
    ended.put((time.monotonic(), os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime))


# -- tables ----------------------------------------------------------------------------------------------------------


def compared(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what of ours divided by what of semble's, within each turn; empty without semble."""
    if "semble" not in runs[0]:
        return {}
    return {
        name: turns.spread([turn["ours"][mine] / turn["semble"][theirs] for turn in runs])
        for name, (mine, theirs) in RATIOS.items()
    }


RATIOS: Final = {
    "first hit / semble's whole run": ("first_hit_s", "wall_s"),
    "first hit / semble's indexing alone": ("first_hit_s", "index_s"),
    "all text / semble's whole run": ("wall_s", "wall_s"),
    "all text / semble's indexing alone": ("wall_s", "index_s"),
    "peak memory, shared pages divided": ("peak_pss_mb", "peak_pss_mb"),
}
MEASURES: Final = (  # key, what it is called, digits
    ("first_hit_s", "first hit, s", 2),
    ("first_hit_chunks", "chunks there at the first hit", 0),
    ("wall_s", "whole run, s", 2),
    ("index_s", "indexing alone, s", 2),
    ("cpu_s", "processor time, s", 1),
    ("peak_rss_mb", "peak memory (RSS), MB", 0),
    ("peak_pss_mb", "peak memory (PSS), MB", 0),
    ("processes", "processes", 0),
    ("files", "files", 0),
    ("chunks", "chunks", 0),
)


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine, runs = found["settings"], found["machine"], found["turns"]
    names = list(runs[0])
    rows = [
        [
            title,
            *(
                turns.shown(turns.spread([one[side][key] for one in runs]), digits) if key in runs[0][side] else ""
                for side in names
            ),
        ]
        for key, title, digits in MEASURES
    ]
    for key, title, digits in (("wall_s", "nothing to do, s", 2), ("cpu_s", "nothing to do, processor time, s", 2)):
        again = [turns.spread([one[side]["unchanged"][key] for one in runs]) for side in names]
        rows.append([title, *(turns.shown(one, digits) for one in again)])
    lines = [
        f"{settings['source']}: {settings['files']:,} files, {settings['megabytes']:,.0f} MB; "
        f"{settings['turns']} turns, median (least to most); {machine['processor']}; "
        f"load {machine['load_average']:.1f}; commit {machine['commit']}. "
        f"semble indexes {settings['semble_content']}; ours all text, code and documents.",
        "",
        *turns.table(["", *(TITLES[side] for side in names)], rows),
    ]
    if found["ratios"]:
        ratios = [[name, turns.shown(ratio)] for name, ratio in found["ratios"].items()]
        lines += ["", *turns.table(["ours / semble's, within a turn", "ratio"], ratios)]
    if full := found["with_vectors"]:
        quarters = ", ".join(f"{share} after {seconds:,.0f} s" for share, seconds in full["quarters_s"].items())
        lines += [
            "",
            f"With vectors, once: {full['wall_s']:,.1f} s ({full['cpu_s']:,.0f} s of processor time) for "
            f"{full['encoded']:,} passages of {full['chunks']:,} chunks; all text after {full['text_s']:.1f} s, "
            f"{quarters} of the vectors; "
            f"peak memory {full['peak_rss_mb']:,.0f} MB (RSS), {full['peak_pss_mb']:,.0f} MB (PSS); "
            f"{full['disk_mb']:,.0f} MB on disk; with nothing to do {full['unchanged']['wall_s']:.2f} s.",
        ]
    return "\n".join(lines) + "\n"


TITLES: Final = {"ours": "ours, text", "semble": "semble"}


if __name__ == "__main__":
    sys.exit(main())
