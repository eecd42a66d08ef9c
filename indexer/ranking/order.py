"""Candidates to an order: every signal, every weight, pure functions.

A score is the sum of its signals, so `why` explains it completely. BM25, cosine and match levels have
no common scale, so each is brought between 0 and 1 first: BM25 and match levels as shares of the best,
cosines by where they lie between the weakest candidate and the best. Unlike ranks, these keep how far
apart two candidates are.
"""

from collections.abc import Iterable, Mapping, Sequence

from indexer.languages import is_document
from indexer.query import Intent, Query
from indexer.ranking import weights
from indexer.ranking.evidence import Evidence, File, Ranked, and_also, closeness, scored, shares_of, spread
from indexer.ranking.files import asks_past, of_files, tells_past, together
from indexer.ranking.words import beginnings, with_held
from indexer.types import Candidate, Chunk


def rank(query: Query, evidence: Evidence, chunks: Mapping[str, Chunk], *, here: str | None = None) -> list[Ranked]:
    """Order the candidates; equal texts are collapsed into the best, crowded files make room for others.

    chunks: what to order: the candidates' contents, less those removed meanwhile, and others that are there
    by their place. here: name of the repository the user stands in.
    """
    meaning, words = evidence.meaning, evidence.wording
    definition = _of_beginnings(shares_of(evidence.symbols), chunks)
    defining = weights.SYMBOL_DEFINITION if query.intent is Intent.SYMBOL else 1.0
    prose = _prose(evidence, chunks)
    of_chunks = {
        "words": words,
        "meaning": meaning,
        "prose": {id: prose * value for id, value in meaning.items()} if prose else {},
        "definition": {id: defining * value for id, value in definition.items()},
        "frame": dict(evidence.frames),
    }
    file_of = {id: (chunk.repo, str(chunk.path)) for id, chunk in chunks.items()}
    files = {file: chunks[id].path for id, file in file_of.items()}
    signals = of_files(query, files, words=together(words, file_of), meaning=together(meaning, file_of), here=here)
    past_is_asked = asks_past(query)
    weighed = [(name, weights.WEIGHTS[name], values) for name, values in of_chunks.items() if values]
    ranked = []
    for id, chunk in chunks.items():
        why = dict(signals[file_of[id]])
        for name, weight, values in weighed:  # most chunks have few of them
            if value := values.get(id):
                why[name] = weight * value
        if query.path is not None and (value := _at_place(query, chunk)):
            why["place"] = weights.WEIGHTS["place"] * value
        if not past_is_asked and tells_past(chunk):
            why["support"] = weights.WEIGHTS["support"]
        ranked.append(scored(chunk, why))
    ranked.sort(key=_order)
    read = with_held(ranked[: weights.READ], {beginnings(word): value for word, value in evidence.rarity.items()})
    return _spread_files(_collapse([*sorted(read, key=_order), *ranked[weights.READ :]]), file_of)


def judged(ranked: Sequence[Ranked], scores: Sequence[float]) -> list[Ranked]:
    """Order the first hits again, with a cross-encoder's score of each; the others stay behind them.

    scores: of the first so many hits, higher is better, on any scale.
    """
    heard = ranked[: len(scores)]
    read = [Candidate(id=one.chunk.id, score=score) for one, score in zip(heard, scores, strict=True)]
    shares = spread(read)
    again = [
        and_also(one, "judged", weights.WEIGHTS["judged"] * share) if share else one
        for one in heard
        for share in [shares[one.chunk.id]]
    ]
    return [*sorted(again, key=_order), *ranked[len(heard) :]]


def _prose(evidence: Evidence, chunks: Mapping[str, Chunk]) -> float:
    """Return how far meaning is to decide, from 0 to 1.

    Words say more of code than of prose, where many passages hold the same ones and few answer the question. So it is
    the part of the candidates by meaning beyond half that are of documents, times how far the nearest has got from FAR
    to CLOSE: where nothing comes close, meaning is a guess.
    """
    found = [is_document(chunk.language) for one in evidence.dense if (chunk := chunks.get(one.id))]
    mostly = max(2 * sum(found) / len(found) - 1, 0.0) if found else 0.0
    return mostly * min(max((closeness(evidence) - weights.FAR) / (weights.CLOSE - weights.FAR), 0.0), 1.0)


def _of_beginnings(shares: Mapping[str, float], chunks: Mapping[str, Chunk]) -> dict[str, float]:
    """Lower the share of pieces that do not begin their definition."""
    pieces = [chunk for id in shares if (chunk := chunks.get(id))]
    begins: dict[tuple[str, str, str | None], int] = {}
    for piece in pieces:
        definition = (piece.repo, str(piece.path), piece.symbol)
        begins[definition] = min(begins.get(definition, piece.start), piece.start)
    return {
        piece.id: shares[piece.id]
        * (1.0 if piece.start == begins[piece.repo, str(piece.path), piece.symbol] else weights.CONTINUED)
        for piece in pieces
    }


def _at_place(query: Query, chunk: Chunk) -> float:
    """1 for the line that is asked for, else 0.5 for the file; 0 elsewhere."""
    if not query.names(chunk.path):
        return 0.0
    return 1.0 if query.line is None or chunk.start <= query.line <= chunk.end else 0.5


def _order(ranked: Ranked) -> tuple[float, str, str, int]:
    """Best first; ties by place, so that the same query always gives the same order."""
    return (-ranked.score, ranked.chunk.repo, str(ranked.chunk.path), ranked.chunk.start)


def _collapse(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Keep the best of equal texts of one name, in whatever files they stand."""
    kept: dict[tuple[str | None, str | None, str], Ranked] = {}
    for one in ranked:
        kept.setdefault((one.chunk.symbol, one.chunk.title, one.chunk.text), one)
    return list(kept.values())


def _spread_files(ranked: Sequence[Ranked], file_of: Mapping[str, File]) -> list[Ranked]:
    """Lower each hit by the better ones of its file, and order again."""
    seen: dict[File, int] = {}
    result = []
    for one in ranked:
        file = file_of[one.chunk.id]
        better = seen.get(file, 0)
        seen[file] = better + 1
        if better:
            crowd = weights.WEIGHTS["crowd"] * min(better, weights.MOST_CROWD)
            one = and_also(one, "crowd", crowd)
        result.append(one)
    return sorted(result, key=_order)
