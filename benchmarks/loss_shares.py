"""What the improved loss works on: the share of its partition that each kind of similarity has, source by source.

    python -m benchmarks.loss_shares PREPARED --model all-MiniLM-L6-v2 --sources docfunc_python medquad

The gradient of a contrastive loss goes to its terms by their share of the partition. Prints a row a source: the
positive, queries with other passages (the task itself), queries with queries, passages with other queries, and passages
with passages, of equation 5 of arXiv 2308.03281.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

import embedder
from embedder.types import Vectors
from training.data import open_prepared

TERMS: Final = ("positive", "query-passage", "query-query", "passage-query", "passage-passage")
ROWS: Final = 192
SEED: Final = 0


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="Shares of the improved loss's partition.")
    parser.add_argument("data", type=Path, help="folder that `gte-train prepare` wrote")
    parser.add_argument("--model", required=True, help="encoder before training")
    parser.add_argument("--sources", nargs="+", required=True, metavar="NAME")
    parser.add_argument("--temperature", type=float, default=0.025)
    parser.add_argument("--together", type=int, default=1, help="neighbours drawn together, as a recipe's `runs` do")
    options = parser.parse_args()
    encoder = embedder.load(options.model)
    sources = {source.name: source for source in open_prepared(options.data)}
    print(" ".join([" " * 32, *(f"{term:>16}" for term in TERMS)]))
    for name in options.sources:
        source = sources[name]
        starts = np.random.default_rng(SEED).permutation(len(source) // options.together)[: ROWS // options.together]
        rows = source.rows(
            [int(start) * options.together + place for start in starts for place in range(options.together)]
        )
        queries = encoder.encode([row.query for row in rows], role="query")
        passages = encoder.encode([row.positive for row in rows], role="passage")
        found = shares(queries, passages, temperature=options.temperature)
        print(" ".join([f"{name:<32}", *(f"{share:>16.3f}" for share in found)]), flush=True)


def shares(queries: Vectors, passages: Vectors, *, temperature: float) -> list[float]:
    """Return the mean share of each of TERMS in the partition; queries and passages [n, dim], unit rows."""
    own = np.eye(len(queries), dtype=np.bool_)
    across = queries @ passages.T / temperature
    terms = [
        np.where(own, across, -np.inf),
        np.where(own, -np.inf, across),
        np.where(own, -np.inf, queries @ queries.T / temperature),
        np.where(own, -np.inf, across.T),
        np.where(own, -np.inf, passages @ passages.T / temperature),
    ]
    highest = np.max(np.concatenate(terms, axis=1), axis=1, keepdims=True)
    sums: npt.NDArray[np.float64] = np.stack([np.exp(term - highest).sum(axis=1) for term in terms])
    return [float(share) for share in (sums / sums.sum(axis=0)).mean(axis=1)]


if __name__ == "__main__":
    main()
