"""Measure how good the search is, through the real index.

    python -m benchmarks.search_quality --data DATA --repos REPOS [--suite code] [--model gte-mini]

DATA is a folder with `bench/code-search` (the code-search benchmark: repos.json, queries.jsonl, fetch_repos.py) and
`text/eval` or `data/text/eval` (text retrieval sets). REPOS holds a folder a repository of the benchmark, in no git
checkout; `--fetch` downloads what is missing. Indexes and vectors are kept in `--work`: a second run with other weights
takes seconds. The result goes to `--out`, a JSON, and beside it as a table of text.

    --set words=1.2 --set SYMBOL_DEFINITION=2    other weights of `indexer.ranking.weights`, in the runs that rank
    --ablate                                     also every signal taken out, one at a time
    --rerank MODEL                               also with a cross-encoder that puts the best hits in order
    --results NAME=FILE                          another tool's results, as the benchmark's peers.py writes them
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import embedder
from benchmarks import quality_results, quality_tables
from benchmarks import quality_suites as suites
from benchmarks.machine import conditions
from benchmarks.quality_indexes import Shelf, only, outside_git, usual_folder
from benchmarks.quality_results import Scored
from benchmarks.quality_suites import Setup
from indexer import ranking
from indexer.errors import IndexerError
from indexer.evaluation import comparison, sureness
from indexer.evaluation.run import Report
from indexer.wire import to_json
from training.errors import TrainingError

SUITES: Final = ("code", "text", "symbols")
MEANING: Final = "meaning"  # the signal of a chunk's vector
OF_VECTORS: Final = (MEANING, "subject", "prose")  # what is nothing without vectors
WORDS: Final = "words"  # that of BM25
JUDGED: Final = "judged"  # that of a cross-encoder, which is measured by `--rerank`
RESULTS: Final = Path(__file__).resolve().parent / "results" / "search_quality.json"

Result = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suites, write the result, print the tables."""
    options = parse(arguments)
    threads = options.threads or None
    shelf = Shelf(
        options.work,
        load=partial(embedder.load, threads=threads),
        load_reranker=partial(embedder.load_reranker, threads=threads),
        say=_say,
    )
    try:
        found: Result = {"machine": conditions(), "weights": dict(ranking.weights.WEIGHTS) | options.set, "suites": {}}
        for suite in options.suite:
            found["suites"][suite] = {"code": code, "text": text, "symbols": symbols}[suite](options, shelf)
        if options.rerank and (spent := shelf.reranker(options.rerank).milliseconds):
            name = shelf.reranker(options.rerank).name
            found["rerank"] = {"model": name, "queries": len(spent), "ms": statistics.median(spent)}
    except (IndexerError, TrainingError, embedder.EmbedderError) as error:
        _say(f"error: {error}\nhint: {error.hint}")
        return 2
    finally:
        shelf.close()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = "\n".join(quality_tables.lines(found)) + "\n"
    options.out.with_suffix(".txt").write_text(page, encoding="utf-8")
    print(page, end="")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure how good the search is, through the real index.")
    parser.add_argument("--data", type=Path, required=True, help="folder with bench/code-search and text sets")
    parser.add_argument("--repos", type=Path, help="folder of the benchmark's repositories, in no git checkout")
    parser.add_argument("--fetch", action="store_true", help="download the repositories that are not there")
    parser.add_argument("--suite", action="append", choices=SUITES, help="what to measure; repeatable (default: all)")
    parser.add_argument("--model", action="append", help="encoder; repeatable (default: gte-mini)")
    parser.add_argument("--no-vectors", action="store_true", help="only what needs no encoder")
    parser.add_argument("--repo", action="append", default=[], help="only this repository; repeatable")
    parser.add_argument("--text-set", action="append", default=[], help="only this text set; repeatable")
    parser.add_argument("--set", type=_weight, action="append", default=[], metavar="NAME=VALUE", help="a weight")
    parser.add_argument("--ablate", action="store_true", help="also every signal taken out, one at a time")
    parser.add_argument("--rerank", metavar="MODEL", help="also with this cross-encoder; a folder or a hub name")
    parser.add_argument(
        "--results",
        type=_named,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="another tool's results beside ours in the suite code, as the benchmark's peers.py writes; repeatable",
    )
    parser.add_argument("--symbols", type=int, default=suites.SYMBOLS, help="definitions drawn (default: 500)")
    parser.add_argument("--threads", type=int, default=0, help="of encoders (default: all cores)")
    parser.add_argument("--work", type=Path, help="folder of indexes and vectors (default: the user's cache)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the JSON that is written")
    options = parser.parse_args(arguments)
    options.suite = options.suite or list(SUITES)
    options.model = [] if options.no_vectors else (options.model or [embedder.DEFAULT_MODEL])
    options.set = dict(options.set)
    options.work = options.work or usual_folder()
    if options.repos is None and {"code", "symbols"} & set(options.suite):
        parser.error("--repos is needed for the suites code and symbols")
    if options.repos and options.repos.is_dir() and not outside_git(options.repos):
        parser.error(f"{options.repos} is in a git checkout, whose ignore rules would count; choose another --repos")
    if unknown := [name for name in options.set if not _is_weight(name)]:
        parser.error(f"--set: no weight `{unknown[0]}`; known are {', '.join(ranking.weights.WEIGHTS)}")
    if options.results and "code" not in options.suite:
        parser.error("--results are of the suite code, which is not measured")
    ours = [one.name for one in [*setups(options), *ablations(options)]]
    theirs = [name for name, _ in options.results]
    if twice := [name for name in theirs if name in ours or theirs.count(name) > 1]:
        parser.error(f"--results: there is another row named `{twice[0]}`; choose another name")
    return options


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, float(value)


def _named(text: str) -> tuple[str, Path]:
    name, _, path = text.rpartition("=")
    return name or Path(path).stem, Path(path)


def _is_weight(name: str) -> bool:
    return name in ranking.weights.WEIGHTS or (
        name.isupper() and isinstance(getattr(ranking.weights, name, None), int | float)
    )


def setups(options: argparse.Namespace) -> list[Setup]:
    """Return the ways to search that are measured, the whole ranking last of its kind."""
    found = [
        Setup(name="BM25 alone", weights=only(WORDS)),
        Setup(name="text", weights=options.set),
    ]
    for model in options.model:
        label = Path(model).name
        found += [
            Setup(name=f"{label} alone", model=model, weights=only(MEANING)),
            Setup(name=f"{label} + BM25", model=model, weights=only(MEANING, WORDS)),
        ]
        if options.rerank:
            found.append(Setup(name=f"{label} reranked", model=model, weights=options.set, rerank=options.rerank))
        found.append(Setup(name=f"{label} hybrid", model=model, weights=options.set))
    return found


def ablations(options: argparse.Namespace) -> list[Setup]:
    """Return the whole ranking of the first model, and of text alone, with each signal taken out in turn."""
    whole = [one for one in setups(options) if one.name == "text" or one.name.endswith(" hybrid")][:2]
    return [
        Setup(name=f"{one.name} - {signal}", model=one.model, weights={**one.weights, signal: 0.0})
        for one in whole
        for signal in ranking.weights.WEIGHTS
        if signal != JUDGED and (one.model or signal not in OF_VECTORS)
    ]


# -- the suites ------------------------------------------------------------------------------------------------------


def code(options: argparse.Namespace, shelf: Shelf) -> Result:
    """Measure every setup on the code-search benchmark, and compare each with the whole ranking."""
    task = _task(options)
    others = results(options, task)  # first: a file that cannot be read is told at once
    reports: dict[str, Report] = {}
    for setup in [*setups(options), *(ablations(options) if options.ablate else [])]:
        reports[setup.name] = suites.measure_code(task, shelf, setup)
        _say(f"code: {setup.name}: NDCG@10 {reports[setup.name].overall.ndcg.mean:.4f}")
    reference = setups(options)[-1].name if len(options.model) < 2 else f"{Path(options.model[0]).name} hybrid"
    rows = {name: _code_row(report, reports[reference], _ablated(name, reports)) for name, report in reports.items()}
    for name, one in others.items():
        rows[name] = _code_row(one.report, reports[reference], None) | {"unanswered": one.unanswered}
    return {"queries": len(task.queries), "missing": list(task.missing), "reference": reference, "rows": rows}


def _ablated(name: str, reports: Mapping[str, Report]) -> Report | None:
    """Return the ranking that a signal was taken out of."""
    return reports.get(name.rpartition(" - ")[0])


def results(options: argparse.Namespace, task: suites.CodeSearch) -> dict[str, Scored]:
    """Score the files of other tools by name, as our own answers are scored."""
    found = {}
    for name, path in options.results:
        found[name] = quality_results.measure(task.queries, quality_results.read(path))
        _say(f"code: {name}: NDCG@10 {found[name].report.overall.ndcg.mean:.4f}")
        if found[name].unanswered:
            _say(f"{path} has no line for {found[name].unanswered} of {len(task.queries)} queries; each scores 0")
    return found


def _code_row(report: Report, reference: Report, whole: Report | None) -> Result:
    change = comparison.compare(reference, report)
    row: Result = {
        "overall": to_json(report.overall),
        "by_category": to_json(report.by_category),
        "by_language": to_json(report.by_language),
        "by_repo": {name: one.ndcg.mean for name, one in report.by_repo.items()},
        "to_reference": to_json(change.ndcg),
        "to_reference_by_category": to_json(change.by_category),
    }
    if whole is not None:
        row["to_whole"] = to_json(comparison.compare(whole, report).ndcg)
    return row


def _task(options: argparse.Namespace) -> suites.CodeSearch:
    split = options.data / "bench" / "code-search"
    task = suites.code_search(split, options.repos, names=options.repo)
    if task.missing and options.fetch:
        names = [part for name in task.missing for part in ("--repo", name)]
        subprocess.run(
            [sys.executable, split / "fetch_repos.py", options.repos, *names], stdout=sys.stderr
        )  # what fails is told
        task = suites.code_search(split, options.repos, names=options.repo)
    if task.missing:
        _say(f"not in {options.repos}, left out (`--fetch` downloads): {', '.join(task.missing)}")
    if not task.queries:
        raise IndexerError(f"no repository of the benchmark is in {options.repos}", hint="give --fetch")
    return task


def text(options: argparse.Namespace, shelf: Shelf) -> Result:
    """Measure every setup on the text retrieval sets."""
    found: Result = {}
    root = options.data / "data" if (options.data / "data").is_dir() else options.data
    for one in suites.text_sets(root, shelf, names=options.text_set):
        scores = {setup.name: suites.measure_text(one, shelf, setup) for setup in setups(options)}
        means = {name: to_json(sureness.mean(values)) for name, values in scores.items()}
        found[one.name] = {"queries": len(one.content.queries), "ndcg": means, "differences": _to_better(scores)}
        _say(f"text: {one.name}: " + ", ".join(f"{name} {sum(row) / len(row):.4f}" for name, row in scores.items()))
    return found


def _to_better(scores: Mapping[str, Sequence[float]]) -> Result:
    """Compare each hybrid with the better of its dense and BM25, and what is reranked with its hybrid."""
    found = {}
    for name, values in scores.items():
        if name.endswith(" reranked"):
            hybrid = f"{name.removesuffix(' reranked')} hybrid"
            found[name] = {"better": hybrid, **to_json_dict(sureness.difference(scores[hybrid], values))}
        if name.endswith(" hybrid"):
            dense = f"{name.removesuffix(' hybrid')} alone"
            better = max((dense, "BM25 alone"), key=lambda other: sum(scores[other]))
            found[name] = {"better": better, **to_json_dict(sureness.difference(scores[better], values))}
    return found


def to_json_dict(value: object) -> Result:
    """Return the JSON of a dataclass, which is an object."""
    found = to_json(value)
    assert isinstance(found, dict)
    return found


def symbols(options: argparse.Namespace, shelf: Shelf) -> Result:
    """Measure how often the first hit for a name is its definition, spelt right and with one typo."""
    task = _task(options)
    all_of = {name: suites.definitions_of(shelf.index(corpus), name) for name, corpus in task.corpora.items()}
    wrong = suites.typos(all_of)
    exact = suites.drawn(all_of, options.symbols)
    long = {name: [one for one in found if one in wrong] for name, found in all_of.items()}
    typing = suites.drawn(long, options.symbols)
    found: Result = {"definitions": sum(map(len, all_of.values())), "missing": list(task.missing), "rows": {}}
    for setup in [one for one in setups(options) if one.name == "text" or one.name.endswith(" hybrid")]:
        row: Result = {}
        for what, chosen, asked in (
            ("exact", exact, [one.asked for one in exact]),
            ("typo", typing, [wrong[one] for one in typing]),
        ):
            right = suites.measure_symbols(chosen, asked, task.corpora, shelf, setup)
            repos: dict[str, list[float]] = {}
            for one, value in zip(chosen, right, strict=True):
                repos.setdefault(one.repo, []).append(value)
            row[what] = {
                "asked": len(right),
                "first": to_json(sureness.mean(right)),
                "by_repo": {name: sum(values) / len(values) for name, values in sorted(repos.items())},
                "missed": [
                    f"{one.repo}: {query} -> {one.path} {one.symbol}"
                    for one, query, value in zip(chosen, asked, right, strict=True)
                    if not value
                ],
            }
            _say(f"symbols: {setup.name}, {what}: {sum(right) / len(right):.4f}")
        found["rows"][setup.name] = row
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
