"""Results to a table and to JSON. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from training.evaluation.run import Result
from training.evaluation.sets import Suite, Task
from training.evaluation.tasks import MAIN

MEAN: Final = "mean"
ABSENT: Final = "-"


def group(result: Result) -> str:
    """Name the group of a set: `code`, or the task of a text set."""
    if result.suite is Suite.CODE:
        return "code"
    return "text retrieval" if result.task is Task.RETRIEVAL else result.task.value


def groups(results: Sequence[Result]) -> list[str]:
    """Return the groups in which there is a set, in the order of the table."""
    order = ["code", "text retrieval", *(task.value for task in Task if task is not Task.RETRIEVAL)]
    found = {group(result) for result in results}
    return [name for name in order if name in found]


def means(results: Sequence[Result], model: str) -> dict[str, float | None]:
    """Return a model's means: of each group, of text by set and by group, of all sets.

    None where the model lacks a set that another has: a mean over fewer sets could not be compared.
    """
    scores = {result.set: result.score for result in results if result.model == model}
    names = {name: {result.set for result in results if group(result) == name} for name in groups(results)}
    found: dict[str, float | None] = {name: _mean([scores.get(one) for one in sorted(names[name])]) for name in names}
    text = [name for name in names if name != "code"]
    if len(text) > 1:
        found["text, by set"] = _mean([scores.get(one) for name in text for one in sorted(names[name])])
        found["text, by group"] = _mean([found[name] for name in text])
    if len(names) > 1:
        found["all sets"] = _mean([scores.get(one) for name in names for one in sorted(names[name])])
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of the table: a column a model, a row a set, scores times 100."""
    models = list(dict.fromkeys(result.model for result in results))
    rows = list(_rows(results, models))
    label = max(len(name) for name, _ in rows)
    width = max(7, *map(len, models))
    yield " ".join([" " * label, *(model.rjust(width) for model in models)])
    for name, cells in rows:
        yield " ".join([name.ljust(label), *(cell.rjust(width) for cell in cells)]).rstrip()


def _rows(results: Sequence[Result], models: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield label and cells of each row; a heading has no cells."""
    score = {(result.model, result.set): result.score for result in results}
    mean = {model: means(results, model) for model in models}
    for name in groups(results):
        members = [result for result in results if group(result) == name]
        measures = dict.fromkeys(MAIN[result.task] for result in members)
        yield f"{name} ({', '.join(measures)})", []
        for one in dict.fromkeys(result.set for result in members):
            yield f"  {one}", [_cell(score.get((model, one))) for model in models]
        yield f"  {MEAN}", [_cell(mean[model][name]) for model in models]
    for name in next(iter(mean.values())):
        if name not in groups(results):
            yield f"{MEAN}: {name}", [_cell(mean[model][name]) for model in models]


def _cell(score: float | None) -> str:
    return ABSENT if score is None else f"{100 * score:.2f}"


def as_json(results: Sequence[Result]) -> Mapping[str, Any]:
    """Return what `--json` prints: the means of each model, then every result; scores are 0 to 1."""
    models = list(dict.fromkeys(result.model for result in results))
    return {
        "means": {model: means(results, model) for model in models},
        "results": [asdict(result) for result in results],
    }
