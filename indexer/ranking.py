"""Candidates to an order: every signal, every weight, pure functions.

A score is the sum of its signals, so `why` explains it completely. BM25, cosine and match levels have
no common scale, so each is brought between 0 and 1 first: BM25 and match levels as shares of the best,
cosines by where they lie between the weakest candidate and the best. Unlike ranks, these keep how far
apart two candidates are.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from statistics import median
from typing import Final, NamedTuple

from indexer import tokens
from indexer.aside import is_aside, is_behind, is_versioned, superseded
from indexer.languages import is_document
from indexer.query import Intent, Query
from indexer.types import Candidate, Chunk, Field, Kind

WEIGHTS: Final[Mapping[str, float]] = {
    "words": 0.1,  # BM25 over symbol, signature, title, text and path, each by itself; share of the best sum
    "file": 0.6,  # `words` of all chunks of its file together, share of the best file
    "held": 0.5,  # share of the query's words that it holds, a rare word more than a common one
    "meaning": 0.3,  # cosine to the query, from the weakest candidate (0) to the best (1)
    "subject": 0.6,  # `meaning` of all chunks of its file together, share of the best file
    "prose": 4.0,  # `meaning` again, as far as the candidates are prose and the nearest comes close to the query
    "name": 0.5,  # share of the query's words that begin like a word of the name of its file or folder
    "called": 0.4,  # every word of the name of its file is in the query, which is more than a name
    "depth": -0.1,  # a time for each folder that its file lies deeper than most candidates of its repository
    "definition": 0.25,  # it defines a name of the query, share of the best match level
    "place": 6.0,  # it is in the file that the query names, and at its line if it names one
    "frame": 8.0,  # a frame of the query's trace is in it: the innermost 1, each further out less
    "here": 0.2,  # it is in the repository the user stands in
    "support": -0.5,  # tests, examples, vendored, replaced by newer, change logs: good answers only if asked for
    "judged": 0.3,  # what the cross-encoder of `rerank` says of it, from the worst of those it read (0) to the best (1)
    "crowd": -1.5,  # a time for each better hit of the same file: the next file is worth more than its third piece
}
FIELDS: Final[Mapping[Field, float]] = {
    Field.SYMBOL: 2.0,
    Field.SIGNATURE: 1.0,
    Field.TITLE: 1.0,
    Field.BODY: 1.0,
    Field.PATH: 1.0,
}  # what BM25 over each adds to "words", as a share of the field's best
TOGETHER: Final = 3.0  # degree of the norm over a file's chunks: few good ones count for more than many poor ones
JUDGED: Final = 10  # hits that a cross-encoder reads, the best by everything else: a first page
PROMISING: Final = 300  # candidates whose content is fetched: of more, none has come among the first ten
FIRST: Final = 3.0  # worth of a definition or a frame beside a share of words, there
READ: Final = 100  # candidates whose text is looked into, the best by everything else
SHORTEST_BEGINNING: Final = 3  # letters of a word that may be the beginning of another
SYMBOL_DEFINITION: Final = 8.0  # factor of "definition" where the query is nothing but a name
CONFIDENT: Final = 0.85  # words held and closeness together, each between 0 and 1: below it a best hit is noise
CONFIDENT_WORDS: Final = 0.5  # share of the query's words, where that is all there is to go by
FEW_NEIGHBOURS: Final = 20  # candidates by meaning below which the weakest may be as good as the best
FAR, CLOSE = 0.4, 0.6  # how close the nearest passage has come where meaning begins to decide prose, and where it does
MOST_MATCHES: Final = 4  # ranges of lines marked in a hit: more show nothing
MOST_CROWD: Final = 5  # times that "crowd" counts at most
MOST_DEPTH: Final = 4  # folders that "depth" counts at most, deeper or less deep
CONTINUED: Final = 0.5  # factor of "definition" for a later piece of a long definition: it begins elsewhere

PAST: Final = frozenset("changelog changelogs changes history news releases".split())  # names of files that tell it
ASIDE: Final = frozenset(
    """test tests testing spec specs mock mocks fixture fixtures example examples sample samples demo demos benchmark
    benchmarks legacy deprecated compat compatibility obsolete""".split()
)  # words of a query that ask for what stands aside; as they stand: "sampling" and "release a lock" do not
A_VERSION: Final = re.compile(r"\bv\d{1,4}\b", re.IGNORECASE)  # a query with one may want what is superseded

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
        return _spread(self.dense)

    @cached_property
    def wording(self) -> dict[str, float]:
        """Each chunk's BM25 over all fields, as a share of the best."""
        return _words(self.words)


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
        (_shares(evidence.paths), 1.0),
        (_shares(evidence.symbols), FIRST),
        (_shares(evidence.frames), FIRST),
    ):
        for id, share in shares.items():
            said[id] += worth * share
    return sorted(said, key=said.__getitem__, reverse=True)[:PROMISING]  # equals as the engines order them


def rank(query: Query, evidence: Evidence, chunks: Mapping[str, Chunk], *, here: str | None = None) -> list[Ranked]:
    """Order the candidates; equal texts are collapsed into the best, crowded files make room for others.

    chunks: what to order: the candidates' contents, less those removed meanwhile, and others that are there
    by their place. here: name of the repository the user stands in.
    """
    meaning, words = evidence.meaning, evidence.wording
    definition = _of_beginnings(_shares(evidence.symbols), chunks)
    defining = SYMBOL_DEFINITION if query.intent is Intent.SYMBOL else 1.0
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
    of_files = _of_files(query, files, words=_together(words, file_of), meaning=_together(meaning, file_of), here=here)
    asks_past = not PAST.isdisjoint(_plain(query.text))
    weighed = [(name, WEIGHTS[name], values) for name, values in of_chunks.items() if values]
    ranked = []
    for id, chunk in chunks.items():
        why = dict(of_files[file_of[id]])
        for name, weight, values in weighed:  # most chunks have few of them
            if value := values.get(id):
                why[name] = weight * value
        if query.path is not None and (value := _at_place(query, chunk)):
            why["place"] = WEIGHTS["place"] * value
        if not asks_past and _tells_what_was(chunk):
            why["support"] = WEIGHTS["support"]
        ranked.append(_ranked(chunk, why))
    ranked.sort(key=_order)
    read = _with_held(ranked[:READ], {_beginnings(word): value for word, value in evidence.rarity.items()})
    return _spread_files(_collapse([*sorted(read, key=_order), *ranked[READ:]]), file_of)


def judged(ranked: Sequence[Ranked], scores: Sequence[float]) -> list[Ranked]:
    """Order the first hits again, with a cross-encoder's score of each; the others stay behind them.

    scores: of the first so many hits, higher is better, on any scale.
    """
    heard = ranked[: len(scores)]
    read = [Candidate(id=one.chunk.id, score=score) for one, score in zip(heard, scores, strict=True)]
    shares = _spread(read)
    again = [
        _ranked(one.chunk, {**one.why, "judged": WEIGHTS["judged"] * share}) if share else one
        for one in heard
        for share in [shares[one.chunk.id]]
    ]
    return [*sorted(again, key=_order), *ranked[len(heard) :]]


def confident(query: Query, evidence: Evidence, best: Ranked) -> bool:
    """Tell whether the best hit is probably an answer.

    It is where it holds what is quoted, stands at the named place or in a frame of the trace, or defines the one name
    that is asked for. Else two shares are added: that of the query's words which it holds, and how far the nearest
    passage has come from the weakest candidate towards the query itself. The second is relative because cosines of
    unrelated texts are 0.1 with one model and 0.6 with another. Without vectors, or with too few candidates to know
    what "weak" is, the words decide.

    Calibrated on 7 repositories, where the best threshold was the same whichever was left out. Asking 16 repositories
    their own 321 questions and 960 of others, some of which they can answer too, 93 % of the own are confident and 13 %
    of the others; by words alone 89 % and 19 % (`benchmarks/confidence.py`).
    Weighing words by rarity (0.91) and counting the cosine in standard deviations (0.68) separate less well; the
    cosine itself separates better (0.97), but means something else with each model.
    """
    if query.wanted or best.why.keys() & {"place", "frame"}:
        return True
    if query.intent is Intent.SYMBOL and best.why.get("definition"):
        return True
    if not query.tokens:
        return False  # there is no word to be sure of
    asked = set(query.tokens)
    text = f"{best.chunk.path} {best.chunk.title or ''} {best.chunk.text}"
    held = len(asked.intersection(tokens.split(text))) / len(asked)
    if len(evidence.dense) < FEW_NEIGHBOURS:
        return held >= CONFIDENT_WORDS
    return held + _closeness(evidence) >= CONFIDENT


def matching_lines(query: Query, chunk: Chunk) -> tuple[tuple[int, int], ...]:
    """Line ranges of the chunk that hold what the query quotes, else its words.

    Of lines with words those worth half its best line, at most MOST_MATCHES. A word counts for as much as it is
    rare in the chunk: what stands in every line marks none.
    """
    if exact := _exact_lines(query, chunk):
        return exact
    asked = set(query.tokens)
    lines = [asked.intersection(tokens.split(line)) for line in chunk.text.split("\n")]
    holders = Counter(word for held in lines for word in held)
    weights = {word: math.log(1 + len(lines) / count) for word, count in holders.items()}
    # By `fsum` over what a set holds in no order: the same query must always mark the same lines.
    worth = [math.fsum(weights[word] for word in held) for held in lines]
    enough = max(worth) / 2
    ranges: list[tuple[int, int]] = []
    for line, value in enumerate(worth, chunk.start):
        if not value or value < enough:
            continue
        if ranges and ranges[-1][1] == line - 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))

    def best_line(found: tuple[int, int]) -> float:
        return max(worth[found[0] - chunk.start : found[1] - chunk.start + 1])

    return tuple(sorted(sorted(ranges, key=best_line, reverse=True)[:MOST_MATCHES]))


def _exact_lines(query: Query, chunk: Chunk) -> tuple[tuple[int, int], ...]:
    """Line ranges that hold a wanted pattern, in order, without overlap."""
    found = sorted({place for pattern in query.wanted for place in pattern.lines(chunk.text)})
    ranges: list[tuple[int, int]] = []
    for first, last in found:
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(ranges[-1][1], last)
        else:
            ranges.append((first, last))
    return tuple((chunk.start + first, min(chunk.start + last, chunk.end)) for first, last in ranges)


def _ranked(chunk: Chunk, why: Mapping[str, float]) -> Ranked:
    return Ranked(chunk, sum(why.values()), why)


def _order(ranked: Ranked) -> tuple[float, str, str, int]:
    """Best first; ties by place, so that the same query always gives the same order."""
    return (-ranked.score, ranked.chunk.repo, str(ranked.chunk.path), ranked.chunk.start)


def _shares(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Score divided by the best score."""
    best = max([score for _, score in candidates], default=0.0)
    return {id: score / best for id, score in candidates} if best > 0 else {}


def _spread(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Score between the worst candidate (0) and the best (1): cosines of one model crowd in a narrow band."""
    scores = [candidate.score for candidate in candidates]
    if not scores:
        return {}
    low, high = min(scores), max(scores)
    if high == low:
        return dict.fromkeys((candidate.id for candidate in candidates), 1.0)
    return {id: (score - low) / (high - low) for id, score in candidates}


def _closeness(evidence: Evidence) -> float:
    """Tell how far the nearest passage has come from the weakest candidate (0) towards the query itself (1).

    Relative, because cosines of unrelated texts are 0.1 with one model and 0.6 with another. 0 where the candidates
    are too few to know what "weak" is.
    """
    if len(evidence.dense) < FEW_NEIGHBOURS:
        return 0.0
    cosines = [candidate.score for candidate in evidence.dense]
    nearest, weakest = max(cosines), min(cosines)
    return (nearest - weakest) / max(1 - weakest, 0.001)


def _prose(evidence: Evidence, chunks: Mapping[str, Chunk]) -> float:
    """Return how far meaning is to decide, from 0 to 1.

    Words say more of code than of prose, where many passages hold the same ones and few answer the question. So it is
    the part of the candidates by meaning beyond half that are of documents, times how far the nearest has got from FAR
    to CLOSE: where nothing comes close, meaning is a guess.
    """
    found = [is_document(chunk.language) for one in evidence.dense if (chunk := chunks.get(one.id))]
    mostly = max(2 * sum(found) / len(found) - 1, 0.0) if found else 0.0
    return mostly * min(max((_closeness(evidence) - FAR) / (CLOSE - FAR), 0.0), 1.0)


def _of_beginnings(shares: Mapping[str, float], chunks: Mapping[str, Chunk]) -> dict[str, float]:
    """Lower the share of pieces that do not begin their definition."""
    pieces = [chunk for id in shares if (chunk := chunks.get(id))]
    begins: dict[tuple[str, str, str | None], int] = {}
    for piece in pieces:
        definition = (piece.repo, str(piece.path), piece.symbol)
        begins[definition] = min(begins.get(definition, piece.start), piece.start)
    return {
        piece.id: shares[piece.id]
        * (1.0 if piece.start == begins[piece.repo, str(piece.path), piece.symbol] else CONTINUED)
        for piece in pieces
    }


def _at_place(query: Query, chunk: Chunk) -> float:
    """1 for the line that is asked for, else 0.5 for the file; 0 elsewhere."""
    if not query.names(chunk.path):
        return 0.0
    return 1.0 if query.line is None or chunk.start <= query.line <= chunk.end else 0.5


def _tells_what_was(chunk: Chunk) -> bool:
    return chunk.kind is Kind.SECTION and not PAST.isdisjoint(_plain(chunk.path.name))


@lru_cache(maxsize=1 << 10)  # of the query, and of names of documents
def _plain(text: str) -> frozenset[str]:
    """Return the lower-case words of a text, identifiers cut into theirs, as they stand."""
    return frozenset(word.lower() for word in tokens.PART.findall(text))


def _words(fields: Mapping[Field, Sequence[Candidate]]) -> dict[str, float]:
    """Return the weighted sum of the fields' shares, as a share of the best."""
    sums: defaultdict[str, float] = defaultdict(float)
    for name, candidates in fields.items():
        weight = FIELDS[name]
        for id, share in _shares(candidates).items():
            sums[id] += weight * share
    best = max(sums.values(), default=0.0)
    return {id: value / best for id, value in sums.items()}


def _together(values: Mapping[str, float], file_of: Mapping[str, File]) -> dict[File, float]:
    """Return the norm of each file's chunks, of degree TOGETHER, as a share of the best file's."""
    sums: defaultdict[File, float] = defaultdict(float)
    for id, value in values.items():
        if file := file_of.get(id):
            sums[file] += value**TOGETHER
    best = max(sums.values(), default=0.0)
    return {file: (value / best) ** (1 / TOGETHER) for file, value in sums.items()} if best > 0 else {}


def _of_files(
    query: Query,
    files: Mapping[File, PurePosixPath],
    *,
    words: Mapping[File, float],
    meaning: Mapping[File, float],
    here: str | None,
) -> dict[File, dict[str, float]]:
    """Return what the signals of a file give each: what its chunks say together, its name and its place."""
    places = {file: _place(path) for file, path in files.items()}
    aside = _aside(query, places)
    depths: defaultdict[str, list[int]] = defaultdict(list)
    for (repo, _), place in places.items():
        depths[repo].append(place.depth)
    usual = {repo: median(own) for repo, own in depths.items()}  # Java lies deep, whatever it is
    akin: dict[str, frozenset[int]] = {}  # word of a name to the asked words that are like it: files share words

    def asked_by(word: str) -> frozenset[int]:
        if word not in akin:
            akin[word] = frozenset(at for at, asked in enumerate(query.tokens) if _akin(asked, word))
        return akin[word]

    found = {}
    for file, place in places.items():
        own = [asked_by(word) for word in place.name]
        named = set().union(*own, *map(asked_by, place.folder))
        signals = {
            "file": words.get(file, 0.0),
            "subject": meaning.get(file, 0.0),
            "name": len(named) / max(len(query.tokens), 1),
            "called": float(bool(own) and all(own) and query.intent is not Intent.SYMBOL),
            "depth": max(-MOST_DEPTH, min(place.depth - usual[file[0]], MOST_DEPTH)),
            "here": float(file[0] == here),
            "support": float(file in aside),
        }
        found[file] = {name: WEIGHTS[name] * value for name, value in signals.items() if value}
    return found


class _Place(NamedTuple):
    """What the path of a file says, whatever is asked."""

    name: tuple[str, ...]  # words of the file's name, without its suffix
    folder: tuple[str, ...]  # words of the name of its folder
    depth: int  # folders that it lies in
    is_aside: bool
    is_versioned: bool


@lru_cache(maxsize=1 << 14)  # searches meet the same files
def _place(path: PurePosixPath) -> _Place:
    folders = path.parts[:-1]
    return _Place(
        name=tuple(tokens.split(path.stem)),
        folder=tuple(tokens.split(folders[-1])) if folders else (),
        depth=len(folders),
        is_aside=is_aside(path) or is_behind(path),
        is_versioned=is_versioned(path),
    )


def _aside(query: Query, places: Mapping[File, _Place]) -> set[File]:
    """Return the files that stand aside or behind, and those that a newer version has replaced, unless asked for."""
    found: set[File] = set()
    if ASIDE.isdisjoint(_plain(query.text)):
        found.update(file for file, place in places.items() if place.is_aside)
    if not A_VERSION.search(query.text):
        paths: defaultdict[str, list[str]] = defaultdict(list)
        for (repo, path), place in places.items():
            if place.is_versioned:
                paths[repo].append(path)
        found.update((repo, path) for repo, own in paths.items() for path in superseded(own))
    return found


def _akin(one: str, other: str) -> bool:
    """Tell whether a form of one stem is the beginning of a form of the other."""
    return one == other or (
        one[0] == other[0]  # which settles most
        and min(len(one), len(other)) >= SHORTEST_BEGINNING
        and any(a.startswith(b) or b.startswith(a) for a in _beginnings(one) for b in _beginnings(other))
    )


def _beginnings(stem: str) -> tuple[str, ...]:
    """Return what the forms of a stem begin with, which is mostly the stem.

    Snowball writes "queri" for "query" and "queries", and "use" for "uses" and "using".
    """
    if stem.endswith("i"):
        return stem, f"{stem[:-1]}y"
    if stem.endswith("e"):
        return stem, f"{stem[:-1]}ing"
    return (stem,)


def _with_held(ranked: Sequence[Ranked], worth: Mapping[tuple[str, ...], float]) -> list[Ranked]:
    """Add the share of the query's words that each chunk holds. worth: beginnings of each word to its rarity."""
    everything = math.fsum(worth.values())
    if not everything:
        return list(ranked)
    result = []
    for one in ranked:
        chunk = one.chunk
        text = f"{chunk.path} {chunk.symbol or ''} {chunk.title or ''} {chunk.text}"
        texts = [text, text.replace("_", "")] if "_" in text else [text]
        pairs = [(cased, _lower(cased)) for cased in texts]  # of an identifier its parts, and the whole without "_"
        share = math.fsum(value for beginnings, value in worth.items() if _holds(pairs, beginnings)) / everything
        result.append(_ranked(chunk, {**one.why, "held": WEIGHTS["held"] * share}) if share else one)
    return result


def _holds(pairs: Sequence[tuple[str, str]], beginnings: Sequence[str]) -> bool:
    """Tell whether a word of a text begins in one of these ways. pairs: the text in its forms, and in lower case."""
    for cased, low in pairs:
        for beginning in beginnings:
            if beginning in low and _begins_word(beginning, cased, low):
                return True
    return False


def _lower(text: str) -> str:
    """Return the text in lower case, each letter in its place."""
    return text.replace("\u0130", "i").lower()  # this one would become two


def _begins_word(beginning: str, text: str, low: str) -> bool:
    """Tell whether a word of the text, or a part of an identifier, begins so; much faster than to split it.

    low: the text in lower case.
    """
    at = low.find(beginning)
    while at >= 0:
        if at == 0 or not text[at - 1].isalpha():
            return True
        if text[at].isupper() and (not text[at - 1].isupper() or text[at + 1 : at + 2].islower()):
            return True  # "Server" in "fileServer" and in "HTTPServer"
        at = low.find(beginning, at + 1)
    return False


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
            crowd = WEIGHTS["crowd"] * min(better, MOST_CROWD)
            one = _ranked(one.chunk, {**one.why, "crowd": crowd})
        result.append(one)
    return sorted(result, key=_order)
