"""What a query names outright, looked up in the store: exact text, frames of a trace, names with a slip in them."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from indexer import spelling, tokens
from indexer.patterns import Pattern
from indexer.query import NAME, Intent, Query
from indexer.store.base import Store
from indexer.types import Candidate, Chunk, Filter, Frame

SECONDS: Final = 1.5  # for checking texts: one waits so long for an expression that no word narrows down
MOST_NAMES: Final = 4  # of a query that are looked up by their spelling
MOST_LIKELY: Final = 3  # names shown in place of one, where several differ as little
MOST_FRAMES: Final = 30  # of a trace, from the innermost: a look into the paths each
MOST_FILES: Final = 20  # looked at for a frame: `index.js` may be anywhere
MOST_COPIES: Final = 3  # of a frame's file, in other repositories and versions
OUTWARD: Final = 0.85  # what a frame is worth beside the next inner one
TAIL: Final = 3  # last parts of a frame's path that are looked for

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Chunks that hold every wanted pattern and no unwanted one."""

    candidates: tuple[Candidate, ...]  # by BM25 over the patterns' words
    checked: int  # texts
    whole: bool  # False: time ran out before all were checked


def respelled(query: Query, store: Store) -> Query:
    """Put names that are defined in the place of those that are not, where they are nearly the same.

    A name that occurs at all is left alone, unless the other is the same in another convention: code uses much
    that is defined elsewhere. A British word gives way to the American one if more passages have that.
    """
    if query.intent in (Intent.PATH, Intent.ERROR):
        return query
    meant: dict[str, tuple[str, ...]] = {}
    defined = set()
    for name in query.named()[:MOST_NAMES]:
        if store.symbols([name], where=query.where, limit=1):
            defined.add(name)
        elif likely := _meant(name, store, query.where):
            meant[name] = likely
    only = query.where.only
    if not (query.patterns or only.repos or only.paths):  # words are counted over the whole index
        words = _american(query, store)
        meant |= {word: (other,) for word, other in words.items() if word not in meant and word not in defined}
    return query.with_spelling(meant) if meant else query


def _american(query: Query, store: Store) -> dict[str, str]:
    """Return the query's British words with the American ones that more passages have."""
    words = [word for word in NAME.findall(query.text) if word.isalpha() and len(word) <= tokens.LONGEST]
    pairs = {word: other for word in words if (other := spelling.american(word)) != word}
    if not pairs:
        return {}
    rarity = store.rarity([tokens.split(word)[-1] for pair in pairs.items() for word in pair])
    return {
        word: other for word, other in pairs.items() if rarity[tokens.split(other)[-1]] < rarity[tokens.split(word)[-1]]
    }


def _meant(name: str, store: Store, where: Filter) -> tuple[str, ...]:
    """Return what is defined in place of a name that is not; () where it may be right."""
    likely = store.near(name, where=where, limit=MOST_LIKELY)
    parts = name.split(".")
    if likely and (not any(likely.values()) or not all(_is_known(part, store, where) for part in parts)):
        return tuple(likely)
    if likely or len(parts) == 1:
        return ()
    # Each part by itself: `Sesion.send` is in no class of nearly that name where Session inherits it.
    righted = [part if _is_known(part, store, where) else _first_near(part, store, where) for part in parts]
    return (".".join(righted),) if righted != parts else ()


def _first_near(name: str, store: Store, where: Filter) -> str:
    return next(iter(store.near(name, where=where, limit=1)), name)


def _is_known(name: str, store: Store, where: Filter) -> bool:
    """Tell whether an unqualified name occurs somewhere."""
    return bool(store.lexical(tokens.split(name)[-1:], where=where, limit=1))


def held(query: Query, store: Store, *, limit: int, clock: Clock = time.monotonic) -> Held | None:
    """Find what holds the patterns of a query, at most `limit`; None where it wants none.

    A phrase is looked for as whole words; where there is no such place, inside of words too.
    """
    if not query.wanted:
        return None
    until = clock() + SECONDS
    likely = list(dict.fromkeys(word for pattern in query.wanted for word in pattern.words))
    certain = list(dict.fromkeys(word for pattern in query.wanted for word in pattern.certain))
    found = _held(query, store.holding(likely, where=query.where), limit=limit, until=until, clock=clock)
    if found.candidates or not found.whole or likely == certain:
        return found
    return _held(query, store.holding(certain, where=query.where), limit=limit, until=until, clock=clock)


def _held(query: Query, texts: Iterator[tuple[Candidate, str]], *, limit: int, until: float, clock: Clock) -> Held:
    found: list[Candidate] = []
    checked = 0
    try:
        for candidate, text in texts:
            if len(found) >= limit:
                break
            if _passes(query.patterns, text, until=until, clock=clock):
                found.append(candidate)
            checked += 1
    except TimeoutError:
        return Held(candidates=tuple(found), checked=checked, whole=False)
    finally:
        if close := getattr(texts, "close", None):
            close()  # a store may hold a connection until then
    return Held(candidates=tuple(found), checked=checked, whole=True)


def passing(query: Query, chunks: Mapping[str, Chunk], *, clock: Clock = time.monotonic) -> dict[str, Chunk]:
    """Return the chunks whose text the patterns of a query let through; of those that take too long none."""
    if not query.patterns:
        return dict(chunks)
    until = clock() + SECONDS
    kept = {}
    for id, chunk in chunks.items():
        try:
            if _passes(query.patterns, chunk.text, until=until, clock=clock):
                kept[id] = chunk
        except TimeoutError:
            break
    return kept


def _passes(patterns: tuple[Pattern, ...], text: str, *, until: float, clock: Clock) -> bool:
    """Check one text. Raises TimeoutError at `until`."""
    for pattern in patterns:
        left = until - clock()
        if left <= 0:
            raise TimeoutError
        if pattern.holds(text, timeout=left) is pattern.excluded:
            return False
    return True


def framed(query: Query, store: Store) -> list[Candidate]:
    """Return the chunks of indexed files that the frames of a query are in, the innermost best.

    The running code is often another version than the indexed one: the function counts before the line.
    """
    found: dict[str, float] = {}
    worth = 1.0
    for frame in query.frames[:MOST_FRAMES]:
        own = _chunks_of(frame, store, query.where)
        for chunk in own:
            found.setdefault(chunk.id, worth)
        worth *= OUTWARD if own else 1.0
    return [Candidate(id=id, score=score) for id, score in found.items()]


def _chunks_of(frame: Frame, store: Store, where: Filter) -> list[Chunk]:
    """Return the chunk that a frame is in, of each file that may be the frame's."""
    parts = frame.path.casefold().strip("/").split("/")
    tails = ["/".join(parts[-length:]) for length in range(1, min(TAIL, len(parts)) + 1)]
    firsts = store.chunks([one.id for one in store.paths(tails, where=where, limit=MOST_FILES)]).values()
    shared = {(chunk.repo, chunk.path): _shared(parts, chunk.path) for chunk in firsts}
    most = max(shared.values(), default=0)
    files = [file for file, count in shared.items() if count == most > 0][:MOST_COPIES]
    found = (_at(frame, store.file_chunks(*file), whole=most in (len(parts), len(file[1].parts))) for file in files)
    return [chunk for chunk in found if chunk]


def _shared(parts: list[str], path: PurePosixPath) -> int:
    """Count the last parts that two paths share."""
    count = 0
    for one, other in zip(reversed(parts), reversed(path.parts), strict=False):
        if one != other.casefold():
            break
        count += 1
    return count


def _at(frame: Frame, chunks: list[Chunk], *, whole: bool) -> Chunk | None:
    """Return the function that the frame names, else, in a file that is surely the frame's, what is at its line."""
    at_line = [chunk for chunk in chunks if chunk.start <= frame.line <= chunk.end]
    if frame.name:
        name = frame.name.rpartition(".")[2].casefold()
        named = [chunk for chunk in chunks if chunk.symbol and chunk.symbol.casefold().rpartition(".")[2] == name]
        best = [chunk for chunk in named if chunk in at_line] or named
        if best or not whole:
            return next(iter(best), None)
    return next(iter(at_line), None)
