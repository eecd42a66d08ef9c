"""Measure how time, memory, latency and disk grow with the number of chunks, and fit an exponent to each.

    python -m benchmarks.growth --source FOLDER ... --vectors INDEX --queries FILE --work DIR --out RESULT.json

All sources are indexed once, text only; their files in a seeded order are the pool. For each size, as far as the pool
goes, `index-repo --no-vectors` reads a tree of the first files of the pool. For every size a process of its own writes
the pool's chunks, then copies of them, through the store: text, vectors, `compact`. A copy is another repository in
which three in ten of the words that are not among the 2,000 commonest are other words, the same throughout the copy,
so that the vocabulary grows as it does with new projects. Vectors are those of INDEX by their text; where it has none
they are perturbed from these, as `vector_recall.py` does. Then another process, warm, asks the index its queries.
Sizes that RESULT.json has are kept. Tables go to RESULT.md and to stdout, curves to RESULT.png.
"""

import argparse
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks import indexing_speed, memory, query_latency, turns, vector_recall
from benchmarks.machine import conditions

if TYPE_CHECKING:
    from indexer.store import Store
    from indexer.types import Chunk, IndexedFile

HERE: Final = Path(__file__).resolve().parent
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
WORD: Final = re.compile(r"[A-Za-z]{4,}")
COMMON: Final = 2_000  # words that every project uses
RENAMED: Final = 0.3  # of the other words, in a copy
PARTS: Final = {  # of the database, by the beginning of a table's name
    "texts": ("passages",),
    "chunks": ("chunks", "files"),
    "words": ("words", "symbol_words", "signature_words", "title_words", "path_words"),
    "vectors": ("vectors",),
}

Place = tuple[str, str, str, int]
"""Of a file of the pool: repository, its root, path, chunks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is not measured yet, and print the tables."""
    options = parse(arguments)
    if options.side:
        print(json.dumps(write(options, options.side)))
        return 0
    options.work.mkdir(parents=True, exist_ok=True)
    queries = [line for line in options.queries.read_text(encoding="utf-8").splitlines() if line.strip()]
    places = pool(options)
    settings = {
        "sources": [source.name for source in options.source],
        "pool": sum(chunks for *_, chunks in places),
        "queries": len(queries),
        "once": options.once,
        "rounds": options.rounds,
        "seed": options.seed,
    }
    found: dict[str, Any] = {"machine": conditions(), "settings": settings, "sizes": {}}
    if options.out and options.out.is_file():
        before = json.loads(options.out.read_text(encoding="utf-8"))
        if before["settings"] == settings:
            found["sizes"] = before["sizes"]
    for size in sorted(options.sizes):
        if str(size) not in found["sizes"]:
            found["sizes"][str(size)] = measure(size, options, places, queries)
            found["exponents"] = exponents(found["sizes"])
            turns.write(found, markdown(found), options.out)
    turns.write(found, markdown(found), options.out)
    if options.out:
        draw(found, options.out.with_suffix(".png"))
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure how time, memory, latency and disk grow.")
    parser.add_argument("--source", type=Path, nargs="+", required=True, help="folders whose text is indexed")
    parser.add_argument("--vectors", type=Path, required=True, help="an index with vectors, of some of the sources")
    parser.add_argument("--queries", type=Path, required=True, help="one query a line")
    parser.add_argument("--work", type=Path, required=True, help="folder for indexes; what it has is used again")
    parser.add_argument("--out", type=Path, help="JSON file of the result; tables and curves go beside it")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=3, help="times that each query is asked")
    parser.add_argument("--once", type=int, default=100, help="queries, first lines of docstrings, asked once each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", type=int, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def measure(size: int, options: argparse.Namespace, places: Sequence[Place], queries: Sequence[str]) -> dict[str, Any]:
    """Return everything measured of one size."""
    found: dict[str, Any] = {}
    if size <= sum(chunks for *_, chunks in places):
        turns.say(f"{size:,} chunks: reading and parsing")
        found["ingest"] = ingest(size, options, places)
    turns.say(f"{size:,} chunks: writing")
    index = options.work / f"index-{size}"
    shutil.rmtree(index, ignore_errors=True)
    found["writes"] = turns.child(side_command(options, size), turns.environment(), name="writing")
    found["disk_mb"] = disk(index)
    turns.say(f"{size:,} chunks: asking; written in {found['writes']['text_s']:.1f} s")
    asked = options.work / "queries.json"
    once = query_latency.docstrings(index, count=options.once, seed=options.seed)
    asked.write_text(json.dumps({"again": queries, "once": once}), encoding="utf-8")
    search = [sys.executable, "-P", HERE / "side_search.py", index.resolve(), asked, options.rounds, options.seed]
    told = turns.child(list(map(str, search)), turns.environment(), name="asking")
    found["query"] = {
        "chunks": told["chunks"],
        "first_s": told["first_answer_s"],
        "peak_rss_mb": told["peak_rss_mb"],
        **{
            part: spread([answer[part] for answer in told["answers"]]) for part in ("total", "encode", "search", "rank")
        },
        "once": spread([answer["total"] for answer in told["once"]]) if told["once"] else {},
    }
    shutil.rmtree(index)
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the 50th and the 95th percentile."""
    return {name: turns.percentile(values, at) for name, at in (("p50", 0.5), ("p95", 0.95))}


def side_command(options: argparse.Namespace, size: int) -> list[str]:
    """Return the command that writes an index of one size."""
    given = ["--source", *options.source, "--vectors", options.vectors, "--queries", options.queries]
    given += ["--work", options.work, "--seed", options.seed, "--side", size]
    return [sys.executable, "-m", "benchmarks.growth", *map(str, given)]


# -- text ------------------------------------------------------------------------------------------------------------


def pool(options: argparse.Namespace) -> list[Place]:
    """Index all sources, unless that is done; return their files in a seeded order."""
    from indexer.store import open_store
    from indexer.types import Filter

    index, kept = options.work / "pool", options.work / "pool.json"
    if not kept.is_file():
        turns.say("reading all sources")
        shutil.rmtree(index, ignore_errors=True)
        sources = [str(source.resolve()) for source in options.source]
        command = [sys.executable, "-P", "-m", "indexer.cli", "index", *sources, "--index", str(index)]
        turns.run([*command, "--json", "--no-vectors"], turns.environment(), name="index-repo")
        words: Counter[str] = Counter()
        files: Counter[tuple[str, str]] = Counter()
        with closing(open_store(index)) as store:
            roots = {status.repo.name: str(status.repo.root) for status in store.repos()}
            for chunk in store.each(Filter()):
                files[chunk.repo, str(chunk.path)] += 1
                words.update(WORD.findall(chunk.text))
        places = [(repo, roots[repo], path, chunks) for (repo, path), chunks in files.items()]
        random.Random(options.seed).shuffle(places)
        common = [word for word, _ in words.most_common(COMMON)]
        kept.write_text(json.dumps({"places": places, "common": common}), encoding="utf-8")
    return [tuple(place) for place in json.loads(kept.read_text(encoding="utf-8"))["places"]]


def ingest(size: int, options: argparse.Namespace, places: Sequence[Place]) -> dict[str, Any]:
    """Index a tree of the first files of the pool, text only; return time and memory."""
    tree, index = options.work / "tree", options.work / "ingested"
    for folder in (tree, index):
        shutil.rmtree(folder, ignore_errors=True)
    chunks = 0
    for repo, root, path, count in places:
        if chunks >= size:
            break
        target = tree / repo / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(root) / path, target)
        chunks += count
    command = indexing_speed.ours(tree, index, "--no-vectors")
    found = indexing_speed.watched(command, turns.environment(), options.work)
    (report,) = json.loads(found.pop("printed"))
    result = {
        "seconds": report["seconds"],
        "wall_s": found["wall_s"],
        "cpu_s": found["cpu_s"],
        "peak_rss_mb": found["peak_rss_mb"],
        "chunks": indexing_speed.stored(index)["chunks"],
    }
    for folder in (tree, index):
        shutil.rmtree(folder)
    return result


class Names(dict[str, str]):
    """What the words of a copy are called."""

    def __init__(self, copy: int, common: Sequence[str]) -> None:
        super().__init__((word, word) for word in common)
        self._mark = "q" + "".join(chr(ord("a") + int(digit)) for digit in str(copy))

    def __missing__(self, word: str) -> str:
        renamed = zlib.crc32(f"{self._mark} {word}".encode()) % 1000 < 1000 * RENAMED
        self[word] = name = word + self._mark if renamed else word
        return name

    def of(self, text: str) -> str:
        """Return a text with its words renamed."""
        return WORD.sub(lambda match: self[match[0]], text)


def texts(options: argparse.Namespace, size: int) -> Iterator["IndexedFile"]:
    """Yield files of `size` chunks in all: those of the pool, then copies of them, each copy a repository."""
    from indexer.store import open_store

    kept = json.loads((options.work / "pool.json").read_text(encoding="utf-8"))
    left, copy = size, 0
    with closing(open_store(options.work / "pool")) as store:
        while left:
            names = Names(copy, kept["common"]) if copy else None
            for repo, _, path, _ in kept["places"]:
                chunks = store.file_chunks(repo, PurePosixPath(path))[:left]
                yield copied(chunks, PurePosixPath(repo, path), copy, names)
                left -= len(chunks)
                if not left:
                    break
            copy += 1


def copied(chunks: Sequence["Chunk"], path: PurePosixPath, copy: int, names: Names | None) -> "IndexedFile":
    """Return a file of a copy."""
    from indexer.types import FileState, IndexedFile

    of: Callable[[str], str] = names.of if names else str
    new = []
    for chunk in chunks:
        text = of(chunk.text)
        header = chunk.passage.removesuffix(chunk.text)
        mark = f"{zlib.crc32(f'{copy} {chunk.id}'.encode()):08x}"
        new.append(
            replace(
                chunk,
                id=f"{mark}{chunk.id[8:-4]}{copy:04x}",
                repo=f"copy{copy}",
                path=path,
                text=text,
                passage=of(header) + text,
                symbol=of(chunk.symbol) if chunk.symbol else None,
                signature=of(chunk.signature) if chunk.signature else None,
                docstring=of(chunk.docstring) if chunk.docstring else None,
                title=of(chunk.title) if chunk.title else None,
            )
        )
    state = FileState(path=path, digest=f"{copy} {path}".encode()[-16:], size=1, mtime_ns=0)
    return IndexedFile(state=state, language=chunks[0].language if chunks else "text", chunks=tuple(new))


# -- writing ---------------------------------------------------------------------------------------------------------


def write(options: argparse.Namespace, size: int) -> dict[str, Any]:
    """Write an index of `size` chunks through the store; return the seconds of each part, and the memory after it."""
    from indexer.store import open_store

    with closing(open_store(options.work / f"index-{size}", create=True)) as store, store.writing():
        text = write_texts(store, texts(options, size))
        after_text = memory.peak(os.getpid()) / 1e6
        vectors = write_vectors(store, options)
        after_vectors = memory.peak(os.getpid()) / 1e6
        started = time.perf_counter()
        store.compact()
        compacted = time.perf_counter() - started
    return {
        **text,
        **vectors,
        "compact_s": compacted,
        "peak_rss_mb": {
            "text": after_text,
            "vectors": after_vectors,
            "compact": memory.peak(os.getpid()) / 1e6,
        },
    }


def write_texts(store: "Store", files: Iterator["IndexedFile"]) -> dict[str, Any]:
    """Write files in batches as a run does; return the seconds that the store took, and how they added up."""
    from indexer.ingest import BATCH_CHUNKS
    from indexer.types import Repo

    seconds, done, marks = 0.0, 0, []
    batch: list[IndexedFile] = []
    known: set[str] = set()

    def put() -> None:
        nonlocal seconds, done
        by_repo: dict[str, list[IndexedFile]] = {}
        for file in batch:
            by_repo.setdefault(file.chunks[0].repo, []).append(file)
        started = time.perf_counter()
        for name, some in by_repo.items():
            if name not in known:
                store.put_repo(Repo(name=name, root=Path("/nowhere") / name), expected_files=0)
                known.add(name)
            store.put_files(name, some)
        seconds += time.perf_counter() - started
        done += sum(len(file.chunks) for file in batch)
        marks.append((done, round(seconds, 2)))
        batch.clear()

    for file in files:
        if file.chunks:
            batch.append(file)
        if sum(len(one.chunks) for one in batch) >= BATCH_CHUNKS:
            put()
    if batch:
        put()
    for name in known:
        store.finish_repo(name, indexed_at=time.time())
    return {"text_s": seconds, "chunks": done, "marks": marks[:: max(1, len(marks) // 20)]}


def write_vectors(store: "Store", options: argparse.Namespace) -> dict[str, Any]:
    """Write a vector for every passage as a run does; return the seconds that asking and writing took."""
    from indexer.ingest import GROUP, windows
    from indexer.models import FINGERPRINT_NOTE, MODEL_NOTE
    from indexer.store import open_store

    rng = np.random.default_rng(options.seed)
    real = vector_recall.stored(options.vectors)
    asked, written, count, encoded = 0.0, 0.0, 0, 0
    with closing(open_store(options.vectors)) as given:
        (model,) = given.models()
        for note in (MODEL_NOTE, FINGERPRINT_NOTE):
            store.put_note(note, given.note(note) or "")
        started = time.perf_counter()
        left = windows(model, store=store, total=store.count_pending(model))
        while True:
            keys = [pending.key for pending in next(left, [])]
            asked += time.perf_counter() - started
            if not keys:
                return {"pending_s": asked, "vectors_s": written, "vectors": count, "encoded": encoded}
            known = given.vectors(model, keys)
            vectors = vector_recall.perturbed(real, len(keys), rng).astype(np.float32)
            for row, key in enumerate(keys):
                if key in known:
                    vectors[row] = known[key]
            started = time.perf_counter()
            for start in range(0, len(keys), GROUP):
                store.put_vectors(model, keys[start : start + GROUP], vectors[start : start + GROUP])
            written += time.perf_counter() - started
            count += len(keys)
            encoded += len(known)
            started = time.perf_counter()


def disk(index: Path) -> dict[str, float]:
    """Return the megabytes of an index by what they hold."""
    found = {"all": sum(path.stat().st_size for path in index.iterdir()) / 1e6}
    found["FAISS file"] = sum(path.stat().st_size for path in index.glob("*.faiss")) / 1e6
    db = sqlite3.connect(index / "store.sqlite3")
    try:
        tables = dict(db.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())
    except sqlite3.OperationalError:  # a SQLite without that table
        return found
    finally:
        db.close()
    for part, starts in PARTS.items():
        names = [name for name in tables if name.removeprefix("sqlite_autoindex_").startswith(starts)]
        found[part] = sum(tables.pop(name) for name in names) / 1e6
    return found


# -- figures ---------------------------------------------------------------------------------------------------------

FIGURES: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], float | None], int]]] = {
    "ingest": ("reading, parsing and writing text, s", lambda one: one.get("ingest", {}).get("seconds"), 2),
    "text": ("writing text alone, s", lambda one: one["writes"]["text_s"], 2),
    "vectors": ("writing vectors, s", lambda one: one["writes"]["vectors_s"], 2),
    "pending": ("asking what has no vector, s", lambda one: one["writes"]["pending_s"], 2),
    "compact": ("compact, s", lambda one: one["writes"]["compact_s"], 2),
    "writes": ("all writes, s", lambda one: whole(one), 2),
    "per": ("all writes, s per 1,000 chunks", lambda one: 1e3 * whole(one) / one["writes"]["chunks"], 3),
    "p50": ("query p50, ms", lambda one: one["query"]["total"]["p50"], 1),
    "p95": ("query p95, ms", lambda one: one["query"]["total"]["p95"], 1),
    "once_p50": ("new query p50, ms", lambda one: one["query"]["once"].get("p50"), 1),
    "once_p95": ("new query p95, ms", lambda one: one["query"]["once"].get("p95"), 1),
    "first": ("first answer of a process, s", lambda one: one["query"]["first_s"], 2),
    "ingest_rss": ("peak memory of reading text, MB", lambda one: one.get("ingest", {}).get("peak_rss_mb"), 0),
    "text_rss": ("peak memory of writing, MB", lambda one: one["writes"]["peak_rss_mb"]["vectors"], 0),
    "rss": ("peak memory with compact, MB", lambda one: one["writes"]["peak_rss_mb"]["compact"], 0),
    "query_rss": ("peak memory of queries, MB", lambda one: one["query"]["peak_rss_mb"], 0),
    **{
        f"disk {part}": (f"disk: {part}, MB", lambda one, part=part: one["disk_mb"].get(part), 1)  # type: ignore[misc]
        for part in ("all", "FAISS file", *PARTS)
    },
}


def whole(one: Mapping[str, Any]) -> float:
    """Return the seconds of all writes."""
    writes = one["writes"]
    return float(sum(writes[part] for part in ("text_s", "vectors_s", "pending_s", "compact_s")))


def exponents(sizes: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return the slope of each figure over the number of chunks, both as logarithms, by least squares."""
    found = {}
    for name, (_, value, _) in FIGURES.items():
        points = [(int(size), value(one)) for size, one in sizes.items()]
        known = [(size, y) for size, y in points if y]
        if len(known) > 1:
            x, y = (np.log(np.array(axis, dtype=float)) for axis in zip(*known, strict=True))
            found[name] = float(np.polyfit(x, y, 1)[0])
    return found


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine, sizes = found["settings"], found["machine"], found["sizes"]
    rows = []
    for name, (title, value, digits) in FIGURES.items():
        values = [value(one) for one in sizes.values()]
        cells = ["" if one is None else f"{one:,.{digits}f}" for one in values]
        slope = found.get("exponents", {}).get(name)
        rows.append([title, *cells, "" if slope is None or name == "per" else f"{slope:.2f}"])
    encoded = {size: one["writes"]["encoded"] / max(1, one["writes"]["vectors"]) for size, one in sizes.items()}
    real = ", ".join(f"{share:.0%} of {int(size):,}" for size, share in encoded.items())
    lines = [
        f"{', '.join(settings['sources'])}: text real up to {settings['pool']:,} chunks, beyond them renamed copies; "
        f"vectors real: {real}; {settings['queries']} queries, {settings['rounds']} times each, warm, "
        f"then {settings['once']} never asked before; "
        f"{machine['processor']}; load {machine['load_average']:.1f}; commit {machine['commit']}.",
        "",
        *turns.table(["chunks", *(f"{int(size):,}" for size in sizes), "exponent"], rows),
    ]
    return "\n".join(lines) + "\n"


def draw(found: Mapping[str, Any], out: Path) -> None:
    """Draw the curves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), layout="constrained")
    panels = {
        "seconds": ("ingest", "text", "vectors", "pending", "compact", "writes"),
        "milliseconds": ("p50", "p95", "once_p50", "once_p95"),
        "memory, MB": ("ingest_rss", "text_rss", "rss", "query_rss"),
        "disk, MB": tuple(f"disk {part}" for part in ("all", "FAISS file", *PARTS)),
    }
    for axes, (unit, names) in zip(figure.subplots(2, 2).flat, panels.items(), strict=True):
        for name in names:
            title, value, _ = FIGURES[name]
            points = [(int(size), y) for size, one in found["sizes"].items() if (y := value(one))]
            slope = found.get("exponents", {}).get(name)
            label = title.rpartition(",")[0] + (f" (exponent {slope:.2f})" if slope is not None else "")
            axes.loglog([size for size, _ in points], [y for _, y in points], "o-", markersize=3, label=label)
        axes.set_xlabel("chunks")
        axes.set_ylabel(unit)
        axes.legend(fontsize=7)
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
