"""What is related to a piece of code or a document: neighbours by meaning where there are vectors, else by words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from embedder.types import Vectors
from indexer import copies, tokens
from indexer.place import Pointed
from indexer.query import MOST_TOKENS, STOP_WORDS
from indexer.ranking import Ranked
from indexer.search import hits_of
from indexer.store.base import Store
from indexer.types import Candidate, Chunk, Filter, Hit, Kind, SimilarResult

DEPTH: Final = 200  # candidates asked of each engine: pieces of one definition and copies may fill many places
MOST_TELLING: Final = 3  # pieces that stand for a file
WEIGHTS: Final[Mapping[str, float]] = {
    "meaning": 1.0,  # cosine, from the weakest candidate (0) to the best (1)
    "words": 0.5,  # BM25 of its words, share of the best
    "leftover": -0.15,  # imports and constants, windows of lines: rarely what is meant
}
SAYING_NOTHING: Final = frozenset(tokens.split(" ".join(STOP_WORDS)))
LEFTOVER: Final = frozenset({Kind.MODULE, Kind.BLOCK})

CHANGED: Final = "the file changed since it was indexed; its lines may have moved"
NO_VECTORS: Final = "no vectors of it yet: related by words only"
ALONE: Final = "nothing else in the index is like it"


def similar(pointed: Pointed, *, store: Store, model: str, where: Filter, limit: int) -> SimilarResult:
    """Return what is related to what was pointed at; itself and the pieces of its definition or file left out.

    model: of the vectors to compare by; "" compares by words alone. where: restricts what is related, not what
    may be pointed at.
    """
    vectors = store.vectors(model, [chunk.key for chunk in pointed.chunks]) if model else {}
    of = _telling(pointed.chunks, vectors) if pointed.whole_file else pointed.chunks
    near = [store.dense(vectors[one.key], model=model, where=where, limit=DEPTH) for one in of if one.key in vectors]
    worded = [store.lexical(_words(one), where=where, limit=DEPTH) for one in of]
    signals = {"meaning": _between(_best(near)), "words": _shares(_best(worded))}
    chunks = store.chunks(list({id: None for found in signals.values() for id in found}))
    same = {_digest(one) for one in of}
    related: dict[bytes, Ranked] = {}
    copied: list[Ranked] = []
    definitions: set[object] = set()
    leftover = all(one.kind in LEFTOVER for one in of)
    for one in sorted(_ranked(chunks.values(), signals, leftover=leftover), key=_order):
        digest, definition = _digest(one.chunk), _definition(one.chunk)
        if _is_part(one.chunk, pointed):
            continue
        if digest in same:
            copied.append(Ranked(chunk=one.chunk, score=0.0, why={}))
        elif definition not in definitions:
            definitions.add(definition)
            related.setdefault(digest, one)
    itself = hits_of([Ranked(chunk=one, score=0.0, why={}) for one in of], store)
    return SimilarResult(
        of=itself,
        hits=hits_of(list(related.values())[:limit], store),
        copies=hits_of(copied[:limit], store),
        total=len(related),
        pending_vectors=store.count_pending(model),
        notice=_notice(itself, has_vectors=bool(near), found=bool(related or copied)),
    )


def _notice(of: Sequence[Hit], *, has_vectors: bool, found: bool) -> str | None:
    if any(hit.stale for hit in of):
        return CHANGED
    if not found:
        return ALONE
    return None if has_vectors else NO_VECTORS


# -- what stands for a file -----------------------------------------------------------------------------


def _telling(chunks: Sequence[Chunk], vectors: Mapping[bytes, Vectors]) -> tuple[Chunk, ...]:
    """Return the pieces that say most of a file: nearest to the mean of its vectors, else its longest.

    Definitions and sections come before what is left of a module.
    """
    main = [chunk for chunk in chunks if chunk.kind not in LEFTOVER] or list(chunks)
    known = [chunk for chunk in main if chunk.key in vectors]
    if known:
        mean = np.mean([vectors[chunk.key] for chunk in known], axis=0)
        best = sorted(known, key=lambda chunk: (-float(vectors[chunk.key] @ mean), chunk.start))
    else:
        best = sorted(main, key=lambda chunk: (-len(chunk.text), chunk.start))
    return tuple(sorted(best[:MOST_TELLING], key=lambda chunk: chunk.start))


def _words(chunk: Chunk) -> list[str]:
    """Return the words of its name, then the most frequent of its text."""
    counts = Counter(tokens.split(chunk.text))
    ordered = [*tokens.split(chunk.symbol or chunk.title or ""), *(word for word, _ in counts.most_common())]
    return [word for word in dict.fromkeys(ordered) if word not in SAYING_NOTHING and len(word) > 1][:MOST_TOKENS]


# -- what is left out, or is one ------------------------------------------------------------------------


def _is_part(chunk: Chunk, pointed: Pointed) -> bool:
    """Tell whether a chunk belongs to what was pointed at."""
    if pointed.whole_file:
        first = pointed.chunks[0]
        return (chunk.repo, chunk.path) == (first.repo, first.path)
    return any(_definition(chunk) == _definition(one) for one in pointed.chunks)


def _definition(chunk: Chunk) -> object:
    """Return what is equal for the pieces of one definition or section."""
    name = chunk.symbol or chunk.title
    # Overloads of one name are one, as far as relations go; what has no name is by itself.
    return (chunk.repo, chunk.path, chunk.kind, name) if name else chunk.id


def _digest(chunk: Chunk) -> bytes:
    return copies.digest(copies.tokens_of(chunk.text, chunk.language))


# -- scores ---------------------------------------------------------------------------------------------


def _ranked(chunks: Iterable[Chunk], signals: Mapping[str, Mapping[str, float]], *, leftover: bool) -> Iterator[Ranked]:
    for chunk in chunks:
        why = {name: WEIGHTS[name] * found[chunk.id] for name, found in signals.items() if found.get(chunk.id)}
        if chunk.kind in LEFTOVER and not leftover:
            why["leftover"] = WEIGHTS["leftover"]
        yield Ranked(chunk=chunk, score=sum(why.values()), why=why)


def _order(one: Ranked) -> tuple[float, str, str, int]:
    """Best first; ties by place."""
    return (-one.score, one.chunk.repo, str(one.chunk.path), one.chunk.start)


def _best(answers: Iterable[Sequence[Candidate]]) -> dict[str, float]:
    """Return the best score that a chunk has in any of the answers."""
    best: dict[str, float] = {}
    for candidate in (candidate for answer in answers for candidate in answer):
        best[candidate.id] = max(candidate.score, best.get(candidate.id, candidate.score))
    return best


def _between(scores: Mapping[str, float]) -> dict[str, float]:
    """Cosines between the weakest (0) and the best of others than itself (1): itself is a 1.0 far from all."""
    low, high = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    return {id: (score - low) / (high - low) if high > low else 1.0 for id, score in scores.items()}


def _shares(scores: Mapping[str, float]) -> dict[str, float]:
    best = max(scores.values(), default=0.0)
    return {id: score / best for id, score in scores.items()} if best > 0 else {}
