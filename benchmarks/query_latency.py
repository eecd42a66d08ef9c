"""Measure how long a warm server takes for a query, beside another commit of this project and beside semble.

    python -m benchmarks.query_latency --index INDEX --queries QUERIES.txt --source FOLDER --out RESULT.json
        [--served] [--against CHECKOUT [--against-index DIR]] [--semble-python PYTHON --semble-model DIR]

What is timed is `Index.search`, which every door calls: the query read and encoded, candidates, ranking, and the look
at the files that tells which hits are stale. Each side is a process of its own that asks every query once to warm up,
then all of them again, round after round, each round in a random order that is the same for all sides, and last some
that it was never asked, each once: first lines of docstrings of the index. The sides take turns, A B A B. semble is
asked in the process that indexed, or read, its index. Tables go to RESULT.md and to stdout.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import served, turns
from benchmarks.machine import commit, conditions
from indexer.store import open_store
from indexer.types import Filter

HERE: Final = Path(__file__).resolve().parent
PARTS: Final = ("total", "encode", "search", "rank", "rest")
LONGEST: Final = 80  # letters of a query that is asked once
SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
NAMES: Final = {"ours": "this commit", "served": "this commit over HTTP", "against": "the other", "semble": "semble"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    options = parse(arguments)
    queries = [line for line in options.queries.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not queries:
        sys.exit(f"error: no query in {options.queries}")
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch) / "queries.json"
        build(options)
        once = docstrings(options.index, count=options.once, seed=options.seed)
        asked.write_text(json.dumps({"again": queries, "once": once}), encoding="utf-8")
        runs = []
        for number in range(options.turns):
            runs.append({side: run(side, options, asked, scratch) for side in sides(options)})
            turns.say(f"turn {number + 1}/{options.turns}: {', '.join(told(runs[-1]))}")
    found = {
        "machine": conditions(),
        "settings": {
            "source": options.source.name if options.source else None,
            "against": commit(options.against) if options.against else None,
            "queries": len(queries),
            "once": len(once),
            "rounds": options.rounds,
            "turns": options.turns,
            "seed": options.seed,
        },
        "summary": {side: summary([turn[side] for turn in runs]) for side in runs[0]},
        "ratios": compared(runs),
        "once": {side: once_asked([turn[side] for turn in runs]) for side in runs[0] if "once" in runs[0][side]},
        "slowest": slowest([turn["ours"] for turn in runs]),
        "turns": runs,
    }
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure how long a warm server takes for a query.")
    parser.add_argument("--index", type=Path, required=True, help="folder of an index, made from --source where absent")
    parser.add_argument("--source", type=Path, help="the folder that is indexed")
    parser.add_argument("--queries", type=Path, required=True, help="one query a line")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--rounds", type=int, default=5, help="times that each query is asked in a turn")
    parser.add_argument("--once", type=int, default=100, help="queries that are asked once in a turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the order of the queries")
    parser.add_argument("--served", action="store_true", help="also ask `gte-search serve` over HTTP")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="root of another checkout of this project")
    parser.add_argument("--against-index", type=Path, metavar="DIR", help="its index (default: --index)")
    turns.add_semble(parser, needs="; needs --source")
    options = parser.parse_args(arguments)
    if options.semble_python and not options.source:
        parser.error("--semble-python needs --source")
    return options


def sides(options: argparse.Namespace) -> list[str]:
    """Return the sides of a turn, in their order."""
    wanted = {"ours": True, "served": options.served, "against": options.against, "semble": options.semble_python}
    return [side for side, given in wanted.items() if given]


def build(options: argparse.Namespace) -> None:
    """Index the source where a side has no index."""
    for root, index in ((turns.ROOT, options.index), (options.against, options.against_index)):
        if root is None or index is None or index.is_dir():
            continue
        if not options.source:
            sys.exit(f"error: there is no index in {index}\nhint: give --source, and it is made")
        turns.say(f"indexing {options.source}; with vectors, which takes minutes")
        command = [sys.executable, "-P", "-m", "indexer.cli", "index", options.source, "--index", index, "--json"]
        turns.run(command, turns.environment(root), name="index-repo")


def docstrings(index: Path, *, count: int, seed: int) -> list[str]:
    """Draw first lines of docstrings that read like questions: of more than three words and at most LONGEST letters."""
    store = open_store(index)
    lines = {chunk.docstring.strip().split("\n")[0] for chunk in store.each(Filter()) if chunk.docstring}
    store.close()
    fit = sorted(line for line in lines if len(line.split()) > 3 and len(line) <= LONGEST)
    return random.Random(seed).sample(fit, min(count, len(fit)))


def run(side: str, options: argparse.Namespace, asked: Path, scratch: str) -> Any:  # noqa: ANN401  # JSON
    """Run one side of a turn; return what it measured."""
    rounds, seed = str(options.rounds), str(options.seed)
    if side == "semble":
        command = [options.semble_python, "-I", HERE / "side_semble.py", "search", options.source.resolve()]
        command += [options.semble_model, options.semble_content, asked, rounds, seed]
        return turns.child(command, turns.semble_environment(Path(scratch) / "semble"), name=side)
    if side == "served":
        queries = json.loads(asked.read_text(encoding="utf-8"))["again"]
        return served.ask(options.index.resolve(), queries, rounds=options.rounds, seed=options.seed)
    source = turns.ROOT if side == "ours" else options.against.resolve()
    index = options.index if side == "ours" else options.against_index or options.index
    command = [sys.executable, "-P", HERE / "side_search.py", index.resolve(), asked, rounds, seed]
    found = turns.child(command, turns.environment(source), name=NAMES[side])
    if Path(found.pop("source")) != source:
        sys.exit(f"error: not the checkout in {source} was measured, but another that this Python has installed")
    return found


# -- figures ---------------------------------------------------------------------------------------------------------


def summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the percentiles of each part in milliseconds over the answers of all turns, and the memory in MB."""
    answers = [{**answer, **rest(answer)} for one in runs for answer in one["answers"]]
    parts = [part for part in PARTS if part in answers[0]]
    return {
        "milliseconds": {
            part: {name: turns.percentile([one[part] for one in answers], share) for name, share in SHARES.items()}
            for part in parts
        },
        "answers": len(answers),
        "chunks": runs[0]["chunks"],
        "peak_rss_mb": max(one["peak_rss_mb"] for one in runs),
        "rss_mb": max(one["rss_mb"] for one in runs),
    }


def once_asked(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the percentiles of the totals of queries that a process had not been asked before, in milliseconds."""
    totals = [answer["total"] for one in runs for answer in one["once"]]
    return {name: turns.percentile(totals, share) for name, share in SHARES.items()} if totals else {}


def rest(answer: Mapping[str, Any]) -> dict[str, float]:
    """Return what of an answer's total lies outside of the parts that the search times, where it times any."""
    told = [answer[part] for part in PARTS if part != "total" and part in answer]
    return {"rest": answer["total"] - sum(told)} if told else {}


def compared(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return ours divided by each other side, by percentile of the total."""
    return {
        side: {
            name: turns.ratios(runs, partial(total, share=share), over="ours", under=side)
            for name, share in SHARES.items()
        }
        for side in runs[0]
        if side in ("against", "semble")
    }


def total(one: Mapping[str, Any], *, share: float) -> float:
    """Return a percentile of a run's totals, in milliseconds."""
    return turns.percentile([answer["total"] for answer in one["answers"]], share)


def slowest(runs: Sequence[Mapping[str, Any]], count: int = 5) -> list[dict[str, Any]]:
    """Return the queries with the highest median total, with the medians of their parts in milliseconds."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in runs:
        for answer in one["answers"]:
            found.setdefault(answer["query"], []).append({**answer, **rest(answer)})
    medians = [
        {"query": query} | {part: turns.percentile([one[part] for one in answers], 0.5) for part in PARTS}
        for query, answers in found.items()
    ]
    return sorted(medians, key=lambda one: -float(one["total"]))[:count]


def told(turn: Mapping[str, Any]) -> list[str]:
    """Return what is said of a turn while it goes on."""
    return [
        f"{NAMES[side]} {total(one, share=0.5):.1f} ms (p95 {total(one, share=0.95):.1f})" for side, one in turn.items()
    ]


# -- tables ----------------------------------------------------------------------------------------------------------


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine, ours = found["settings"], found["machine"], found["summary"]["ours"]
    names = NAMES | {"against": f"{settings['against']}"}
    rows, memory = [], []
    for side, one in found["summary"].items():
        for part, values in one["milliseconds"].items():
            rows.append([names[side], part, *(f"{values[name]:.1f}" for name in SHARES)])
        if once := found["once"].get(side):
            rows.append([names[side], "total, asked for the first time", *(f"{once[name]:.1f}" for name in SHARES)])
        memory.append([names[side], f"{one['chunks']:,}", f"{one['peak_rss_mb']:.0f}", f"{one['rss_mb']:.0f}"])
    lines = [
        f"{settings['source'] or 'The index'}, {ours['chunks']:,} chunks; {settings['queries']} queries, "
        f"{settings['rounds']} times in each of {settings['turns']} turns, warm, and {settings['once']} others once; "
        f"{machine['processor']}; "
        f"load {machine['load_average']:.1f}; commit {machine['commit']}.",
        "",
        *turns.table(["side", "milliseconds of", *SHARES], rows),
        "",
        *turns.table(["side", "chunks", "peak memory, MB", "memory after, MB"], memory),
    ]
    for side, ratio in found["ratios"].items():
        told_ratios = ", ".join(f"{name} {turns.shown(values)}" for name, values in ratio.items())
        lines += ["", f"Time of ours divided by that of {names[side]}, median (range over turns): {told_ratios}."]
    slow = [[one["query"].replace("|", "\\|"), *(f"{one[part]:.1f}" for part in PARTS)] for one in found["slowest"]]
    lines += ["", *turns.table(["slowest queries of ours, median ms", *PARTS], slow)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
