"""`gte-train mine`: a hard negative is a passage that an encoder finds close to a query that it does not answer.

The nearest passages of a source are searched for each query; those that are as close as the answer itself are more
likely unlabelled answers than mistakes, so they are left out ("positive-aware" mining, arXiv 2407.15831, section 4.1).
"""

import argparse
import fnmatch
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedder.types import Encoder, Vectors
from training.arguments import count, share
from training.data import (
    MANIFEST,
    VERSION,
    Row,
    Source,
    folded,
    open_prepared,
    read_manifest,
    write_manifest,
    write_source,
)
from training.errors import DataError
from training.progress import Say, clock_time, on_stderr

Score = Callable[[Sequence[tuple[str, str]]], npt.NDArray[np.float32]]
"""Pairs of query and passage -> a cross-encoder's score of each."""

POOL: Final = 100_000  # rows of one source that are searched together; 154 MB of vectors at 384 dimensions
BLOCK: Final = 1024  # queries searched at once
STRETCH: Final = 50  # neighbours that a sample of a source keeps together


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `gte-train mine`."""
    parser.add_argument("data", type=Path, metavar="DATA", help="folder that `gte-train prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write; read like DATA")
    parser.add_argument("--model", required=True, help="encoder that looks for negatives")
    parser.add_argument("--teacher", metavar="MODEL", help="encoder that judges them (default: the same one)")
    parser.add_argument(
        "--cross-encoder", type=Path, metavar="DIR", help="scores every pair, for `margins` in a recipe"
    )
    parser.add_argument("--sources", nargs="+", default=["*"], metavar="PATTERN", help="sources to mine (default all)")
    parser.add_argument("--rows", type=count, metavar="N", help="of each source at most, spread over it (default all)")
    parser.add_argument("--negatives", type=count, default=7, metavar="N", help="per row (default 7)")
    parser.add_argument("--depth", type=count, default=50, metavar="N", help="nearest passages looked at (default 50)")
    parser.add_argument(
        "--ratio",
        type=share,
        default=0.95,
        metavar="R",
        help="a negative scores less than R times the answer's score (default 0.95)",
    )
    parser.add_argument("--runtime", choices=["auto", "torch", "ct2"], default="auto")


def run(options: argparse.Namespace) -> int:
    """Mine what the options say; progress on stderr. Returns 0. Raises DataError or EmbedderError."""
    import embedder

    encoder = embedder.load(options.model, runtime=options.runtime)
    teacher = embedder.load(options.teacher, runtime=options.runtime) if options.teacher else None
    score = None
    if options.cross_encoder:
        from training.cross_encoder import CrossEncoder

        score = CrossEncoder(options.cross_encoder).score
    mine(
        options.data,
        options.out,
        encoder=encoder,
        teacher=teacher,
        score=score,
        patterns=options.sources,
        rows=options.rows,
        negatives=options.negatives,
        depth=options.depth,
        ratio=options.ratio,
        say=on_stderr(),
    )
    return 0


def mine(
    data: Path,
    out: Path,
    *,
    encoder: Encoder,
    teacher: Encoder | None = None,
    score: Score | None = None,
    patterns: Sequence[str] = ("*",),
    rows: int | None = None,
    negatives: int = 7,
    depth: int = 50,
    ratio: float = 0.95,
    say: Say = lambda _: None,
) -> None:
    """Write a prepared folder whose rows have hard negatives.

    encoder searches; teacher, where given, judges instead of it what is a false negative; score adds a cross-encoder's
    score of the positive and each negative. rows: of each source at most, see `spread`. A row keeps the negatives it
    has, before mined ones; one that gets fewer than `negatives` is kept with those it has. Without `score`, a row keeps
    the scores it has where no mined negative joins its own; else they are dropped, since the mined ones have none, and
    `say` tells how many rows lost theirs. A source that is there already, from the same rows and options, is skipped;
    one of other options is written anew.
    Raises DataError.
    """
    if data.resolve() == out.resolve():
        raise DataError(f"{out} cannot be read and written at once", hint="name another folder with --out")
    sources = [each for each in open_prepared(data) if any(fnmatch.fnmatchcase(each.name, one) for one in patterns)]
    if not sources:
        raise DataError(f"no source of {data} is called {' or '.join(patterns)}", hint="look into its manifest.json")
    out.mkdir(parents=True, exist_ok=True)
    prepared = read_manifest(data)
    made = {"encoder": encoder.fingerprint, "teacher": (teacher or encoder).fingerprint, "scored": score is not None}
    made |= {"rows": rows, "negatives": negatives, "depth": depth, "ratio": ratio}
    manifest = {**_earlier(out, made), "decontamination": prepared.get("decontamination")}
    contents = {source.name: prepared["sources"][source.name]["sha256"] for source in sources}
    sources = [each for each in sources if manifest["sources"].get(each.name, {}).get("of") != contents[each.name]]
    sizes = {source.name: min(len(source), rows or len(source)) for source in sources}
    began, work, done = time.monotonic(), sum(sizes.values()), 0
    for source in sources:
        lost: list[Row] = []
        found = _mined(source, sizes[source.name], encoder, teacher or encoder, score, negatives, depth, ratio, lost)
        record = _write(out, source.name, found)
        manifest["sources"][source.name] = {**record, "of": contents[source.name], "scores_dropped": len(lost)}
        write_manifest(out / MANIFEST, manifest)
        done += sizes[source.name]
        left = (time.monotonic() - began) / done * (work - done)
        say(f"{source.name}: {sizes[source.name]:,} rows; {done:,} of {work:,} done, {clock_time(left)} left")
        if lost:
            say(
                f"{source.name}: {len(lost):,} rows lost the scores they had, since mined negatives have none;"
                " --cross-encoder scores all anew"
            )


def _mined(
    source: Source,
    size: int,
    encoder: Encoder,
    teacher: Encoder,
    score: Score | None,
    negatives: int,
    depth: int,
    ratio: float,
    lost: list[Row],
) -> Iterator[Row]:
    """Yield the rows with their negatives; those whose scores had to be dropped go into `lost` too."""
    positions = spread(len(source), size)
    for start in range(0, len(positions), POOL):
        pool = source.rows(positions[start : start + POOL])
        chosen = nearest(pool, encoder=encoder, teacher=teacher, negatives=negatives, depth=depth, ratio=ratio)
        for row, found in zip(pool, chosen, strict=True):
            kept = tuple(dict.fromkeys((*row.negatives, *found)))[:negatives]
            scores: tuple[float, ...] = ()
            if score is not None and kept:
                scores = tuple(score([(row.query, text) for text in (row.positive, *kept)]).tolist())
            elif row.scores:
                scores = _scores_of(row, kept)
                lost += [] if scores else [row]
            yield Row(row.query, row.positive, kept, scores)


def _scores_of(row: Row, negatives: Sequence[str]) -> tuple[float, ...]:
    """Return the scores that a row has of its positive and of these negatives; none where one of them has no score."""
    known = dict(zip(row.negatives, row.scores[1:], strict=True))
    if any(text not in known for text in negatives):
        return ()
    return (row.scores[0], *(known[text] for text in negatives))


def spread(size: int, wanted: int) -> list[int]:
    """Return `wanted` of the positions 0 to size - 1, rising, in stretches of neighbours spread evenly over all.

    Neighbours often come from one package, whose passages are the hardest negatives of each other.
    """
    if wanted >= size:
        return list(range(size))
    stretches = -(-wanted // STRETCH)
    found: list[int] = []
    for number in range(stretches):
        before, after = wanted * number // stretches, wanted * (number + 1) // stretches
        left_out = (size - wanted) * number // stretches
        found += range(left_out + before, left_out + after)
    return found


def nearest(
    rows: Sequence[Row], *, encoder: Encoder, teacher: Encoder, negatives: int, depth: int, ratio: float
) -> list[tuple[str, ...]]:
    """Return for each row up to `negatives` positives of other rows, the closest to its query first.

    Left out: texts equal to an answer of an equal query, the row's own among them, whatever their case and white
    space; and those that the teacher does not score clearly below the row's own positive: by 1 - ratio of its score.
    """
    import faiss

    passages = list(dict.fromkeys(row.positive for row in rows))
    number = {text: position for position, text in enumerate(passages)}
    answers: dict[str, set[str]] = {}
    for row in rows:
        answers.setdefault(folded(row.query), set()).add(folded(row.positive))
    queries = [row.query for row in rows]
    vectors = _encode(encoder, queries, passages)
    judged = vectors if teacher is encoder else _encode(teacher, queries, passages)
    index = faiss.IndexFlatIP(encoder.dim)
    index.add(vectors[1])
    chosen: list[tuple[str, ...]] = []
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        near = index.search(vectors[0][part], min(depth, len(passages)))[1]
        scores = np.einsum("qd,qnd->qn", judged[0][part], judged[1][near])
        for row, candidates, closeness in zip(rows[part], near, scores, strict=True):
            own = float(judged[0][len(chosen)] @ judged[1][number[row.positive]])
            limit = own - (1 - ratio) * abs(own)
            right = answers[folded(row.query)]
            keep = [
                passages[candidate]
                for candidate, close in zip(candidates, closeness, strict=True)
                if close < limit and folded(passages[candidate]) not in right
            ]
            chosen.append(tuple(keep[:negatives]))
    return chosen


def _encode(encoder: Encoder, queries: Sequence[str], passages: Sequence[str]) -> tuple[Vectors, Vectors]:
    return encoder.encode(queries, role="query"), encoder.encode(passages, role="passage")


def _earlier(out: Path, made: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest to go on with: that of a run with the same options, or an empty one.

    Raises DataError where the folder holds something else than mined rows, which would be overwritten.
    """
    if (out / MANIFEST).exists():
        manifest = read_manifest(out)
        if "mined" not in manifest:
            raise DataError(f"{out} holds rows that were not mined", hint="name another folder with --out")
        if manifest["mined"] == made:
            return manifest
    return {"version": VERSION, "mined": made, "sources": {}}


def _write(out: Path, name: str, rows: Iterator[Row]) -> dict[str, Any]:
    """Write the two files of a source and return its record."""
    negatives = 0

    def counted() -> Iterator[Row]:
        nonlocal negatives
        for row in rows:
            negatives += len(row.negatives)
            yield row

    written = write_source(out, name, counted())
    return {"rows": written["kept"], **written, "negatives": negatives}
