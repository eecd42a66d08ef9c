"""`gte-train prepare`: raw sources to a prepared folder (see training/data.py), cleaned and decontaminated.

Each source is read once, in order, by one process, and its files appear under their names when they are complete.
What is finished is recorded after every source; the same command started again does only the others. The record
becomes the manifest when all are done, so a folder with a manifest is whole.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from training import hub
from training.arguments import count
from training.cleaning import MALFORMED, RULES, Tally, clean
from training.data import MANIFEST, VERSION, Row, Source, data_file, offsets_file, write_manifest, write_source
from training.errors import DataError
from training.evaluation.texts import read_evaluation
from training.progress import Pace, Say, on_stderr
from training.report import REPORT, write_report
from training.screen import Overlap, Screen
from training.sentences import Sentences
from training.sources import OnRead, RawSource, find_sources, sha256_of

PARTIAL: Final = "manifest.partial.json"  # the record while some sources are unfinished

Record = dict[str, Any]  # what the manifest says of a source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `gte-train prepare`."""
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help=f"file of rows (.jsonl, .jsonl.gz, .parquet), folder of such files, or dataset of the hub ({hub.SHAPE})",
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
    parser.add_argument(
        "--sentences",
        nargs="+",
        default=[],
        metavar="PATTERN",
        help="prose sources whose neighbouring sentences become a source of their own, NAME_sentences",
    )
    parser.add_argument("--jobs", type=count, default=1, metavar="N", help="processes, one source each (default 1)")


def run(options: argparse.Namespace) -> int:
    """Prepare what the options say; progress on stderr. Returns 0. Raises DataError."""
    prepare(
        options.sources,
        options.out,
        against=options.against,
        sentences=options.sentences,
        jobs=options.jobs,
        say=on_stderr(),
    )
    return 0


def prepare(
    given: Sequence[str | Path],
    out: Path,
    *,
    against: Sequence[Path] = (),
    sentences: Sequence[str] = (),
    jobs: int = 1,
    say: Say = lambda line: None,
    catalogue: hub.Catalogue | None = None,
) -> Record:
    """Write `out` from the sources given, without rows that overlap with the evaluation sets in `against`.

    sentences: patterns of the sources that also give pairs of sentences. `catalogue` stands for the hub.
    Returns the manifest. The result depends on the rows and the sets alone, not on `jobs`. Raises DataError if a
    source or a set cannot be read, if no line of a source is a row, if no row of any is kept, if `out` cannot be
    written, and if another process is writing it; sources that were finished before that are kept.
    """
    sources = find_sources(given, catalogue=catalogue)
    sources += [Sentences(each) for each in sources if any(fnmatchcase(each.name, pattern) for pattern in sentences)]
    say(f"{len(sources)} sources, {sum(each.size for each in sources) / 2**20:.0f} MB")
    screen = Screen(read_evaluation(against))
    if against:
        say(f"{len(screen.sets)} evaluation sets, {screen.sets.total():,} texts, {screen.runs:,} runs of 13 words")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(out / ".lock", timeout=0):
            return _write(sources, out, screen, jobs, say)
    except Timeout as error:
        raise DataError(f"{out} is being prepared already", hint="wait for that run, or stop it") from error
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error}", hint="free some space, or give another --out") from error
    except BrokenProcessPool as error:
        raise DataError(
            "a process ended before its work was done, perhaps for lack of memory",
            hint="the same command goes on with the sources that are left; try --jobs 1",
        ) from error


def _write(sources: Sequence[RawSource], out: Path, screen: Screen, jobs: int, say: Say) -> Record:
    decontamination = {"sets": dict(screen.sets), "runs": screen.runs, "fingerprint": screen.fingerprint}
    manifest: Record = {"version": VERSION, "sources": {}, "decontamination": decontamination}
    records: dict[str, Record] = manifest["sources"]
    before = _earlier(out)
    basis = {each.name: {"raw_sha256": each.digest(), "rules": f"{RULES}-{screen.fingerprint}"} for each in sources}
    for source in sources:
        record = before.get(source.name)
        if record is not None and _still_good(out, source.name, record, basis[source.name]):
            records[source.name] = record
    write_manifest(out / PARTIAL, manifest)  # first the partial record, then no manifest: never neither
    (out / MANIFEST).unlink(missing_ok=True)
    todo = [source for source in sources if source.name not in records]
    if len(todo) < len(sources):
        say(f"{len(sources) - len(todo)} sources are prepared already")
    for source, record in _prepared(todo, out, screen, jobs, say):
        records[source.name] = {"origin": source.origin, **basis[source.name], **record}
        write_manifest(out / PARTIAL, manifest)
    for name in before.keys() - basis.keys():  # a source of an earlier run that is not asked for any more
        data_file(out, name).unlink(missing_ok=True)
        offsets_file(out, name).unlink(missing_ok=True)
    manifest["sources"] = dict(sorted(records.items()))
    write_report(out, manifest)
    write_manifest(out / PARTIAL, manifest)
    kept, rows = (sum(record[key] for record in records.values()) for key in ("kept", "rows"))
    if not kept:
        raise _nothing_kept(rows, records, out)
    (out / PARTIAL).replace(out / MANIFEST)
    say(f"{kept:,} rows of {rows:,} kept in {out}")
    return manifest


def _nothing_kept(rows: int, records: Mapping[str, Record], out: Path) -> DataError:
    dropped: Counter[str] = Counter()
    for record in records.values():
        dropped.update(record["dropped"])
    if not rows:
        return DataError("the sources hold no row", hint="look at what wrote them")
    reasons = "; ".join(f"{count:,} {reason}" for reason, count in dropped.most_common())
    overlapping = sum(dropped[each] for each in Overlap)
    return DataError(
        f"none of {rows:,} rows is kept: {reasons}",
        hint="--against takes the sets that these rows must not overlap with, not one that was made of them"
        if overlapping
        else f"{out / REPORT} says more of what was dropped",
    )


def prepare_source(source: RawSource, out: Path, screen: Screen, read: OnRead) -> Record:
    """Write the two files of one source. Returns its record. Raises DataError if no line of it is a row."""
    tally = Tally()

    def kept() -> Iterator[Row]:
        yield from clean(source.rows(read), screen, tally)
        if tally.malformed and tally.dropped[MALFORMED] == tally.rows:
            first = tally.malformed[0]
            raise DataError(
                f"no line of {source.origin} is a row; {first.where}: {first.why}",
                hint='a row is a JSON object a line, {"query": "...", "positive": "...", "negatives": ["..."]},'
                " or has columns of such names",
            )

    written = write_source(out, source.name, kept())
    return {
        "rows": tally.rows,
        **written,
        "dropped": dict(sorted(tally.dropped.items())),
        "negatives_dropped": dict(sorted(tally.negatives_dropped.items())),
        "malformed": [f"{each.where}: {each.why}" for each in tally.malformed],
    }


def _prepared(
    sources: Sequence[RawSource], out: Path, screen: Screen, jobs: int, say: Say
) -> Iterator[tuple[RawSource, Record]]:
    """Each source and its record as it is finished. The largest go first, so that none is left over at the end."""
    sources = sorted(sources, key=lambda source: (-source.size, source.name))
    pace = Pace(sum(source.size for source in sources), say)
    if jobs == 1 or len(sources) < 2:
        for source in sources:
            yield source, prepare_source(source, out, screen, pace.add)
        return
    read = multiprocessing.Array("q", 2)
    pool = ProcessPoolExecutor(min(jobs, len(sources)), initializer=_begin, initargs=(screen, read))
    try:
        futures: dict[Future[Record], RawSource] = {pool.submit(_work, each, out): each for each in sources}
        while futures:
            done, _ = wait(futures, timeout=0.5, return_when=FIRST_COMPLETED)
            pace.set(read[0], read[1])
            for future in done:
                yield futures.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)


_worker: dict[str, Any] = {}  # of a worker process: the screen and the counters it was begun with


def _begin(screen: Screen, read: Any) -> None:  # noqa: ANN401 - the type of multiprocessing.Array has no public name
    _worker.update(screen=screen, read=read)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the parent tells of it; a trace from each worker would not help
    parent = multiprocessing.parent_process()
    if parent is not None:  # a worker whose parent was killed would wait for work for ever
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _work(source: RawSource, out: Path) -> Record:
    def count(size: int, rows: int) -> None:
        with _worker["read"].get_lock():
            _worker["read"][0] += size
            _worker["read"][1] += rows

    return prepare_source(source, out, _worker["screen"], count)


def _earlier(out: Path) -> dict[str, Record]:
    """What an earlier run, finished or killed, recorded of each source; nothing if that cannot be read."""
    for name in (PARTIAL, MANIFEST):
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            manifest = json.loads((out / name).read_bytes())
            if manifest["version"] == VERSION:
                return dict(manifest["sources"])
    return {}


def _still_good(out: Path, name: str, record: Record, basis: Record) -> bool:
    if any(record.get(key) != value for key, value in basis.items()):
        return False
    with contextlib.suppress(DataError, OSError):
        kept, sha256 = record["kept"], record["sha256"]
        return bool(len(Source(out, name)) == kept and sha256_of(data_file(out, name)) == sha256)
    return False
