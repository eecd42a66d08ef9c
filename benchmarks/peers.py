"""Measure indexing and searching of the same passages with the same weights, beside txtai and chromadb.

    python -m benchmarks.peers --index INDEX --queries QUERIES.txt --out RESULT.json
        [--txtai-python PYTHON] [--chroma-python PYTHON]

One fixed sample of an index's different passages (seeded, taken in turn from its files) is indexed by each side and
asked each query, round after round, by processes that take turns, A B A B. The clock of indexing starts with the model
loaded and warm, and stops when text and vectors are kept on disk: ours from chunks that are cut already, as the
others' passages are. A query is the whole answer, encoding included: ours fuses words, symbols, paths and vectors,
the others go by vectors alone. txtai keeps content (`content=True`), both are at their defaults else. `side_peers.py`
runs them. "Nearest" says how many of the ten nearest passages of our vectors a tool gives: the weights are the same.
Tables go to RESULT.md and to stdout.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

from benchmarks import encoding_speed, memory, turns
from benchmarks.machine import conditions
from embedder import DEFAULT_MODEL
from embedder.files import Layout

if TYPE_CHECKING:
    from embedder import Encoder
    from indexer.store import Store
    from indexer.types import Chunk, Repo

HERE: Final = Path(__file__).resolve().parent
PEERS: Final = {"txtai": "txtai", "chroma": "chromadb"}
NAMES: Final = {"ours": "ours", **PEERS}
SHARES: Final = {"p50": 0.5, "p95": 0.95}
LIMIT: Final = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print the tables."""
    options = parse(arguments)
    if options.side:
        print(json.dumps(ours(options)))
        return 0
    queries = [line for line in options.queries.read_text(encoding="utf-8").splitlines() if line.strip()]
    passages = [chunk.passage for chunk in drawn(options)]
    runs = []
    with tempfile.TemporaryDirectory() as scratch:
        given, asked = Path(scratch) / "passages.json", Path(scratch) / "queries.json"
        given.write_text(json.dumps(passages), encoding="utf-8")
        asked.write_text(json.dumps(queries), encoding="utf-8")
        for number in range(options.turns):
            runs.append({side: run(side, options, given, asked) for side in sides(options)})
            rates = ", ".join(f"{NAMES[side]} {one['passages_per_second']:.0f}" for side, one in runs[-1].items())
            turns.say(f"turn {number + 1}/{options.turns}: passages a second: {rates}")
    found = {
        "machine": conditions(),
        "settings": {
            "model": Path(options.model).name,
            "passages": len(passages),
            "queries": len(queries),
            "rounds": options.rounds,
            "seed": options.seed,
            "turns": options.turns,
        },
        "versions": {side: runs[0][side]["version"] for side in runs[0] if side in PEERS},
        "ratios": compared(runs),
        "nearest": {side: nearest(runs[0]["ours"]["nearest"], runs[0][side]["first"]) for side in runs[0]},
        "turns": runs,
    }
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare indexing and searching with txtai and chromadb.")
    parser.add_argument("--index", type=Path, required=True, help="the index whose passages are indexed anew")
    parser.add_argument("--queries", type=Path, required=True, help="one query a line")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="known name or folder of a BERT")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--passages", type=int, default=2000, help="how many are drawn")
    parser.add_argument("--rounds", type=int, default=5, help="times that each query is asked in a turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the draw, and of the order of the queries")
    for side, package in PEERS.items():
        parser.add_argument(f"--{side}-python", metavar="PYTHON", help=f"a Python that has {package}")
    parser.add_argument("--side", choices=["ours"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def sides(options: argparse.Namespace) -> list[str]:
    """Return the sides of a turn, in their order."""
    return ["ours", *(side for side in PEERS if getattr(options, f"{side}_python"))]


def run(side: str, options: argparse.Namespace, passages: Path, asked: Path) -> Any:  # noqa: ANN401  # JSON
    """Run one side of a turn in a process of its own; return what it measured."""
    with tempfile.TemporaryDirectory() as folder:
        if side == "ours":
            command: list[str | Path] = [sys.executable, "-m", "benchmarks.peers", "--side", side, "--folder", folder]
            command += ["--index", options.index, "--model", options.model, "--queries", asked]
            command += ["--passages", str(options.passages)]
            command += ["--rounds", str(options.rounds), "--seed", str(options.seed)]
            return turns.child(command, turns.environment(), name=side)
        command = [getattr(options, f"{side}_python"), "-I", HERE / "side_peers.py", side, passages, asked]
        command += [Layout.find(options.model).config_path.parent, folder, str(options.rounds), str(options.seed)]
        return turns.child(command, os.environ | {"HF_HUB_OFFLINE": "1"}, name=NAMES[side])


def drawn(options: argparse.Namespace) -> "list[Chunk]":
    """Return the chunks that are indexed: of different passages, so that each is encoded once by every side."""
    from indexer.store import open_store
    from indexer.types import Filter

    store = open_store(options.index)
    try:
        different = {chunk.passage: chunk for chunk in store.each(Filter())}
    finally:
        store.close()
    found = [(f"{chunk.repo}/{chunk.path}", chunk) for chunk in different.values()]
    return encoding_speed.sample(found, options.passages, seed=options.seed)


# -- our side: in its own process ------------------------------------------------------------------------------------


def ours(options: argparse.Namespace) -> dict[str, Any]:
    """Index the sample with ours and ask each query; return seconds, milliseconds and memory."""
    import embedder
    from indexer import Index, Settings
    from indexer.store import open_store

    queries: list[str] = json.loads(options.queries.read_text(encoding="utf-8"))
    chunks = drawn(options)
    started = time.perf_counter()
    encoder = embedder.load(options.model, device="cpu")
    encoder.encode(["warm"], role="passage")
    loaded = time.perf_counter()
    store = open_store(options.folder, create=True)
    write(chunks, known(options.index), store, encoder)
    indexed = time.perf_counter()
    while_indexing = memory.peak(os.getpid()) / 1e6
    numbers = {chunk.id: number for number, chunk in enumerate(chunks)}
    near = {query: [numbers[one] for one in dense(query, store, encoder)] for query in queries}
    with Index(store, Settings(index=options.folder, model=options.model), encoder=encoder) as index:

        def ask(query: str) -> list[int]:
            return [numbers[hit.id] for hit in index.search(query, limit=LIMIT).hits]

        first = {query: ask(query) for query in queries}  # warms up too
        answers = timed(ask, queries, options)
    return {
        "load_s": loaded - started,
        "index_s": indexed - loaded,
        "passages_per_second": len(chunks) / (indexed - loaded),
        "disk_mb": sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file()) / 1e6,
        "peak_rss_mb": while_indexing,
        "rss_mb": memory.rss(os.getpid()) / 1e6,
        "first": first,
        "nearest": near,
        "answers": answers,
    }


def known(index: Path) -> "dict[str, Repo]":
    """Return the repositories of an index by name."""
    from indexer.store import open_store

    store = open_store(index)
    try:
        return {status.repo.name: status.repo for status in store.repos()}
    finally:
        store.close()


def write(chunks: "Sequence[Chunk]", of: "Mapping[str, Repo]", store: "Store", encoder: "Encoder") -> None:
    """Write chunks as a run of the indexer does: text first, then vectors, then what is derived from them."""
    from indexer import ingest
    from indexer.types import FileState, IndexedFile

    repos: dict[str, dict[Any, list[Chunk]]] = {}
    for chunk in chunks:
        repos.setdefault(chunk.repo, {}).setdefault(chunk.path, []).append(chunk)
    with store.writing():
        for name, files in repos.items():
            store.put_repo(of[name], expected_files=len(files))
            indexed = [
                IndexedFile(
                    state=FileState(path=path, digest=bytes(16), size=0, mtime_ns=0),
                    language=inside[0].language,
                    chunks=tuple(inside),
                )
                for path, inside in files.items()
            ]
            store.put_files(name, indexed)
            store.finish_repo(name, indexed_at=time.time())
        ingest.write_vectors(store=store, encoder=encoder)
        store.compact()


def dense(query: str, store: "Store", encoder: "Encoder") -> list[str]:
    """Return the ids of the chunks that are nearest by their vectors alone."""
    from indexer.types import Filter

    (vector,) = encoder.encode([query], role="query")
    return [one.id for one in store.dense(vector, model=encoder.fingerprint, where=Filter(), limit=LIMIT)]


def timed(ask: Callable[[str], object], queries: Sequence[str], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Ask all queries in each round, in an order of its own; return each answer's milliseconds."""
    answers = []
    for number in range(options.rounds):
        order = list(queries)
        random.Random(f"{options.seed} {number}").shuffle(order)
        for query in order:
            started = time.perf_counter()
            ask(query)
            answers.append({"query": query, "total": 1e3 * (time.perf_counter() - started)})
    return answers


# -- figures ---------------------------------------------------------------------------------------------------------


def milliseconds(one: Mapping[str, Any], *, share: float) -> float:
    """Return a percentile of a run's answers."""
    return turns.percentile([answer["total"] for answer in one["answers"]], share)


def value(one: Mapping[str, Any], *, name: str) -> float:
    """Return a figure of a run."""
    return float(one[name])


MEASURES: Final[Mapping[str, tuple[Callable[[Any], float], int]]] = {  # of a run, and the digits that are told
    "indexed, passages a second": (partial(value, name="passages_per_second"), 1),
    "query p50, ms": (partial(milliseconds, share=0.5), 1),
    "query p95, ms": (partial(milliseconds, share=0.95), 1),
    "peak memory of indexing, MB": (partial(value, name="peak_rss_mb"), 0),
    "memory after the queries, MB": (partial(value, name="rss_mb"), 0),
    "on disk, MB": (partial(value, name="disk_mb"), 1),
    "loading, s": (partial(value, name="load_s"), 1),
}


def compared(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return ours divided by each peer's, by measure, within each turn."""
    return {
        side: {name: turns.ratios(runs, measure, over="ours", under=side) for name, (measure, _) in MEASURES.items()}
        for side in runs[0]
        if side != "ours"
    }


def nearest(wanted: Mapping[str, Sequence[int]], given: Mapping[str, Sequence[int]]) -> float:
    """Return the share of the nearest passages that are among those given, over all queries.

    >>> nearest({"a": [1, 2], "b": [3, 4]}, {"a": [2, 1], "b": [4, 5]})
    0.75
    """
    return fmean(len({*near} & {*given[query]}) / len(near) for query, near in wanted.items())


# -- tables ----------------------------------------------------------------------------------------------------------


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine, runs = found["settings"], found["machine"], found["turns"]
    titles = {side: f"{NAMES[side]} {found['versions'].get(side, '')}".strip() for side in runs[0]}
    rows = [
        [name, *(turns.shown(turns.spread([measure(one[side]) for one in runs]), digits) for side in titles)]
        for name, (measure, digits) in MEASURES.items()
    ]
    rows.append(["of the ten nearest, given", *(f"{found['nearest'][side]:.2f}" for side in titles)])
    lines = [
        f"{settings['passages']:,} passages, model {settings['model']}; {settings['queries']} queries, "
        f"{settings['rounds']} times in each of {settings['turns']} turns, median (least to most); "
        f"{machine['processor']}; load {machine['load_average']:.1f}; commit {machine['commit']}.",
        "",
        *turns.table(["", *titles.values()], rows),
    ]
    if found["ratios"]:
        rows = [[name, *(turns.shown(found["ratios"][side][name]) for side in found["ratios"])] for name in MEASURES]
        lines += ["", *turns.table(["ours divided by", *(titles[side] for side in found["ratios"])], rows)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
