"""Measure how many passages a second are encoded, beside sentence-transformers with FAISS, and the share of the peak.

    python -m benchmarks.encoding_speed --index INDEX --out RESULT.json

Both sides encode one fixed sample of an index's passages (seeded, taken in turn from its files) with the same weights
and put the vectors into a `faiss.IndexFlatIP`, each in one call: ours with the encoder that the indexer uses on a
processor, sentence-transformers at its defaults (`encode` in batches of 32, in the precision that it chooses).
`--every N` takes each Nth of all different passages instead: a share of a whole run, not a draw that favours no file.
Each run is a process of its own that has loaded its model and encoded a few passages before the clock starts; they
take turns, A B A B. Each side reads as many tokens of a passage as it does by itself; `--tokens` adds the same sample
cut to that many. The cosine between the vectors of both sides is told, and the share of the machine's limit that ours
reaches (`matrix_peak.py` says of which limits), measured in the same process right after. Needs
`pip install --group dev`. Tables go to RESULT.md and to stdout.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from benchmarks import matrix_peak, memory, turns
from benchmarks.machine import conditions
from embedder import DEFAULT_MODEL, Vectors
from embedder.files import Layout

SIDES: Final = ("ours", "theirs")
WARMUP: Final = 64  # passages encoded before the clock starts
BATCH: Final = 32  # sentence-transformers' default

Item = TypeVar("Item")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print the tables."""
    options = parse(arguments)
    if options.side:
        print(json.dumps(encode_ours(options) if options.side == "ours" else encode_theirs(options)))
        return 0
    layout = Layout.find(options.model)
    there = passages(options.index)
    drawn = share(there, options.every) if options.every else sample(there, options.passages, seed=options.seed)
    texts = {"whole": drawn}
    if options.tokens:
        texts["cut"] = shortened(texts["whole"], layout, options.tokens)
    runs = []
    cosines: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        given = Path(scratch) / "texts.json"
        given.write_text(json.dumps(texts), encoding="utf-8")
        for number in range(options.turns):
            runs.append({side: run(side, options, given) for side in SIDES})
            told = ", ".join(f"{name} {ratio(runs[-1], name):.2f}" for name in texts)
            turns.say(f"turn {number + 1}/{options.turns}: times as many passages a second: {told}")
        for name in texts:
            both = [np.load(vectors_file(given, side, name)) for side in SIDES]
            cosines[name] = agreement(*both)
    packages = ("ctranslate2", "torch", "sentence-transformers", "transformers", "tokenizers", "faiss-cpu")
    found = {
        "machine": {
            **conditions(),
            **{package: version(package) for package in packages},
        },
        "settings": {
            "model": layout.name,
            "passages": len(texts["whole"]),
            "seed": options.seed,
            "every": options.every,
            "tokens": options.tokens,
            "threads": options.threads,
            "turns": options.turns,
        },
        "ratios": {name: turns.spread([ratio(turn, name) for turn in runs]) for name in texts},
        "cosines": cosines,
        "shares": shares([turn["ours"] for turn in runs]) if options.peak else {},
        "turns": runs,
    }
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare our encoding with that of sentence-transformers and FAISS.")
    parser.add_argument("--index", type=Path, required=True, help="the index whose passages are encoded")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="known name or folder of a BERT")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--passages", type=int, default=2000, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--every", type=int, metavar="N", help="take each Nth different passage instead of a draw")
    parser.add_argument("--tokens", type=int, help="measure the sample cut to so many tokens a passage too")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of either side")
    parser.add_argument("--no-peak", dest="peak", action="store_false", help="leave the machine's limits out")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def run(side: str, options: argparse.Namespace, texts: Path) -> Any:  # noqa: ANN401  # JSON
    """Run one side in a process of its own; return what it measured."""
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.encoding_speed", "--side", side, "--texts", texts]
    command += ["--index", options.index, "--model", options.model, "--threads", str(options.threads)]
    command += [] if options.peak else ["--no-peak"]
    return turns.child(command, turns.environment(OMP_NUM_THREADS=str(options.threads)), name=side)


def vectors_file(texts: Path, side: str, name: str) -> Path:
    """Return where a side leaves the vectors of a set of texts."""
    return texts.with_name(f"{side}-{name}.npy")


# -- the sample ------------------------------------------------------------------------------------------------------


def passages(index: Path) -> list[tuple[str, str]]:
    """Return file and passage of every chunk of an index."""
    from indexer.store import open_store
    from indexer.types import Filter

    store = open_store(index)
    try:
        return [(f"{chunk.repo}/{chunk.path}", chunk.passage) for chunk in store.each(Filter())]
    finally:
        store.close()


def sample(found: Iterable[tuple[str, Item]], count: int, *, seed: int) -> list[Item]:
    """Draw `count` of what is found by file: one of each file, in a random order of these, then a second, and so on."""
    draw = random.Random(seed)
    files: dict[str, list[Item]] = {}
    for name, passage in found:
        files.setdefault(name, []).append(passage)
    order = sorted(files)
    draw.shuffle(order)
    for name in order:
        draw.shuffle(files[name])
    rounds = max(map(len, files.values()), default=0)
    drawn = [files[name][number] for number in range(rounds) for name in order if number < len(files[name])]
    return drawn[:count]


def share(found: Iterable[tuple[str, str]], every: int) -> list[str]:
    """Return each `every`th of the different passages, in their order.

    >>> share([("a", "one"), ("a", "two"), ("b", "one"), ("b", "three")], 2)
    ['one', 'three']
    """
    return list(dict.fromkeys(passage for _, passage in found))[::every]


def shortened(texts: Sequence[str], layout: Layout, tokens: int) -> list[str]:
    """Return the texts, cut to at most so many tokens, special ones included."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(layout.tokenizer))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=tokens)
    ends = [max(end for _, end in one.offsets) for one in tokenizer.encode_batch(list(texts))]
    return [text[:end] for text, end in zip(texts, ends, strict=True)]


# -- the two sides: each in its own process --------------------------------------------------------------------------


def encode_ours(options: argparse.Namespace) -> dict[str, Any]:
    """Encode with ours; then measure the machine's limits where asked."""
    import embedder

    started = time.perf_counter()
    encoder = embedder.load(options.model, device="cpu", threads=options.threads)
    loaded = time.perf_counter() - started
    found = measured(options, "ours", lambda texts: encoder.encode(texts, role="passage"))
    texts: dict[str, list[str]] = json.loads(options.texts.read_text(encoding="utf-8"))
    for name, one in found["sets"].items():
        started = time.perf_counter()
        counts = encoder.count_tokens(texts[name])
        one["counting_tokens_s"] = time.perf_counter() - started
        one["lengths"] = [min(count, encoder.max_tokens) for count in counts]
    found |= {"load_s": loaded, "max_tokens": encoder.max_tokens, "fingerprint": encoder.fingerprint}
    if options.peak:
        found["peak"] = peaks(options, {name: one["lengths"] for name, one in found["sets"].items()})
    for one in found["sets"].values():
        one["tokens"] = sum(one.pop("lengths"))
    return found


def peaks(options: argparse.Namespace, lengths: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Measure the machine's limits, and how long each set would take at them."""
    from embedder import cpu, default_cache_dir

    layout = Layout.find(options.model)
    config = layout.config
    shape = matrix_peak.Shape(
        layers=config.layers, hidden=config.hidden, intermediate=config.intermediate, heads=config.heads
    )
    folder = cpu.convert(layout, default_cache_dir())
    equal = matrix_peak.encoder(folder, shape, threads=options.threads, vocabulary=config.vocabulary)
    rates = matrix_peak.products(shape, threads=options.threads)
    sets = {}
    for name, one in lengths.items():
        operations = matrix_peak.linear_flops(shape, sum(one)) + matrix_peak.attention_flops(shape, one)
        sets[name] = {
            "operations": operations,
            "products_s": matrix_peak.least_seconds(shape, one, rates),
            "encoder_s": operations / max(equal.values()),
        }
    return {"products": rates, "encoder": equal, "sets": sets}


def encode_theirs(options: argparse.Namespace) -> dict[str, Any]:
    """Encode with sentence-transformers."""
    started = time.perf_counter()
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(options.threads)
    model = SentenceTransformer(str(Layout.find(options.model).config_path.parent), device="cpu")
    loaded = time.perf_counter() - started
    found = measured(options, "theirs", lambda texts: model.encode(list(texts), batch_size=BATCH))
    precision = str(next(model.parameters()).dtype)
    return {**found, "load_s": loaded, "max_tokens": model.max_seq_length, "precision": precision}


def measured(options: argparse.Namespace, side: str, encode: Callable[[Sequence[str]], Any]) -> dict[str, Any]:
    """Encode each set of texts and add it to a FAISS index; keep the vectors; return seconds and memory in MB."""
    import faiss

    texts: dict[str, list[str]] = json.loads(options.texts.read_text(encoding="utf-8"))
    encode(texts["whole"][:WARMUP])
    sets = {}
    for name, one in texts.items():
        used = time.process_time()
        started = time.perf_counter()
        vectors: Vectors = np.ascontiguousarray(encode(one), dtype=np.float32)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        seconds = time.perf_counter() - started
        sets[name] = {
            "seconds": seconds,
            "cpu_s": time.process_time() - used,
            "passages_per_second": len(one) / seconds,
        }
        np.save(vectors_file(options.texts, side, name), vectors)
    return {"sets": sets, "peak_rss_mb": memory.peak(os.getpid()) / 1e6}


# -- figures ---------------------------------------------------------------------------------------------------------


def ratio(turn: Mapping[str, Any], name: str) -> float:
    """Return how many times as many passages a second ours encodes."""
    ours, theirs = (turn[side]["sets"][name]["passages_per_second"] for side in SIDES)
    return float(ours / theirs)


def agreement(ours: Vectors, theirs: Vectors) -> dict[str, float]:
    """Return mean, lowest hundredth and least cosine of the rows of both."""
    cosines = (ours * theirs).sum(axis=1) / (np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1))
    return {
        "mean": float(cosines.mean()),
        "lowest_hundredth": float(np.quantile(cosines, 0.01)),
        "least": float(cosines.min()),
    }


def shares(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the share of each limit that ours reaches, by set: the time at the limit divided by the time taken."""
    return {
        name: {
            limit: turns.spread(
                [one["peak"]["sets"][name][f"{limit}_s"] / one["sets"][name]["seconds"] for one in runs]
            )
            for limit in ("products", "encoder")
        }
        for name in runs[0]["sets"]
    }


# -- tables ----------------------------------------------------------------------------------------------------------


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine, runs = found["settings"], found["machine"], found["turns"]
    ours, theirs = (runs[0][side] for side in SIDES)
    drawn = f" (1 of {settings['every']} of all)" if settings.get("every") else ""
    lines = [
        f"{settings['passages']:,} passages{drawn}, model {settings['model']}, {settings['threads']} threads, "
        f"{settings['turns']} turns, median (least to most); {machine['processor']}; "
        f"load {machine['load_average']:.1f}; commit {machine['commit']}. Ours: {ours['fingerprint']}, at most "
        f"{ours['max_tokens']} tokens a passage. sentence-transformers {machine['sentence-transformers']}: "
        f"{theirs['precision']}, batches of {BATCH}, at most {theirs['max_tokens']} tokens.",
        "",
    ]
    rows = []
    for name, values in found["ratios"].items():
        title = "as each reads them" if name == "whole" else f"cut to {settings['tokens']} tokens"
        rates = [turns.spread([one[side]["sets"][name]["passages_per_second"] for one in runs]) for side in SIDES]
        cosine = found["cosines"][name]
        agreed = f"{cosine['mean']:.4f} / {cosine['lowest_hundredth']:.4f} / {cosine['least']:.4f}"
        tokens = f"{ours['sets'][name]['tokens'] / settings['passages']:.0f}"
        rows.append([title, tokens, *(turns.shown(one, 1) for one in rates), turns.shown(values), agreed])
    head = ["passages", "tokens each", "ours, a second", "sentence-transformers, a second", "ratio"]
    lines += turns.table([*head, "cosine: mean / lowest 1 % / least"], rows)
    memories = [max(one[side]["peak_rss_mb"] for one in runs) for side in SIDES]
    lines += ["", f"Peak memory: {memories[0]:,.0f} MB and {memories[1]:,.0f} MB."]
    if found["shares"]:
        lines += ["", *limits(found)]
    return "\n".join(lines) + "\n"


def limits(found: Mapping[str, Any]) -> list[str]:
    """Return the table of the machine's limits."""
    runs = [turn["ours"] for turn in found["turns"]]
    peaks = [one["peak"] for one in runs]
    rows = []
    for name, reached in found["shares"].items():
        title = "as each reads them" if name == "whole" else f"cut to {found['settings']['tokens']} tokens"
        rate = turns.spread(
            [
                p["sets"][name]["operations"] / one["sets"][name]["seconds"] / 1e9
                for one, p in zip(runs, peaks, strict=True)
            ]
        )
        rows.append([title, turns.shown(rate, 0), *(turns.shown(reached[limit]) for limit in ("encoder", "products"))])
    best = turns.spread([max(one["encoder"].values()) / 1e9 for one in peaks])
    where = max(peaks[0]["encoder"], key=peaks[0]["encoder"].get)
    int8 = {
        name: turns.spread([one["products"]["int8"][name] / 1e9 for one in peaks])
        for name in peaks[0]["products"]["int8"]
    }
    attention = turns.spread([one["products"]["attention"] / 1e9 for one in peaks])
    head = ["passages", "ours, GFLOP/s", "share of the encoder's peak", "share of the products' peak"]
    return [
        *turns.table(head, rows),
        "",
        f"Encoder's peak: the same int8 runtime on rows of one length ({where}, tokenised, not pooled): "
        f"{turns.shown(best, 0)} GFLOP/s. "
        "Products' peak: int8 products of oneDNN alone, one thread's times the threads, "
        + ", ".join(f"{name} {turns.shown(one, 0)}" for name, one in int8.items())
        + f", and attention's in float32, {turns.shown(attention, 0)}. "
        "Operations are counted from the shapes, of real tokens only.",
    ]


if __name__ == "__main__":
    sys.exit(main())
