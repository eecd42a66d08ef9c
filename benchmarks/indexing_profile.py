"""Measure where the time of indexing goes, and what share of the machine's limit its encoding reaches.

    python -m benchmarks.indexing_profile --source FOLDER [--vectors [--seconds S]] --out RESULT.json

Three runs, each in a process of its own: all text read and written in one process, which shows where the work is; all
text as it runs, seen by the process that writes, which shows what it waits for; and with `--vectors`, on the index
that the second left, the vectors (those that are there after `--seconds`; without it all). `stages.py` says how
they are watched. The operations of the encoding are set against the matrix products alone, and against the encoder on
rows of one length, both measured right after (`matrix_peak.py`). Tables go to RESULT.md and to stdout. Linux only.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import encoding_speed, stages, turns
from benchmarks.machine import conditions
from embedder import DEFAULT_MODEL, Encoder, Vectors
from embedder.types import Role

RUNS: Final = {
    "alone": "Text, read and written in one process",
    "writer": "Text as it runs: the process that writes",
    "vectors": "Vectors",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    options = parse(arguments)
    options.source = options.source.resolve()
    if options.run:
        print(json.dumps(profiled(options)))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        runs = {}
        for name in RUNS if options.vectors else [one for one in RUNS if one != "vectors"]:
            runs[name] = run(name, options, Path(scratch) / ("alone" if name == "alone" else "index"))
            turns.say(f"{RUNS[name]}: {runs[name]['seconds']:.1f} s")
    found = {
        "machine": conditions(),
        "settings": {"source": options.source.name, "model": options.model, "threads": options.threads},
        "runs": runs,
    }
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure where the time of indexing goes.")
    parser.add_argument("--source", type=Path, required=True, help="the folder that is indexed")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--vectors", action="store_true", help="also encode; minutes")
    parser.add_argument("--seconds", type=float, default=math.inf, help="encode no longer than this")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="known name or folder of a BERT")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of the encoder")
    parser.add_argument("--run", choices=list(RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--index", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def run(name: str, options: argparse.Namespace, index: Path) -> Any:  # noqa: ANN401  # JSON
    """Run one of RUNS in a process of its own; return what it measured."""
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.indexing_profile", "--run", name, "--index", index]
    command += ["--source", options.source, "--model", options.model, "--threads", str(options.threads)]
    command += ["--seconds", str(options.seconds)]
    return turns.child(command, turns.environment(), name=RUNS[name])


# -- one run: in its own process -------------------------------------------------------------------------------------


class Noting:
    """An encoder that notes how many tokens it was given to encode, and how long that took."""

    def __init__(self, encoder: Encoder) -> None:
        self.texts: list[str] = []
        self._encoder = encoder
        self.name, self.fingerprint = encoder.name, encoder.fingerprint
        self.dim, self.max_tokens = encoder.dim, encoder.max_tokens

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        """Encode, and note the texts."""
        self.texts += texts
        return self._encoder.encode(texts, role=role)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text."""
        return self._encoder.count_tokens(texts)

    def lengths(self) -> list[int]:
        """Return the tokens of each text that was encoded, as many as were read of it."""
        return [min(count, self.max_tokens) for count in self._encoder.count_tokens(self.texts)]


def profiled(options: argparse.Namespace) -> dict[str, Any]:
    """Index once under the clock; return the seconds of each stage, and for vectors the shares of the limits."""
    import embedder
    from indexer import open_index

    vectors = options.run == "vectors"
    encoder = Noting(embedder.load(options.model, device="cpu", threads=options.threads)) if vectors else None
    flags = {"model": options.model, "threads": 1 if options.run == "alone" else options.threads}
    with open_index(options.index, create=True, encoder=encoder, flags=flags) as index:
        started, used = time.perf_counter(), time.process_time()
        with stages.Clock() as clock:
            index.sync([options.source], vectors=vectors, seconds=options.seconds)
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        chunks = sum(one.chunks for one in index.repos())
    found = {"seconds": seconds, "cpu_s": cpu, "chunks": chunks, "stages": clock.seconds, "stages_cpu": clock.cpu_s}
    if encoder is None or not encoder.texts:
        return found
    lengths = encoder.lengths()
    at_limits = encoding_speed.peaks(options, {"all": lengths})["sets"]["all"]
    encoding = clock.seconds[stages.ENCODING]
    return found | {
        "passages": len(lengths),
        "tokens": sum(lengths),
        "operations": at_limits["operations"],
        "shares": {limit: at_limits[f"{limit}_s"] / encoding for limit in ("encoder", "products")},
        "shares_of_processor": {
            limit: at_limits[f"{limit}_s"] * options.threads / clock.cpu_s[stages.ENCODING]
            for limit in ("encoder", "products")
        },
        "shares_of_run": {limit: at_limits[f"{limit}_s"] / seconds for limit in ("encoder", "products")},
    }


# -- tables ----------------------------------------------------------------------------------------------------------


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine = found["settings"], found["machine"]
    lines = [
        f"{settings['source']}, once each; {machine['processor']}; load {machine['load_average']:.1f}; "
        f"commit {machine['commit']}."
    ]
    for name, one in found["runs"].items():
        told = sorted(one["stages"].items(), key=lambda stage: -stage[1])
        rows = [
            [stage, f"{seconds:.2f}", f"{seconds / one['seconds']:.1%}", f"{one['stages_cpu'][stage]:.2f}"]
            for stage, seconds in told
        ]
        rows.append(["**all**", f"{one['seconds']:.2f}", "", f"{one['cpu_s']:.2f}"])
        head = [f"{RUNS[name]}: {one['chunks']:,} chunks", "s", "share", "processor, s"]
        lines += ["", *turns.table(head, rows)]
        if "shares" in one:
            lines += ["", limits(one)]
    return "\n".join(lines) + "\n"


def limits(one: Mapping[str, Any]) -> str:
    """Return what is said of a run's encoding and the machine's limits."""
    rate = one["operations"] / one["stages"][stages.ENCODING] / 1e9
    part, given, whole = one["shares"], one["shares_of_processor"], one["shares_of_run"]
    return (
        f"{one['passages']:,} passages of {one['tokens'] / one['passages']:.0f} tokens. While it encodes, "
        f"{rate:,.0f} GFLOP/s: {part['encoder']:.2f} of what the encoder reaches on rows of one length, "
        f"{part['products']:.2f} of the matrix products alone; counted by the processor time that it was given, "
        f"{given['encoder']:.2f} and {given['products']:.2f}; of the whole run {whole['encoder']:.2f} and "
        f"{whole['products']:.2f}."
    )


if __name__ == "__main__":
    sys.exit(main())
