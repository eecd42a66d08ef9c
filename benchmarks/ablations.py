"""Train a small model once for each ablation of the GTE paper, and say whether its direction shows here too.

    python -m benchmarks.ablations --data PREPARED --eval DATA --start MODEL --out DIR

The student is the first layers of MODEL; every variant trains it with the `tiny` recipe's shape on the same sources and
differs in one thing. A seed decides which rows are drawn, so variants are compared seed by seed. Every run is one file
below DIR/runs, and one that is there with the same settings is not done again: the same command goes on after a kill.
The result goes to DIR/ablations.json and DIR/ablations.md.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import ablation_tables
from benchmarks.machine import conditions

SETS: Final = (  # small ones, of code and of two kinds of prose
    "docfunc_csharp",
    "humaneval",
    "nl2bash",
    "odex_en",
    "medquad_cancer",
    "se_quantum_qa",
    "sts13",
    "stsbenchmark",
)
MINED: Final = (  # sources of stage 2: code, whose negatives are mined, and prose that has some of its own
    "docfunc_go",
    "docfunc_java",
    "docfunc_javascript",
    "docfunc_python",
    "nl2bash",
    "acl_abstracts",
    "medical_question_entailment",
    "medquad",
    "us_digital_gov_posts",
    "wordnet_glosses",
)
QUERY_TOKENS: Final = 24
PASSAGE_TOKENS: Final = 40  # also in evaluation: longer positions were never trained
BATCH: Final = 64
STEPS_FIXED: Final = (16, 32, 128)  # batches; with BATCH eight times from end to end, as in the paper
PAIRS_FIXED: Final = (16, 128)
COLD: Final = 0.01  # the paper's temperature; the recipe's is 0.05
ALPHAS: Final = (0.0, 0.3, 1.0)  # beside the recipe's 0.5
NEGATIVES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to train the student."""

    name: str
    stage: str  # pretrain or finetune; empty: not trained at all
    after: str = ""  # variant whose checkpoint it starts from, of the same seed
    changes: Mapping[str, Any] = field(default_factory=dict)  # key of the stage -> value


def variants(steps: int) -> list[Variant]:
    """Return what is trained, in an order in which each comes after what it starts from.

    steps: of stage 1 at BATCH.
    """

    def first(name: str, **changes: Any) -> Variant:  # noqa: ANN401  # any value of a stage
        return Variant(name=name, stage="pretrain", changes=changes)

    return [
        Variant(name="start", stage=""),
        first("stage-1"),
        first("stage-1-info-nce", loss="info_nce"),
        first("cold", temperature=COLD),
        first("cold-info-nce", temperature=COLD, loss="info_nce"),
        Variant(name="stage-2-only", stage="finetune"),
        Variant(name="both", stage="finetune", after="stage-1"),
        Variant(name="both-info-nce", stage="finetune", after="stage-1", changes={"loss": "info_nce"}),
        *(first(f"alpha-{alpha:g}", alpha=alpha) for alpha in ALPHAS),
        *(first(f"steps-batch-{size}", batch=size) for size in STEPS_FIXED),
        *(first(f"pairs-batch-{size}", batch=size, steps=steps * BATCH // size) for size in PAIRS_FIXED),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, and print the tables."""
    import torch

    options = parse(arguments)
    torch.set_num_threads(options.threads)
    runs = [done(variant, seed, options) for variant, seed in wanted(options)]
    found = {"machine": conditions(), "settings": settings(options), "runs": runs}
    page = ablation_tables.page(found)
    (options.out / "ablations.json").write_text(ablation_tables.as_json(found), encoding="utf-8")
    (options.out / "ablations.md").write_text(page, encoding="utf-8")
    print(page, end="")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Repeat the ablations of the GTE paper at small scale.")
    parser.add_argument("--data", type=Path, required=True, help="folder that `gte-train prepare` wrote")
    parser.add_argument("--eval", type=Path, required=True, help="folder of evaluation sets")
    parser.add_argument("--start", type=Path, required=True, help="checkpoint whose first layers are the student")
    parser.add_argument("--out", type=Path, required=True, help="folder of runs and result")
    parser.add_argument("--layers", type=int, default=2, help="of the student (default 2)")
    parser.add_argument("--steps", type=int, default=60, help=f"of stage 1, at batch {BATCH} (default 60)")
    parser.add_argument("--rate", type=float, default=3e-4, help="of stage 1 (default 3e-4)")
    parser.add_argument("--finetune-steps", type=int, default=40, help="of stage 2, at the recipe's batch (default 40)")
    parser.add_argument("--finetune-rate", type=float, default=1e-4, help="of stage 2 (default 1e-4)")
    parser.add_argument("--mined-rows", type=int, default=400, help="of each source of stage 2 (default 400)")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 (default 3)")
    parser.add_argument("--sets", nargs="+", default=list(SETS), metavar="NAME", help="evaluation sets")
    parser.add_argument("--mined", nargs="+", default=list(MINED), metavar="NAME", help="sources of stage 2")
    parser.add_argument("--threads", type=int, default=2, help="of the processor (default 2)")
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="only these variants (and what they start from)")
    return parser.parse_args(arguments)


def wanted(options: argparse.Namespace) -> list[tuple[Variant, int]]:
    """Return the runs: every variant of a seed before the next seed, so that a run that is cut short compares all."""
    chosen = variants(options.steps)
    if options.only:
        needed = {*options.only, *(variant.after for variant in chosen if variant.name in options.only)}
        chosen = [variant for variant in chosen if variant.name in needed]
    return [(variant, seed) for seed in range(options.seeds) for variant in chosen if variant.stage or seed == 0]


def done(variant: Variant, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return the result of one run, from disk where it is there."""
    path = options.out / "runs" / f"{variant.name}-{seed}.json"
    asked = {**settings(options), **variant.changes}
    if path.is_file():
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if known.pop("asked") == asked:
            return known
    began = time.process_time()
    folder = trained(variant, seed, options)
    middle = time.process_time()
    scores, means = measured(folder, options)
    ended = time.process_time()
    seconds = {"training": round(middle - began, 1), "evaluation": round(ended - middle, 1)}  # of the processor
    result = {"variant": variant.name, "seed": seed, "means": means, "scores": scores}
    result |= {**logged(folder.parent), "seconds": seconds}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".part").write_text(json.dumps(result | {"asked": asked}, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".part").replace(path)
    line = f"{variant.name} {seed}: code {means['code']:.4f}, text {means['text']:.4f}, {seconds}"
    print(line, file=sys.stderr, flush=True)
    if variant.stage and variant.name not in {other.after for other in variants(options.steps)}:
        shutil.rmtree(folder.parent)  # 180 MB with the optimiser
    return result


# -- one run -------------------------------------------------------------------------------------------------------


def trained(variant: Variant, seed: int, options: argparse.Namespace) -> Path:
    """Train a variant; return its checkpoint."""
    from training import checkpoint, recipe
    from training.loop import train

    start: Path = options.out / "start"
    if not start.is_dir():
        first_layers(options.start, start, layers=options.layers)
    if not variant.stage:
        return start
    data: Path = mined(options) if variant.stage == "finetune" else options.data
    if variant.after:
        (start,) = checkpoint.found(options.out / "checkpoints" / f"{variant.after}-{seed}")
    shared = {
        "seed": seed,
        "dims": [],
        "query_tokens": QUERY_TOKENS,
        "passage_tokens": PASSAGE_TOKENS,
        "save_every": 10**9,  # only the end
        "exclude": excluded(),
    }
    own = {
        "pretrain": {"steps": options.steps, "batch": BATCH, "rate": options.rate},
        "finetune": {"steps": options.finetune_steps, "rate": options.finetune_rate, "negatives": NEGATIVES},
    }
    changed = shared | own[variant.stage] | dict(variant.changes)
    changes = {"start": str(start)} | {f"{variant.stage}.{key}": value for key, value in changed.items()}
    run = options.out / "checkpoints" / f"{variant.name}-{seed}"
    shutil.rmtree(run, ignore_errors=True)  # a run is short: one that was cut is done again
    return train(recipe.read("tiny", changes), variant.stage, data=data, run=run)


def excluded() -> list[str]:
    """Return the sources that the shipped recipe leaves out for their licence."""
    from training import recipe

    return list(recipe.read("gte-mini").stage("pretrain").exclude)


def first_layers(checkpoint: Path, out: Path, *, layers: int | None = None) -> None:
    """Write the first `layers` layers (None: all) of a BERT checkpoint as one that reads PASSAGE_TOKENS tokens."""
    from safetensors.numpy import load_file, save_file

    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(checkpoint, part, ignore=shutil.ignore_patterns("*.safetensors", "*.md"))
    config = json.loads((part / "config.json").read_text(encoding="utf-8"))
    layers = min(layers or config["num_hidden_layers"], config["num_hidden_layers"])
    weights = load_file(checkpoint / "model.safetensors")
    kept = {name: array for name, array in weights.items() if layer_of(name) < layers}
    save_file(kept, part / "model.safetensors", metadata={"format": "pt"})
    limits = {"max_seq_length": PASSAGE_TOKENS, "do_lower_case": False}
    for name, said in (
        ("config.json", config | {"num_hidden_layers": layers}),
        ("sentence_bert_config.json", limits),
    ):
        (part / name).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    part.rename(out)


def layer_of(name: str) -> int:
    """Return the number of the layer that a tensor belongs to, -1 for those before all.

    >>> layer_of("encoder.layer.11.output.dense.bias"), layer_of("embeddings.LayerNorm.weight")
    (11, -1)
    """
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) if "layer" in parts else -1


def mined(options: argparse.Namespace) -> Path:
    """Return the data of stage 2: rows with hard negatives, which the whole start model looks for."""
    import embedder
    from training.mine import mine
    from training.progress import on_stderr

    out: Path = options.out / "mined"
    miner = out.with_name("miner")
    if not out.is_dir():
        if not miner.is_dir():
            first_layers(options.start, miner)
        left = out.with_name(f"{out.name}.part")
        mine(
            options.data,
            left,
            encoder=embedder.load(miner, device="cpu", threads=options.threads),
            patterns=options.mined,
            rows=options.mined_rows,
            negatives=NEGATIVES,
            say=on_stderr(),
        )
        left.rename(out)
    return out


def measured(folder: Path, options: argparse.Namespace) -> tuple[dict[str, float], dict[str, float]]:
    """Return the score of each set and the means of code and of text (of its kinds of task), 0 to 1."""
    import embedder
    from training.evaluation import report, sets
    from training.evaluation.command import chosen
    from training.evaluation.progress import Progress
    from training.evaluation.run import Model, evaluate

    places = chosen(sets.find(options.eval), suite="all", names=",".join(options.sets))
    with tempfile.TemporaryDirectory() as kept:
        encoder = embedder.load(folder, device="cpu", threads=options.threads, cache_dir=Path(kept))
        model = Model.of(encoder, label="student")
        results = list(evaluate([model], places, out=Path(kept), progress=Progress(lambda _: None)))
    means = report.means(results, "student")
    text = means.get("text, by group") or means[next(name for name in means if name != "code")]
    assert text is not None
    assert means["code"] is not None
    return {one.set: one.score for one in results if one.score is not None}, {"code": means["code"], "text": text}


def logged(run: Path) -> dict[str, Any]:
    """Return pairs seen and the mean loss of the last tenth of the steps."""
    from training import log

    if not (run / log.NAME).is_file():
        return {"pairs": 0, "loss": None}
    steps = log.read(run)
    last = steps[-max(1, len(steps) // 10) :]
    return {"pairs": steps[-1]["pairs"], "loss": round(statistics.fmean(step["loss"] for step in last), 4)}


# -- what the numbers depend on ------------------------------------------------------------------------------------


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what decides a result, beside variant and seed."""
    names = ("layers", "steps", "rate", "finetune_steps", "finetune_rate", "mined_rows", "sets", "mined")
    fixed = {"query_tokens": QUERY_TOKENS, "passage_tokens": PASSAGE_TOKENS, "batch": BATCH, "negatives": NEGATIVES}
    return {"start": options.start.name, **fixed} | {name: getattr(options, name) for name in names}


if __name__ == "__main__":
    sys.exit(main())
