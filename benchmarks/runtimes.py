"""Compare the runtime of the encoder on a processor with others: ONNX Runtime and OpenVINO over the same weights.

    python -m benchmarks.runtimes --index INDEX --python PYTHON --out RESULT.json

PYTHON is one that has them beside PyTorch and what the encoder needs, in an environment of its own:

    pip install torch transformers safetensors tokenizers ctranslate2 numpy platformdirs filelock
    pip install onnx onnxruntime openvino nncf

A runtime that is not there is said to be missing. All encode the sample that `encoding_speed.py` draws, each in a
process of its own, and take turns, ours among them (`side_runtime.py` says how). Ratios are those of passages a second,
and of processor time, which other load changes less, each within a turn; cosines are to the vectors of PyTorch in
float32. A second runtime has to be LEAST_RATIO times as fast as ours with cosines of LEAST_COSINE. Tables go to
RESULT.md and to stdout.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import turns
from benchmarks.encoding_speed import agreement, passages, sample
from benchmarks.machine import conditions
from benchmarks.side_runtime import REFERENCE, RUNTIMES
from embedder import DEFAULT_MODEL

LEAST_RATIO: Final = 1.5
LEAST_COSINE: Final = 0.99  # of the lowest hundredth of the passages
CALIBRATED: Final = 100  # passages that fixed scales are found with; not those that are measured
QUERIES: Final = 25
WORDS: Final = 8  # of a query, which is the beginning of a passage


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print the tables."""
    options = parse(arguments)
    drawn = sample(passages(options.index), options.passages + CALIBRATED, seed=options.seed)
    encode, calibrate = drawn[: options.passages], drawn[options.passages :]
    texts = {
        "encode": encode,
        "calibrate": calibrate,
        "ask": [" ".join(one.split()[:WORDS]) for one in encode[:QUERIES]],
    }
    runs: list[dict[str, Any]] = []
    cosines: dict[str, dict[str, float]] = {}
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        run(REFERENCE, options, folder)
        exact = np.load(folder / f"{REFERENCE}.npy")
        for number in range(options.turns):
            found = {name: run(name, options, folder) for name in RUNTIMES if name not in missing}
            missing |= {name: one["missing"] for name, one in found.items() if "missing" in one}
            runs.append({name: one for name, one in found.items() if name not in missing})
            told = ", ".join(f"{name} {one['passages_per_second']:.0f}" for name, one in runs[-1].items())
            turns.say(f"turn {number + 1}/{options.turns}: passages a second: {told}")
        for name in runs[0]:
            cosines[name] = agreement(np.load(folder / f"{name}.npy"), exact)
    result = {
        "machine": conditions(),
        "settings": {
            "model": options.model,
            "passages": len(encode),
            "seed": options.seed,
            "threads": options.threads,
            "turns": options.turns,
        },
        "missing": missing,
        "ratios": {name: turns.ratios(runs, speed, over=name, under="ours") for name in runs[0]},
        "cpu_ratios": {name: turns.ratios(runs, used, over="ours", under=name) for name in runs[0]},
        "cosines": cosines,
        "turns": runs,
    }
    turns.write(result, markdown(result), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare the encoder's runtime on a processor with others.")
    parser.add_argument("--index", type=Path, required=True, help="the index whose passages are encoded")
    parser.add_argument("--python", default=sys.executable, help="a Python that has the runtimes (default: this one)")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="known name or folder of a BERT")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--passages", type=int, default=2000, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of each runtime")
    return parser.parse_args(arguments)


def run(name: str, options: argparse.Namespace, folder: Path) -> Any:  # noqa: ANN401  # JSON
    """Run one runtime in a process of its own; return what it measured."""
    command: list[str | Path] = [options.python, "-m", "benchmarks.side_runtime", name, options.model]
    command += [folder / "texts.json", folder, str(options.threads)]
    threads = str(options.threads) if name == REFERENCE else "1"  # of OpenMP: a batch is one thread's
    return turns.child(command, turns.environment(OMP_NUM_THREADS=threads), name=name)


def speed(one: Mapping[str, float]) -> float:
    """Return passages a second."""
    return one["passages_per_second"]


def used(one: Mapping[str, float]) -> float:
    """Return seconds of processor time, which other load on the machine changes less."""
    return one["cpu_s"]


def qualifies(ratio: Mapping[str, float], cosine: Mapping[str, float]) -> bool:
    """Tell whether a runtime is worth having beside ours."""
    return ratio["median"] >= LEAST_RATIO and cosine["lowest_hundredth"] >= LEAST_COSINE


def markdown(found: Mapping[str, Any]) -> str:
    """Return the table of a result."""
    settings, machine, runs = found["settings"], found["machine"], found["turns"]
    rows = []
    for name, ratio in found["ratios"].items():
        cosine, mine = found["cosines"][name], [turn[name] for turn in runs]
        rows.append(
            [
                name,
                turns.shown(turns.spread([speed(one) for one in mine]), 0),
                turns.shown(ratio),
                turns.shown(found["cpu_ratios"][name]),
                f"{cosine['mean']:.4f} / {cosine['lowest_hundredth']:.4f} / {cosine['least']:.4f}",
                f"{turns.spread([one['query_ms'] for one in mine])['median']:.1f}",
                f"{mine[-1]['budget']:,}",
            ]
        )
    head = ["runtime", "passages a second", "ratio to ours", "the same by processor time"]
    head += ["cosine to float32: mean / lowest 1 % / least", "a query, ms", "tokens a batch"]
    kept = [
        name for name, ratio in found["ratios"].items() if name != "ours" and qualifies(ratio, found["cosines"][name])
    ]
    lines = [
        f"{settings['passages']:,} passages, model {settings['model']}, {settings['threads']} threads, "
        f"{settings['turns']} turns, median (least to most); {machine['processor']}; "
        f"load {machine['load_average']:.1f}; commit {machine['commit']}.",
        "",
        *turns.table(head, rows),
        "",
        f"At least {LEAST_RATIO} times as fast as ours with a cosine of {LEAST_COSINE}: {', '.join(kept) or 'none'}.",
    ]
    if found["missing"]:
        told = ", ".join(f"{name} (no package `{package}`)" for name, package in found["missing"].items())
        lines += ["", f"Missing here: {told}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
