"""`gte-train evaluate`: arguments, loading, printing. Data goes to stdout, progress to stderr."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from training.arguments import count
from training.errors import DataError

if TYPE_CHECKING:
    from training.evaluation.run import Model
    from training.evaluation.sets import Place

OUT: Final = Path("evaluation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("models", nargs="+", metavar="MODEL", help="a known name, a checkpoint folder, or `bm25`")
    parser.add_argument(
        "--data", required=True, type=Path, metavar="DIR", help="folder with `code` and `text`, of sets, or of one set"
    )
    parser.add_argument("--suite", choices=("code", "text", "all"), default="all", help="which sets (default: all)")
    parser.add_argument("--sets", metavar="NAME,...", help="only these sets")
    parser.add_argument(
        "--out", type=Path, default=OUT, metavar="DIR", help=f"where results and vectors are kept (default: {OUT})"
    )
    parser.add_argument("--again", action="store_true", help="measure also what was measured before")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--runtime", choices=("auto", "torch", "ct2"), default="auto", help="what computes the model")
    parser.add_argument("--device", default="auto", help="cpu, cuda or cuda:N (default: a GPU where there is one)")
    parser.add_argument("--threads", type=count, help="of the processor (default: the runtime chooses)")
    parser.add_argument("--dim", type=count, help="use only so many leading numbers of each vector")
    parser.add_argument(
        "--symmetric",
        choices=("auto", "query", "passage"),
        default="auto",
        help="role of texts compared as equals (default: as the model's publisher says: passage for bge, else query)",
    )


def run(options: argparse.Namespace) -> int:
    """Measure, and print the table; return 0. Raises TrainingError or EmbedderError."""
    from training.atomic import write_json
    from training.evaluation import report, sets
    from training.evaluation.progress import Progress
    from training.evaluation.run import evaluate
    from training.progress import on_stderr

    places = chosen(sets.find(options.data), suite=options.suite, names=options.sets)
    progress = Progress(on_stderr())
    results = []
    for result in evaluate(load(options), places, out=options.out, again=options.again, progress=progress):
        results.append(result)
    report_json = report.as_json(results)
    write_json(options.out / "evaluation.json", report_json)
    if options.json:
        print(json.dumps(report_json, indent=1, ensure_ascii=False))
    else:
        for line in report.table(results):
            print(line)
    return 0


def chosen(places: Sequence["Place"], *, suite: str, names: str | None) -> list["Place"]:
    """Return the sets that were asked for. Raises DataError where a name is unknown or nothing is left."""
    left = [place for place in places if suite in ("all", place.suite.value)]
    if names is not None:
        wanted = {name.strip() for name in names.split(",") if name.strip()}
        unknown = sorted(wanted - {place.name for place in left})
        if unknown:
            known = ", ".join(place.name for place in left)
            raise DataError(f"there is no set `{unknown[0]}`", hint=f"choose among: {known or 'none'}")
        left = [place for place in left if place.name in wanted]
    if not left:
        raise DataError(f"no set of the suite `{suite}` is there", hint="name another folder or suite")
    return left


def load(options: argparse.Namespace) -> list["Model"]:
    """Load every model before the first is measured, so that a wrong name is told at once."""
    import embedder
    from training.evaluation.run import BASELINE, BM25, Model

    symmetric = None if options.symmetric == "auto" else options.symmetric
    models = []
    for name in dict.fromkeys(options.models):
        if name == BM25:
            models.append(BASELINE)
            continue
        encoder = embedder.load(name, device=options.device, runtime=options.runtime, threads=options.threads)
        models.append(Model.of(encoder, dim=options.dim, symmetric=symmetric))
    labels = Counter(model.label for model in models)
    if max(labels.values()) > 1:  # two folders of one name: the fingerprint tells them apart
        repeated = {label for label, count in labels.items() if count > 1}
        models = [relabelled(model) if model.label in repeated else model for model in models]
    return models


def relabelled(model: "Model") -> "Model":
    """Name a model by its fingerprint."""
    from dataclasses import replace

    return replace(model, label=model.fingerprint)
