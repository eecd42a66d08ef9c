"""Estimate how good the ranking is on repositories that its weights were not chosen on.

    python -m benchmarks.cross_validation --data DATA --repos REPOS --out RESULT.json [--no-vectors]

For each repository of the code-search benchmark, weights are chosen on all the others and measured on that one. The
choice is made by machine, since a hand that has seen all questions cannot forget them: coordinate descent from weights
that are all alike, each weight halved, doubled, taken out or put in, as long as that is better. The mean over the
questions left out is the headline; that of the weights that ship, chosen on all, stands beside it.

Folders and options are those of `benchmarks.search_quality`. Every measured set of weights is kept beside the result
and is not measured again, so a run of the same commit that was killed goes on.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import embedder
from benchmarks import machine
from benchmarks import quality_suites as suites
from benchmarks.quality_indexes import Shelf, outside_git, usual_folder
from benchmarks.quality_suites import CodeSearch, Setup
from indexer import ranking

START: Final = 0.5  # of every signal: of one sign with the weight that ships, which is what the signal means
FIXED: Final = ("place", "frame", "here", "prose", "judged")  # what the benchmark asks nothing of
FACTORS: Final = (0.0, 0.5, 2.0)
FEWEST: Final = 2  # repositories
ROUNDS: Final = 2
SMALLEST: Final = 0.05  # what a weight of 0 becomes when it is put in
LEAST: Final = 0.002  # gain that is worth another weight: two thirds of a question answered first instead of not at all

Weights = dict[str, float]
Scores = dict[str, list[tuple[str, float]]]
"""Category and NDCG@10 of each question, by repository."""
Measure = Callable[[Weights], Scores]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What came of a repository by the weights that were chosen without it."""

    weights: Weights
    scores: list[tuple[str, float]]

    @property
    def mean(self) -> float:
        """NDCG@10 over the repository's questions."""
        return fmean([value for _, value in self.scores])


def main(arguments: Sequence[str] | None = None) -> int:
    """Choose and measure for every repository; write JSON and text."""
    options = _parse(arguments)
    shelf = Shelf(options.work, say=_say)
    task = suites.code_search(options.data / "bench" / "code-search", options.repos)
    if len(task.corpora) < FEWEST:
        _say(f"error: too few of the benchmark's repositories to leave one out: {len(task.corpora)} in {options.repos}")
        return 2
    memory = options.out.with_suffix(f".memory-{machine.commit()}-{options.model or 'text'}.json".replace("/", "_"))
    measure = _remembering(memory, shelf, task, options.model)
    folds = {}
    for repo in task.corpora:
        weights = descend(partial(_others, measure, repo), start())
        folds[repo] = Fold(weights=weights, scores=measure(weights)[repo])
        _say(f"{repo}: {folds[repo].mean:.3f} by the weights of the others")
    shipped = measure({name: value for name, value in ranking.weights.WEIGHTS.items() if name not in FIXED})
    shelf.close()
    result = {
        "model": options.model,
        "missing": list(task.missing),
        "left_out": _categories({repo: fold.scores for repo, fold in folds.items()}),
        "shipped": _categories(shipped),
        "repositories": {
            repo: {
                "left_out": fold.mean,
                "shipped": fmean([value for _, value in shipped[repo]]),
                "weights": fold.weights,
            }
            for repo, fold in folds.items()
        },
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    page = "\n".join(lines(result)) + "\n"
    options.out.with_suffix(".txt").write_text(page, encoding="utf-8")
    print(page, end="")
    return 0


def start() -> Weights:
    """Return what the descent begins with."""
    return {
        name: START if value > 0 else -START for name, value in ranking.weights.WEIGHTS.items() if name not in FIXED
    }


def descend(value: Callable[[Weights], float], weights: Weights) -> Weights:
    """Return weights from which no single change of a factor makes `value` better, or those after ROUNDS rounds."""
    best = value(weights)
    for _ in range(ROUNDS):
        before = best
        for name in list(weights):
            for tried in _neighbours(weights[name], sign=-1.0 if ranking.weights.WEIGHTS[name] < 0 else 1.0):
                changed = {**weights, name: tried}
                if (found := value(changed)) > best + LEAST:
                    best, weights = found, changed
        if best == before:
            break
    return weights


def _neighbours(weight: float, *, sign: float) -> list[float]:
    return [weight * factor for factor in FACTORS] if weight else [sign * SMALLEST, sign * START]


def lines(result: Mapping[str, Any]) -> list[str]:
    """Write the result as a table of text."""
    left, shipped = result["left_out"], result["shipped"]
    found = [
        f"NDCG@10, {result['model'] or 'no vectors'}{'':<22} {'  '.join(left)}",
        f"{'weights chosen without the repository':<40} {'  '.join(f'{left[one]:.4f}' for one in left)}",
        f"{'the weights that ship, chosen on all':<40} {'  '.join(f'{shipped[one]:.4f}' for one in left)}",
        "",
        f"{'repository':<24} {'left out':>8} {'shipped':>8}",
    ]
    for repo, row in result["repositories"].items():
        found.append(f"{repo:<24} {row['left_out']:8.3f} {row['shipped']:8.3f}")
    if result["missing"]:
        found.append(f"\nnot there: {', '.join(result['missing'])}")
    return found


def _remembering(path: Path, shelf: Shelf, task: CodeSearch, model: str | None) -> Measure:
    memory: dict[str, Scores] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def measure(weights: Weights) -> Scores:
        key = json.dumps(weights, sort_keys=True)
        if key not in memory:
            report = suites.measure_code(task, shelf, Setup(name="trial", model=model, weights=weights))
            scores: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
            for row in report.rows:
                scores[str(row.repo)].append((str(row.category), row.ndcg))
            memory[key] = dict(scores)
            whole = path.with_suffix(".part")
            whole.write_text(json.dumps(memory), encoding="utf-8")
            whole.replace(path)
            _say(f"{len(memory)} sets of weights measured; this one {report.overall.ndcg.mean:.4f}")
        return memory[key]

    return measure


def _others(measure: Measure, left_out: str, weights: Weights) -> float:
    """Mean over the questions of all other repositories."""
    return fmean([value for repo, rows in measure(weights).items() if repo != left_out for _, value in rows])


def _categories(scores: Scores) -> dict[str, float]:
    by: defaultdict[str, list[float]] = defaultdict(list)
    for rows in scores.values():
        for category, value in rows:
            by["all"].append(value)
            by[category].append(value)
    return {name: fmean(by[name]) for name in sorted(by)}


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the ranking on repositories its weights were not chosen on.")
    parser.add_argument("--data", type=Path, required=True, help="folder with bench/code-search")
    parser.add_argument("--repos", type=Path, required=True, help="folder of the benchmark's repositories")
    parser.add_argument("--model", default=embedder.DEFAULT_MODEL, help="encoder (default: gte-mini)")
    parser.add_argument("--no-vectors", dest="model", action="store_const", const=None, help="by words alone")
    parser.add_argument("--work", type=Path, help="folder of indexes and vectors (default: the user's cache)")
    parser.add_argument("--out", type=Path, required=True, help="the JSON that is written")
    options = parser.parse_args(arguments)
    if options.repos.is_dir() and not outside_git(options.repos):
        parser.error(f"{options.repos} is in a git checkout, whose ignore rules would count; choose another --repos")
    options.work = options.work or usual_folder()
    return options


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
