"""What the engines found, brought to a scale between 0 and 1, and a chunk with its score."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from indexer.ranking import weights
from indexer.types import Candidate, Chunk, Field

File = tuple[str, str]
"""Repository and path; as text, since paths take long to compare, and a search compares thousands."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the engines said: candidates by engine, best first."""

    dense: Sequence[Candidate] = ()
    words: Mapping[Field, Sequence[Candidate]] = field(default_factory=dict)
    symbols: Sequence[Candidate] = ()
    paths: Sequence[Candidate] = ()
    frames: Sequence[Candidate] = ()
    rarity: Mapping[str, float] = field(default_factory=dict)  # of the query's words

    @cached_property
    def meaning(self) -> dict[str, float]:
        """Each chunk's cosine, from the weakest candidate (0) to the best (1)."""
        return spread(self.dense)

    @cached_property
    def wording(self) -> dict[str, float]:
        """Each chunk's BM25 over all fields, as a share of the best."""
        return _wording(self.words)


class Ranked(NamedTuple):
    """A chunk in its place."""

    chunk: Chunk
    score: float  # sum of `why`
    why: Mapping[str, float]


def promising(evidence: Evidence) -> list[str]:
    """Return the candidates worth a look at their content, at most PROMISING, by what the engines say alone."""
    said: defaultdict[str, float] = defaultdict(float)
    for shares, worth in (
        (evidence.wording, 1.0),
        (evidence.meaning, 1.0),
        (shares_of(evidence.paths), 1.0),
        (shares_of(evidence.symbols), weights.FIRST),
        (shares_of(evidence.frames), weights.FIRST),
    ):
        for id, share in shares.items():
            said[id] += worth * share
    return sorted(said, key=said.__getitem__, reverse=True)[: weights.PROMISING]  # equals as the engines order them


def scored(chunk: Chunk, why: Mapping[str, float]) -> Ranked:
    """Return a chunk with what each signal gave it."""
    return Ranked(chunk, sum(why.values()), why)


def and_also(one: Ranked, signal: str, value: float) -> Ranked:
    """Return a chunk with what another signal gave it."""
    return Ranked(one.chunk, one.score + value, {**one.why, signal: value})


def shares_of(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Score divided by the best score."""
    best = max([score for _, score in candidates], default=0.0)
    return {id: score / best for id, score in candidates} if best > 0 else {}


def spread(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Score between the worst candidate (0) and the best (1): cosines of one model crowd in a narrow band."""
    scores = [candidate.score for candidate in candidates]
    if not scores:
        return {}
    low, high = min(scores), max(scores)
    if high == low:
        return dict.fromkeys((candidate.id for candidate in candidates), 1.0)
    return {id: (score - low) / (high - low) for id, score in candidates}


def _wording(fields: Mapping[Field, Sequence[Candidate]]) -> dict[str, float]:
    """Return the weighted sum of the fields' shares, as a share of the best."""
    sums: defaultdict[str, float] = defaultdict(float)
    for name, candidates in fields.items():
        weight = weights.FIELDS[name]
        for id, share in shares_of(candidates).items():
            sums[id] += weight * share
    best = max(sums.values(), default=0.0)
    return {id: value / best for id, value in sums.items()}


def closeness(evidence: Evidence) -> float:
    """Tell how far the nearest passage has come from the weakest candidate (0) towards the query itself (1).

    Relative, because cosines of unrelated texts are 0.1 with one model and 0.6 with another. 0 where the candidates
    are too few to know what "weak" is.
    """
    if len(evidence.dense) < weights.FEW_NEIGHBOURS:
        return 0.0
    cosines = [candidate.score for candidate in evidence.dense]
    nearest, weakest = max(cosines), min(cosines)
    return (nearest - weakest) / max(1 - weakest, 0.001)
