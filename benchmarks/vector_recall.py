"""Measure what kinds of FAISS index find, and how fast, against an exact scan: the rule in `indexer/store/segments.py`.

    python -m benchmarks.vector_recall --vectors INDEX ... --queries FILE ... --out RESULT.json [--sizes 10000 ...]

Vectors are those of indexes, or of folders of `.npy` files, each kept once, drawn in a seeded order. Beyond them they
are perturbed from real ones: v + s (a - b), where a and b are other real vectors and s is such that the cosine to v is
drawn evenly from 0.70 to 0.98, as those between near passages are. (The difference of two real vectors lies as real
vectors do; even noise would fill dimensions that no text uses, and make every kind of index look worse.)
Queries are encoded as queries. Each kind answers all of them under each filter, a random share of the vectors, and is
timed query by query on one thread; what it finds is compared with the exact scan over float16. Kinds that compress
look up more candidates than asked for and score these exactly; `k` times as many. Sizes that RESULT.json has are kept,
so that a run can be stopped and go on. Tables go to RESULT.md and to stdout.
"""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
import numpy.typing as npt

from benchmarks import turns
from benchmarks.machine import conditions
from embedder.types import Vectors

Rows = npt.NDArray[np.int64]
Half = npt.NDArray[np.float16]

LIMIT: Final = 200  # what a search asks for
SHALLOW: Final = 10
SHARES: Final = (1.0, 0.5, 0.05, 0.001)  # of vectors that a filter lets pass
SIZES: Final = (10_000, 50_000, 100_000, 300_000, 1_000_000)
BLOCK: Final = 16_384
METRIC: Final = faiss.METRIC_INNER_PRODUCT
POINTS: Final = 40  # vectors a list that k-means is trained on


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of index: how it is built from vectors, and how the one built is asked."""

    name: str
    build: Callable[[Half], Any]
    ask: Callable[[Any, Vectors, Any], Rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is not measured yet, and print the tables."""
    options = parse(arguments)
    real = collected(options.vectors)
    queries = encoded(options.queries, options.most_queries, options.seed)
    settings = {"real": len(real), "dim": real.shape[1], "queries": len(queries), "seed": options.seed}
    found: dict[str, Any] = {"machine": conditions(), "settings": settings, "sizes": {}}
    if options.out and options.out.is_file():
        before = json.loads(options.out.read_text(encoding="utf-8"))
        if before["settings"] == settings:
            found["sizes"] = before["sizes"]
    for size in options.sizes:
        if str(size) not in found["sizes"]:
            turns.say(f"{size:,} vectors")
            vectors = enlarged(real, size, np.random.default_rng(options.seed))
            found["sizes"][str(size)] = measure(vectors, queries, timed=options.timed, seed=options.seed)
            turns.write(found, markdown(found), options.out)
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure recall and time of kinds of FAISS index.")
    parser.add_argument("--vectors", type=Path, nargs="+", required=True, help="indexes, or folders of .npy files")
    parser.add_argument("--queries", type=Path, nargs="+", required=True, help="one a line, or .jsonl with `query`")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--most-queries", type=int, default=300)
    parser.add_argument("--timed", type=int, default=100, help="queries that are timed")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


# -- vectors ---------------------------------------------------------------------------------------------------------


def collected(sources: Sequence[Path]) -> Half:
    """Return the vectors of indexes and of folders of .npy files, [n, dim], each once."""
    parts: list[Half] = []
    for source in sources:
        if (source / "store.sqlite3").is_file():
            parts.append(stored(source))
        else:
            files = [path for path in sorted(source.glob("*.npy")) if not path.name.endswith(".keys.npy")]
            parts += [np.load(path).astype(np.float16) for path in files]
    if not parts:
        sys.exit("error: no vectors there\nhint: name folders of indexes that have vectors, or of .npy files")
    every = np.ascontiguousarray(np.concatenate(parts))
    _, first = np.unique(every.view(np.dtype((np.void, every.shape[1] * 2))).ravel(), return_index=True)
    return every[np.sort(first)]


def stored(index: Path) -> Half:
    """Return the vectors of an index, [n, dim]."""
    db = sqlite3.connect(f"file:{index / 'store.sqlite3'}?mode=ro", uri=True)
    try:
        ((dim,),) = db.execute("SELECT dim FROM models").fetchall()
        blobs = [blob for (blob,) in db.execute("SELECT vector FROM vectors ORDER BY id")]
    finally:
        db.close()
    return np.frombuffer(b"".join(blobs), dtype="<f2").reshape(-1, dim)


def encoded(files: Sequence[Path], most: int, seed: int) -> Vectors:
    """Return the vectors of queries, [n, dim], of at most `most` drawn from all files."""
    import embedder

    texts: list[str] = []
    for file in files:
        for line in filter(None, map(str.strip, file.read_text(encoding="utf-8").splitlines())):
            row = json.loads(line) if file.suffix == ".jsonl" else {"query": line}
            texts.append(row.get("query") or row["text"])
    chosen = np.random.default_rng(seed).permutation(len(texts))[:most]
    return embedder.load().encode([texts[number] for number in chosen], role="query")


def enlarged(real: Half, size: int, rng: np.random.Generator) -> Half:
    """Return `size` vectors: real ones first, in a random order, then some perturbed from them."""
    parts = [real[rng.permutation(len(real))[:size]]]
    while (missing := size - sum(map(len, parts))) > 0:
        parts.append(perturbed(real, min(missing, BLOCK), rng))
    return np.concatenate(parts)


def perturbed(real: Half, count: int, rng: np.random.Generator) -> Half:
    """Return new vectors near random real ones."""
    base, one, other = (real[rng.integers(len(real), size=count)].astype(np.float32) for _ in range(3))
    away = one - other
    away -= np.sum(away * base, axis=1, keepdims=True) * base
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    cosine = rng.uniform(0.70, 0.98, size=(count, 1)).astype(np.float32)
    made = cosine * base + np.sqrt(1 - cosine**2) * away
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float16)


# -- kinds of index --------------------------------------------------------------------------------------------------


def filled(index: faiss.Index, vectors: Half, *, train: int = 0) -> faiss.Index:
    """Train an index on the first `train` vectors, and add all."""
    if not index.is_trained:
        index.train(vectors[: train or len(vectors)].astype(np.float32))
    for start in range(0, len(vectors), BLOCK):
        index.add(vectors[start : start + BLOCK].astype(np.float32))
    return index


def scalar(vectors: Half, kind: int = faiss.ScalarQuantizer.QT_fp16) -> faiss.Index:
    """Build a scan over scalars of 16 or 8 bits."""
    return filled(faiss.IndexScalarQuantizer(vectors.shape[1], kind, METRIC), vectors, train=100_000)


def rabitq(vectors: Half) -> faiss.Index:
    """Build a scan over one bit a number."""
    index = faiss.IndexRaBitQ(vectors.shape[1], METRIC)
    index.qb = 4
    return filled(index, vectors, train=100_000)


def rabitq_fast(vectors: Half) -> faiss.Index:
    """Build a scan over one bit a number that takes 32 vectors at once and refuses filters."""
    return filled(faiss.IndexRaBitQFastScan(vectors.shape[1], METRIC), vectors, train=100_000)


def lists(vectors: Half, kind: str) -> faiss.Index:
    """Build an inverted file of about 2 sqrt(n) lists."""
    dim, count = vectors.shape[1], int(2 * len(vectors) ** 0.5)
    coarse = faiss.IndexFlatIP(dim)
    index: Any
    if kind == "PQ":
        index = faiss.IndexIVFPQFastScan(coarse, dim, count, dim // 4, 4, METRIC)
    elif kind == "RaBitQ":
        index = faiss.IndexIVFRaBitQFastScan(coarse, dim, count, METRIC)
    else:
        bits = faiss.ScalarQuantizer.QT_8bit if kind == "SQ8" else faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexIVFScalarQuantizer(coarse, dim, count, bits, METRIC, False)
    index.cp.niter, index.cp.max_points_per_centroid, index.cp.spherical = 8, POINTS, True
    return filled(index, vectors, train=POINTS * count)


def asking(selector: Any, index: Any = None, share: float = 1.0) -> Any:  # noqa: ANN401  # FAISS has no types
    """Return the parameters of a search under a filter, in a share of the lists where `index` has lists."""
    params: Any = faiss.SearchParameters() if index is None else faiss.IVFSearchParameters()
    params.sel = selector
    if index is not None:
        params.nprobe = max(1, int(share * index.nlist))
    return params


def plain(built: Any, query: Vectors, selector: Any) -> Rows:  # noqa: ANN401  # FAISS has no types
    """Ask an index that scores exactly."""
    return np.asarray(built.search(query, LIMIT, params=asking(selector))[1])


def probing(share: float) -> Callable[[Any, Vectors, Any], Rows]:
    """Return how an inverted file of exact scores is asked for a share of its lists."""
    return lambda built, query, selector: np.asarray(
        built.search(query, LIMIT, params=asking(selector, built, share))[1]
    )


def refined(share: float | None, times: int) -> Callable[[Any, Vectors, Any], Rows]:
    """Return how an index before exact vectors is asked for `times` as many candidates, which these score."""

    def ask(built: Any, query: Vectors, selector: Any) -> Rows:  # noqa: ANN401  # FAISS has no types
        params: Any = faiss.IndexRefineSearchParameters()
        params.k_factor = times
        if share is not None:
            params.base_index_params = asking(selector, faiss.downcast_index(built.base_index), share)
        elif selector is not None:  # fast-scan refuses parameters of any kind
            params.base_index_params = asking(selector)
        return np.asarray(built.search(query, LIMIT, params=params)[1])

    return ask


def refining(build: Callable[[Half], faiss.Index]) -> Callable[[Half], faiss.IndexRefine]:
    """Return how an index is built that stands before exact vectors."""
    return lambda vectors: faiss.IndexRefine(build(vectors), scalar(vectors))


KINDS: Final = (
    Kind("exact fp16", scalar, plain),
    Kind("SQ8 + exact, k=2", refining(lambda v: scalar(v, faiss.ScalarQuantizer.QT_8bit)), refined(None, 2)),
    Kind("RaBitQ + exact, k=4", refining(rabitq), refined(None, 4)),
    Kind("RaBitQ + exact, k=8", refining(rabitq), refined(None, 8)),
    Kind("RaBitQ fast-scan + exact, k=8", refining(rabitq_fast), refined(None, 8)),
    Kind("IVF fp16, 5 % of lists", lambda v: lists(v, "fp16"), probing(0.05)),
    Kind("IVF fp16, 20 % of lists", lambda v: lists(v, "fp16"), probing(0.2)),
    Kind("IVF SQ8 + exact, 20 %, k=2", refining(lambda v: lists(v, "SQ8")), refined(0.2, 2)),
    Kind("IVF PQ fast-scan + exact, 20 %, k=8", refining(lambda v: lists(v, "PQ")), refined(0.2, 8)),
    Kind("IVF RaBitQ fast-scan + exact, 20 %, k=8", refining(lambda v: lists(v, "RaBitQ")), refined(0.2, 8)),
)


# -- measuring -------------------------------------------------------------------------------------------------------


def measure(vectors: Half, queries: Vectors, *, timed: int, seed: int) -> dict[str, Any]:
    """Return what each kind of index finds of what the exact scan finds, and how long it takes."""
    rng = np.random.default_rng(seed)
    filters = {share: chosen(len(vectors), share, rng) for share in SHARES}
    exact = scalar(vectors)
    truth = {share: plain(exact, queries, selector) for share, (_, selector) in filters.items()}
    del exact
    found: dict[str, Any] = {}
    for kind in KINDS:
        started = time.perf_counter()
        built = kind.build(vectors)
        seconds = time.perf_counter() - started
        index = built.base_index if isinstance(built, faiss.IndexRefine) else built
        row: dict[str, Any] = {"build_s": seconds, "bytes": len(faiss.serialize_index(index))}
        for share, (_, selector) in filters.items():
            row[str(share)] = answered(kind, built, queries, selector, truth[share], timed)
        found[kind.name] = row
        turns.say(f"{kind.name}: {row['1.0']}")
    return found


def chosen(size: int, share: float, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return a random filter: the bits that must outlive it, and FAISS's selector; None for one that all pass."""
    if share == 1:
        return None, None
    bits = np.packbits(rng.random(size) < share, bitorder="little")
    return bits, faiss.IDSelectorBitmap(size, faiss.swig_ptr(bits))


def answered(
    kind: Kind,
    built: Any,  # noqa: ANN401  # FAISS has no types
    queries: Vectors,
    selector: Any,  # noqa: ANN401
    truth: Rows,
    timed: int,
) -> dict[str, float] | None:
    """Return recall and milliseconds of a kind under a filter, None where it refuses the filter."""
    try:
        rows = kind.ask(built, queries, selector)
    except RuntimeError:  # all that FAISS raises
        return None
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    times = []
    for number in range(min(timed, len(queries))):
        started = time.perf_counter()
        kind.ask(built, queries[number : number + 1], selector)
        times.append(1e3 * (time.perf_counter() - started))
    faiss.omp_set_num_threads(threads)
    shallow, deep = recall(rows, truth, SHALLOW), recall(rows, truth, LIMIT)
    return {"p50_ms": turns.percentile(times, 0.5), "recall_10": shallow, "recall_200": deep}


def recall(rows: Rows, truth: Rows, depth: int) -> float:
    """Return the share of the best `depth` that was found, over all queries; rows of -1 are none."""
    wanted = [set(best[:depth].tolist()) - {-1} for best in truth]
    had = [set(best[:depth].tolist()) for best in rows]
    return sum(len(w & h) for w, h in zip(wanted, had, strict=True)) / max(1, sum(map(len, wanted)))


# -- tables ----------------------------------------------------------------------------------------------------------


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables of a result."""
    settings, machine = found["settings"], found["machine"]
    lines = [
        f"{settings['real']:,} real vectors of {settings['dim']} numbers, beyond them perturbed from real ones; "
        f"{settings['queries']} queries, {LIMIT} candidates, one thread; {machine['processor']}; "
        f"load {machine['load_average']:.1f}; commit {machine['commit']}. "
        "Milliseconds p50 · recall@10 · recall@200, by the share that a filter lets pass.",
    ]
    for size, kinds in found["sizes"].items():
        rows = [
            [
                name,
                f"{row['build_s']:.1f}",
                f"{row['bytes'] / 1e6:,.0f}",
                *(cell(row[str(share)]) for share in SHARES),
            ]
            for name, row in kinds.items()
        ]
        heads = ["no filter" if share == 1 else f"{100 * share:g} %" for share in SHARES]
        lines += ["", *turns.table([f"{int(size):,} vectors", "built, s", "MB read", *heads], rows)]
    return "\n".join(lines) + "\n"


def cell(found: Mapping[str, float] | None) -> str:
    """Return time and recall as text."""
    if found is None:
        return "refused"
    return f"{found['p50_ms']:.2f} · {found['recall_10']:.3f} · {found['recall_200']:.3f}"


if __name__ == "__main__":
    sys.exit(main())
