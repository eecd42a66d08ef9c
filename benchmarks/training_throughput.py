"""Measure how many pairs a second a training step takes in, beside sentence-transformers' trainer.

    python -m benchmarks.training_throughput --model FOLDER --data PREPARED --out RESULT.json

Both sides train the same model with the same loss (GTE's four directions under one log), temperature, batch, length,
optimiser, dropout and arithmetic, on the same rows in the same batches; without dropout the two losses must be equal.
Each run is a process of its own; they take turns, A B A B, so that a machine that slows down slows both; the ratio is
taken within each turn. A step is all that a user waits for, from one step's end to the next: reading, tokenising,
forward, loss, backward, clip, update. The last turn is followed by a profile of each. The tables go to RESULT.md and to
stdout.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import profiling
from benchmarks.machine import conditions, gpu

if TYPE_CHECKING:
    from torch.profiler import profile

    from training.data import Row

SIDES: Final = profiling.SIDES
RATE: Final = 2e-5  # low: the model stays itself, so that no turn computes on other numbers than another


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print the tables."""
    options = parse(arguments)
    if options.side:
        run = train_ours if options.side == "ours" else train_theirs
        print(json.dumps(run(options)))
        return 0
    turns = []
    for number in range(options.rounds):
        turn = {side: child(options, side) for side in SIDES}
        turns.append(turn)
        print(f"turn {number + 1}/{options.rounds}: {ratio(turn):.2f} times as many pairs a second", file=sys.stderr)
    profiles = {side: child(options, side, profiled=True)["profile"] for side in SIDES} if options.profile else {}
    names = {"model": options.model.name, "data": options.data.name}  # where they lie is nobody else's business
    found = {
        "machine": measured_on(options),
        "settings": settings(options) | names,
        "turns": turns,
        "profiles": profiles,
    }
    page = markdown(found)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        options.out.with_suffix(".md").write_text(page, encoding="utf-8")
    print(page, end="")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare our training step with sentence-transformers' trainer.")
    parser.add_argument("--model", type=Path, required=True, help="folder of a checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="folder that `gte-train prepare` wrote")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--batch", type=int, default=256, help="pairs a step")
    parser.add_argument("--tokens", type=int, default=128, help="longest text, of queries and of passages")
    parser.add_argument("--temperature", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--steps", type=int, default=10, help="measured steps a turn")
    parser.add_argument("--warmup", type=int, default=2, help="steps before them")
    parser.add_argument("--rounds", type=int, default=3, help="turns")
    parser.add_argument(
        "--chunk",
        type=int,
        default=16384,
        help="padded tokens that go through the model at once: ours always do, theirs where gradients are cached",
    )
    parser.add_argument("--cached", action="store_true", help="with gradient caching, on both sides")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32", help="of both sides")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the processor")
    parser.add_argument("--no-profile", dest="profile", action="store_false", help="leave the profiles out")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--profiled", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def child(options: argparse.Namespace, side: str, *, profiled: bool = False) -> Any:  # noqa: ANN401  # JSON
    """Run one side in a process of its own; return what it measured."""
    passed = {name: value for name, value in settings(options).items() if name != "cached"}
    command = [sys.executable, "-m", "benchmarks.training_throughput", "--side", side]
    command += [part for name, value in passed.items() for part in (f"--{name}", str(value))]
    command += ["--cached"] if options.cached else []
    command += ["--profiled"] if profiled else []
    root = Path(__file__).resolve().parent.parent
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads), "TOKENIZERS_PARALLELISM": "true"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"error: the run of {side} failed\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what both sides have in common."""
    names = (
        "model",
        "data",
        "batch",
        "tokens",
        "temperature",
        "dropout",
        "steps",
        "warmup",
        "chunk",
        "cached",
        "precision",
        "device",
    )
    return {name: str(value) if isinstance(value := getattr(options, name), Path) else value for name in names} | {
        "threads": options.threads
    }


# -- the two sides: each in its own process ------------------------------------------------------------------


class Clock:
    """Notes when each step ended, and profiles some of the measured ones where asked."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.ends: list[float] = []
        self._first = options.warmup if options.profiled else -1
        self._cuda = options.device.startswith("cuda")
        self._profile: profile | None = None
        self.found: dict[str, Any] = {}

    def tick(self) -> None:
        """Call it when a step has ended."""
        import torch

        if self._cuda:
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())
        if len(self.ends) == self._first:
            self._profile = torch.profiler.profile()  # of the processor, and of a GPU where there is one
            self._profile.start()
        if self._profile is not None and len(self.ends) == self._first + profiling.STEPS:
            wall = self.ends[-1] - self.ends[-1 - profiling.STEPS]
            self._profile.stop()
            self.found = profiling.by_kind(self._profile, wall)
            self._profile = None


def train_ours(options: argparse.Namespace) -> dict[str, Any]:
    """Train with the loop of `training`."""
    from training import log
    from training.loop import train

    clock = Clock(options)

    def ended(_: int) -> bool:  # the loop asks after each step whether to stop
        clock.tick()
        return False

    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        train(
            recipe_of(options),
            "pretrain",
            data=options.data,
            run=run,
            start=options.model,
            device=options.device,
            precision=options.precision,
            until=ended,
        )
        steps = log.read(run)
    expected = [source for source, _ in batches(options)]
    if [step["source"] for step in steps] != expected:
        sys.exit("error: the two sides would train on different rows: `batches` draws otherwise than the loop")
    return measured(clock, options, loss=statistics.fmean(step["loss"] for step in steps))


def train_theirs(options: argparse.Namespace) -> dict[str, Any]:
    """Train with sentence-transformers' trainer."""
    import torch
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.base.sampler import DefaultBatchSampler
    from sentence_transformers.sentence_transformer.losses import (
        CachedMultipleNegativesRankingLoss,
        MultipleNegativesRankingLoss,
    )
    from torch.utils.data import SequentialSampler
    from transformers import TrainerCallback

    dataset: Any = import_module("datasets").Dataset  # has no types, and is installed for benchmarks only
    torch.set_num_threads(options.threads)
    clock = Clock(options)

    class Ticking(TrainerCallback):
        def on_step_end(self, *_: object, **__: object) -> None:
            clock.tick()

    # weights stored in half precision would else be trained in it
    model = SentenceTransformer(str(options.model), device=options.device, model_kwargs={"dtype": "float32"})
    model.max_seq_length = options.tokens
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = options.dropout
    four = ("query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc")
    shared = {"scale": 1 / options.temperature, "directions": four, "partition_mode": "joint"}
    loss = (
        CachedMultipleNegativesRankingLoss(model, mini_batch_size=max(1, options.chunk // options.tokens), **shared)
        if options.cached
        else MultipleNegativesRankingLoss(model, **shared)
    )
    rows = [row for _, drawn in batches(options) for row in drawn]
    data = dataset.from_dict({"anchor": [row.query for row in rows], "positive": [row.positive for row in rows]})
    stage = recipe_of(options).stage("pretrain")
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=options.batch,
            max_steps=stage.steps,
            learning_rate=stage.rate,
            warmup_steps=round(stage.steps * stage.warmup),
            weight_decay=stage.weight_decay,
            max_grad_norm=stage.clip,
            bf16=options.precision == "bfloat16",
            use_cpu=options.device == "cpu",
            batch_sampler=lambda rows, **given: DefaultBatchSampler(SequentialSampler(rows), **given),
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = SentenceTransformerTrainer(
            model=model, args=arguments, train_dataset=data, loss=loss, callbacks=[Ticking()]
        )
        done = trainer.train()
    return measured(clock, options, loss=done.training_loss)


def recipe_of(options: argparse.Namespace) -> Any:  # noqa: ANN401  # a Recipe; the import is heavy
    """Return a recipe of one stage with nothing but the loss."""
    from training.data import open_prepared
    from training.recipe import Recipe, Stage

    # every batch is full, so that both sides take the same steps
    short = tuple(source.name for source in open_prepared(options.data) if len(source) < options.batch)
    stage = Stage(
        steps=options.warmup + options.steps,
        batch=options.batch,
        rate=RATE,
        temperature=options.temperature,
        query_tokens=options.tokens,
        passage_tokens=options.tokens,
        chunk_tokens=options.chunk,
        dropout=options.dropout,
        replay=options.cached,
        exclude=short,
        save_every=10**9,
    )
    return Recipe(name="throughput", start=str(options.model), pretrain=stage)


def batches(options: argparse.Namespace) -> "list[tuple[str, list[Row]]]":
    """Return source and rows of every step, as the loop draws them."""
    from training.data import open_prepared
    from training.loop import mixture_of

    stage = recipe_of(options).stage("pretrain")
    sources = [source for source in open_prepared(options.data) if len(source) >= options.batch]
    mixture = mixture_of(sources, stage)
    draws = [mixture[step] for step in range(stage.steps)]
    return [(sources[draw.source].name, sources[draw.source].rows(draw.positions.tolist())) for draw in draws]


def measured(clock: Clock, options: argparse.Namespace, *, loss: float) -> dict[str, Any]:
    """Return a side's numbers: pairs a second over the measured steps, and the memory that it took in GB."""
    import torch

    seconds = clock.ends[-1] - clock.ends[options.warmup - 1]
    on_gpu = options.device.startswith("cuda")
    peak = torch.cuda.max_memory_allocated() if on_gpu else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "pairs_per_second": options.batch * options.steps / seconds,
        "seconds_per_step": seconds / options.steps,
        "memory_gb": peak / 1e9,
        "loss": loss,
        "profile": clock.found,
    }


# -- tables ------------------------------------------------------------------------------------------------------


def ratio(turn: Mapping[str, Any]) -> float:
    """Return how many times as many pairs a second ours takes in as theirs."""
    return float(turn["ours"]["pairs_per_second"] / turn["theirs"]["pairs_per_second"])


def measured_on(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the numbers depend on beside the settings."""
    from importlib.metadata import version

    packages = ("torch", "transformers", "sentence-transformers", "accelerate")
    return {
        **conditions(),
        "gpu": gpu() if options.device.startswith("cuda") else None,
        **{package: version(package) for package in packages},
    }


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    turns, options = found["turns"], found["settings"]
    ratios = [ratio(turn) for turn in turns]
    caching = "with" if options["cached"] else "without"
    lines = [
        f"Batch {options['batch']}, {options['tokens']} tokens, {options['precision']}, {caching} gradient caching, "
        f"chunks of {options['chunk']:,} tokens; {found['machine']['gpu'] or found['machine']['processor']}; "
        f"{options['steps']} steps a turn after {options['warmup']}; commit {found['machine']['commit']}.",
        "",
        "| turn | ours, pairs/s | sentence-transformers, pairs/s | ratio | memory, GB | loss |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for number, turn in enumerate(turns, start=1):
        cells = [[f"{turn[side][key]:.{digits}f}" for side in SIDES] for key, digits in COLUMNS]
        lines.append(
            f"| {number} | {cells[0][0]} | {cells[0][1]} | {ratio(turn):.2f} | "
            f"{' and '.join(cells[1])} | {' and '.join(cells[2])} |"
        )
    lines += ["", f"Ratio: {statistics.median(ratios):.2f} (median; {min(ratios):.2f} to {max(ratios):.2f})."]
    if found["profiles"]:
        lines += ["", *profiling.table(found["profiles"])]
    return "\n".join(lines) + "\n"


COLUMNS: Final = (("pairs_per_second", 1), ("memory_gb", 2), ("loss", 3))


if __name__ == "__main__":
    sys.exit(main())
