"""`gte-train prepare`: raw sources to a prepared folder (see training/data.py), cleaned and decontaminated.

Each source is read once, in order, by one process, and its files appear under their names when they are complete.
What is finished is recorded after every source; the same command started again does only the others. The record
becomes the manifest when all are done, so a folder with a manifest is whole.
"""

import argparse
import array
import contextlib
import hashlib
import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.cleaning import Tally, clean
from training.data import MANIFEST, VERSION, data_file, line_of, offsets_file
from training.errors import DataError
from training.report import write_report
from training.rows import OnBytes, RawSource, find_sources, read_rows
from training.screen import Screen, read_evaluation

PARTIAL: Final = "manifest.partial.json"  # the record while some sources are unfinished

Record = dict[str, Any]  # what the manifest says of a source
Say = Callable[[str], None]  # a line for people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `gte-train prepare`."""
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="SOURCE", help="files of rows (.jsonl, .jsonl.gz), or folders of them"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder of evaluation sets; rows that overlap with their texts are dropped (repeatable)",
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes, one source each (default 1)")


def run(options: argparse.Namespace) -> int:
    """Prepare what the options say; progress on stderr. Returns 0. Raises DataError."""
    show = _Bar() if sys.stderr.isatty() else _Lines()
    prepare(options.sources, options.out, against=options.against, jobs=options.jobs, say=show)
    return 0


def prepare(
    paths: Sequence[Path], out: Path, *, against: Sequence[Path] = (), jobs: int = 1, say: Say = lambda line: None
) -> Record:
    """Write `out` from the sources at `paths`, without rows that overlap with the sets in `against`.

    Returns the manifest. The result depends on the rows and the sets alone, not on `jobs`. Raises DataError if a
    source or a set cannot be read, or if no line of a source is a row; sources finished before that are kept.
    """
    sources = find_sources(paths)
    say(f"{len(sources)} sources, {sum(each.size for each in sources) / 2**20:.0f} MB")
    screen = Screen(read_evaluation(against))
    if against:
        say(
            f"{len(screen.sets)} evaluation sets, {sum(screen.sets.values()):,} texts, {screen.runs:,} runs of 13 words"
        )
    out.mkdir(parents=True, exist_ok=True)
    decontamination = {"sets": screen.sets, "runs": screen.runs, "fingerprint": screen.fingerprint}
    manifest: Record = {"version": VERSION, "sources": {}, "decontamination": decontamination}
    before = _earlier(out)
    raw = {source.name: _sha256(source.path) for source in sources}
    for source in sources:
        record = before.get(source.name)
        if record is not None and _still_good(out, source.name, record, raw[source.name], screen.fingerprint):
            manifest["sources"][source.name] = record
    _write_json(out / PARTIAL, manifest)  # first the partial record, then no manifest: never neither
    (out / MANIFEST).unlink(missing_ok=True)
    todo = [source for source in sources if source.name not in manifest["sources"]]
    if len(todo) < len(sources):
        say(f"{len(sources) - len(todo)} sources are prepared already")
    for name, record in _prepared(todo, out, screen, jobs, say):
        manifest["sources"][name] = {**record, "raw_sha256": raw[name], "screen": screen.fingerprint}
        _write_json(out / PARTIAL, manifest)
    manifest["sources"] = dict(sorted(manifest["sources"].items()))
    for name in before.keys() - raw.keys():  # a source of an earlier run that is not asked for any more
        data_file(out, name).unlink(missing_ok=True)
        offsets_file(out, name).unlink(missing_ok=True)
    write_report(out, manifest)
    _write_json(out / PARTIAL, manifest)
    (out / PARTIAL).replace(out / MANIFEST)
    kept = sum(record["kept"] for record in manifest["sources"].values())
    say(f"{kept:,} rows of {sum(record['rows'] for record in manifest['sources'].values()):,} kept in {out}")
    return manifest


def prepare_source(source: RawSource, out: Path, screen: Screen, read: OnBytes) -> Record:
    """Write the two files of one source. Returns its record. Raises DataError if no line of it is a row."""
    tally = Tally()
    data, rows = data_file(out, source.name), offsets_file(out, source.name)
    digest = hashlib.sha256()
    offsets = array.array("q", [0])
    temporary = data.with_name(f".{data.name}.tmp"), rows.with_name(f".{rows.name}.tmp")
    with temporary[0].open("wb") as file:
        for row in clean(read_rows(source, read), screen, tally):
            line = line_of(row)
            file.write(line)
            digest.update(line)
            offsets.append(offsets[-1] + len(line))
    if tally.malformed and tally.dropped["malformed line"] == tally.rows:
        temporary[0].unlink()
        first = tally.malformed[0]
        raise DataError(
            f"no line of {source.path} is a row; line {first.line}: {first.why}",
            hint='a row is a JSON object a line: {"query": "...", "positive": "...", "negatives": ["..."]}',
        )
    with temporary[1].open("wb") as file:
        np.save(file, np.frombuffer(offsets, dtype=np.int64), allow_pickle=False)
    temporary[0].replace(data)
    temporary[1].replace(rows)
    return {
        "rows": tally.rows,
        "kept": tally.kept,
        "bytes": offsets[-1],
        "sha256": digest.hexdigest(),
        "dropped": dict(sorted(tally.dropped.items())),
        "negatives_dropped": dict(sorted(tally.negatives_dropped.items())),
        "malformed": [f"{source.path.name}:{each.line}: {each.why}" for each in tally.malformed],
    }


def _prepared(
    sources: Sequence[RawSource], out: Path, screen: Screen, jobs: int, say: Say
) -> Iterator[tuple[str, Record]]:
    """Each source's name and record as it is finished. The largest go first, so that none is left over at the end."""
    sources = sorted(sources, key=lambda source: (-source.size, source.name))
    pace = _Pace(sum(source.size for source in sources), say)
    if jobs == 1 or len(sources) < 2:
        for source in sources:
            yield source.name, prepare_source(source, out, screen, pace.add)
        return
    read = multiprocessing.Value("q", 0)
    pool = ProcessPoolExecutor(min(jobs, len(sources)), initializer=_begin, initargs=(screen, read))
    try:
        futures: dict[Future[Record], str] = {pool.submit(_work, each, out): each.name for each in sources}
        while futures:
            done, _ = wait(futures, timeout=0.5, return_when=FIRST_COMPLETED)
            pace.set(read.value)
            for future in done:
                yield futures.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)


_worker: dict[str, Any] = {}  # of a worker process: the screen and the counter it was begun with


def _begin(screen: Screen, read: Any) -> None:  # noqa: ANN401 - the type of multiprocessing.Value has no public name
    _worker.update(screen=screen, read=read)
    parent = multiprocessing.parent_process()
    if parent is not None:  # a worker whose parent was killed would wait for work for ever
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _work(source: RawSource, out: Path) -> Record:
    def count(amount: int) -> None:
        with _worker["read"].get_lock():
            _worker["read"].value += amount

    return prepare_source(source, out, _worker["screen"], count)


def _earlier(out: Path) -> dict[str, Record]:
    """What an earlier run, finished or killed, recorded of each source; nothing if that cannot be read."""
    for name in (PARTIAL, MANIFEST):
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            manifest = json.loads((out / name).read_bytes())
            if manifest["version"] == VERSION:
                return dict(manifest["sources"])
    return {}


def _still_good(out: Path, name: str, record: Record, raw_sha256: str, fingerprint: str) -> bool:
    if record["raw_sha256"] != raw_sha256 or record["screen"] != fingerprint:
        return False
    with contextlib.suppress(OSError):
        return offsets_file(out, name).exists() and _sha256(data_file(out, name)) == record["sha256"]
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, value: Record) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(value, indent=1, ensure_ascii=True) + "\n")
    temporary.replace(path)


class _Pace:
    """Says how far the reading is and how long it will take, now and then."""

    def __init__(self, total: int, say: Say, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._say, self._clock = total, say, clock
        self._done, self._begun = 0, clock()

    def add(self, amount: int) -> None:
        self.set(self._done + amount)

    def set(self, done: int) -> None:
        self._done = done
        elapsed = self._clock() - self._begun
        if done and self._total:
            left = elapsed * (self._total - done) / done
            self._say(f"\r{done / self._total:4.0%} of {self._total / 2**20:.0f} MB read, {left:.0f} s left")


class _Bar:
    """Progress on a terminal: one line, rewritten; other messages above it."""

    def __init__(self) -> None:
        self._open = False

    def __call__(self, line: str) -> None:
        if line.startswith("\r"):
            sys.stderr.write(f"{line}\x1b[K")
        else:
            sys.stderr.write(("\n" if self._open else "") + line + "\n")
        self._open = line.startswith("\r")
        sys.stderr.flush()


class _Lines:
    """Progress in a log: one line each ten seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, line: str) -> None:
        if not line.startswith("\r"):
            sys.stderr.write(line + "\n")
        elif time.monotonic() - self._last >= 10:
            self._last = time.monotonic()
            sys.stderr.write(line[1:] + "\n")
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m training.prepare`, the same as `gte-train prepare`."""
    parser = argparse.ArgumentParser(prog="gte-train prepare", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        return run(options)
    except DataError as error:
        sys.stderr.write(f"error: {error}\nhint: {error.hint}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
