"""The read path: a query becomes hits. Knows the seams, no engine and no door."""

import os
import posixpath
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from embedder.types import Encoder, Reranker
from indexer import lookup, ranking, repository
from indexer.languages import has_file_lines
from indexer.lookup import Held
from indexer.query import Query
from indexer.ranking import Evidence, Ranked
from indexer.store.base import Store
from indexer.types import Candidate, Chunk, Facets, Field, FileState, Hit, Repo, SearchResult, Timings

DEPTH: Final = 200  # candidates asked of each engine, whatever page is wanted: else pages would repeat and lose hits
MOST_PLACES: Final = 20  # files looked into for a line: a name such as `index.js` may be anywhere
NOTHING: Final = "nothing matches; try other words, fewer of them, or a part of a name"
NO_MODEL: Final = ""  # of which no vector exists, so that everything is pending


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=os.cpu_count(), thread_name_prefix="search")


def _beside() -> ThreadPoolExecutor:
    """Return where meaning is looked up while words are; both leave Python for most of their time.

    By process: one that was forked has none of the threads of the other.
    """
    return _threads(os.getpid())


def search(
    query: Query,
    *,
    asked: str,
    store: Store,
    encoder: Encoder | None,
    reranker: Reranker | None = None,
    limit: int,
    offset: int = 0,
    facets: bool = False,
    here: str | None = None,
    notice: str | None = None,
) -> SearchResult:
    """Answer a query from every engine under its filter.

    asked: the query as typed. encoder: None searches by words, symbols and paths alone. reranker:
    puts the best few in order. here: the repository to prefer. notice: what the caller knows that the user should.
    """
    started = time.perf_counter()
    query = lookup.respelled(query, store)
    near = _beside().submit(_near, query, store, encoder) if encoder else None
    try:
        held = lookup.held(query, store, limit=DEPTH)
        by_words = Evidence(
            words={Field.BODY: held.candidates} if held else store.fields(query.tokens, where=query.where, limit=DEPTH),
            rarity=store.rarity(query.tokens),
            symbols=store.symbols(query.symbols, where=query.where, limit=DEPTH),
            paths=store.paths(query.tokens, where=query.where, limit=DEPTH),
            frames=lookup.framed(query, store),
        )
    finally:  # also where words fail: the caller may close the store next
        dense, encoding = near.result() if near else ((), 0.0)
    evidence = replace(by_words, dense=dense)
    promising = ranking.promising(evidence)
    # What holds the exact text is kept whatever else is promising: it is checked, and there is nothing beside it.
    ids = dict.fromkeys([*(one.id for one in held.candidates), *promising]) if held else promising
    chunks = lookup.passing(query, store.chunks(list(ids)) | _at_line(query, evidence, store))
    searched = time.perf_counter()
    ranked = ranking.rank(query, evidence, chunks, here=here)
    if reranker is not None and ranked:  # on later pages too: they tell whether the first hit is good
        best = [one.chunk.passage for one in ranked[: ranking.weights.JUDGED]]
        ranked = ranking.judged(ranked, reranker.score(query.text, best).tolist())
    page = ranked[offset : offset + limit]
    hits = tuple(_hits(query, page, store))
    sure = bool(ranked) and ranking.confident(query, evidence, ranked[0])
    finished = time.perf_counter()
    return SearchResult(
        query=asked,
        timings=Timings(
            encode=encoding,
            search=_milliseconds(started, searched) - encoding,
            rank=_milliseconds(searched, finished),
        ),
        pending_vectors=store.count_pending(encoder.fingerprint if encoder else NO_MODEL),
        total=len(ranked),
        total_is_exact=held.whole and len(held.candidates) < DEPTH
        if held
        else all(len(found) < DEPTH for found in (evidence.dense, *evidence.words.values()))
        and len(promising) < ranking.weights.PROMISING,
        offset=offset,
        confident=sure,
        notice=notice or _notice(query, store, held, found=bool(ranked), sure=sure),
        understood=query.understood(),
        hits=hits,
        facets=_facets([one.chunk for one in ranked]) if facets else None,
    )


def _facets(chunks: Sequence[Chunk]) -> Facets:
    """Count what was ranked by each field, most frequent first.

    Folders are those of the first level at which the candidates differ, so that narrowing to one shows what is in it.
    """
    shared = posixpath.commonpath([chunk.path.parent for chunk in chunks]) if chunks else ""
    level = len(PurePosixPath(shared).parts) + 1
    counted = {
        "folders": Counter("/".join(chunk.path.parent.parts[:level]) or "." for chunk in chunks),
        "kinds": Counter(str(chunk.kind) for chunk in chunks),
        "languages": Counter(chunk.language for chunk in chunks),
        "repos": Counter(chunk.repo for chunk in chunks),
    }
    return {
        field: dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))) for field, counts in counted.items()
    }


def _near(query: Query, store: Store, encoder: Encoder) -> tuple[Sequence[Candidate], float]:
    """Return the candidates by meaning, and the milliseconds that the query's vector took."""
    started = time.perf_counter()
    (vector,) = encoder.encode([query.text], role="query")
    encoded = time.perf_counter()
    found = store.dense(vector, model=encoder.fingerprint, where=query.where, limit=DEPTH)
    return found, _milliseconds(started, encoded)


def _at_line(query: Query, evidence: Evidence, store: Store) -> dict[str, Chunk]:
    """Return the chunks at the line that the query names, of files that an engine found."""
    if query.line is None:
        return {}
    found = store.chunks([candidate.id for candidate in evidence.paths[:MOST_PLACES]]).values()
    files = {(chunk.repo, chunk.path) for chunk in found if query.names(chunk.path)}
    chunks = (chunk for file in files for chunk in store.file_chunks(*file))
    return {chunk.id: chunk for chunk in chunks if chunk.start <= query.line <= chunk.end}


def hit_of(chunk: Chunk, store: Store) -> Hit:
    """Show a chunk by itself, outside of any ranking: score 0, no matches."""
    return next(iter(_hits(None, [Ranked(chunk=chunk, score=0.0, why={})], store)))


def hits_of(page: Iterable[Ranked], store: Store) -> tuple[Hit, ...]:
    """Show ranked chunks that no query led to: no matches."""
    return tuple(_hits(None, page, store))


def _hits(query: Query | None, page: Iterable[Ranked], store: Store) -> Iterable[Hit]:
    repo_of, file_of = cache(store.repo), cache(store.file)  # hits share repositories, and often files
    for one in page:
        chunk = one.chunk
        repo, state = repo_of(chunk.repo), file_of(chunk.repo, chunk.path)
        yield Hit(
            id=chunk.id,
            score=one.score,
            repo=chunk.repo,
            path=chunk.path,
            start=chunk.start,
            end=chunk.end,
            page=chunk.page,
            kind=chunk.kind,
            language=chunk.language,
            symbol=chunk.symbol,
            title=chunk.title,
            text=chunk.text,
            matches=ranking.matching_lines(query, chunk) if query else (),
            stale=_is_stale(repo.root, state) if repo and state else True,
            url=_url(repo, chunk) if repo else None,
            why=one.why,
        )


def _url(repo: Repo, chunk: Chunk) -> str | None:
    """Link to the lines, or to the file where the lines are those of extracted text."""
    if has_file_lines(chunk.language):
        return repository.web_url(repo, chunk.path, chunk.start, chunk.end)
    return repository.web_url(repo, chunk.path)


def _is_stale(root: Path, state: FileState) -> bool:
    """Compare the file on disk with the one indexed, by size and time: it costs one system call."""
    try:
        now = (root / state.path).stat()
    except OSError:
        return True
    return (now.st_size, now.st_mtime_ns) != (state.size, state.mtime_ns)


def _notice(query: Query, store: Store, held: Held | None, *, found: bool, sure: bool) -> str | None:
    said = _out_of_time(held)
    if found:
        return said or (None if sure else "nothing matches well; these are the nearest")
    if query.where and not store.count(query.where):
        return f"nothing in the index passes the filter ({' '.join(query.filters())}); {_advice(query, store)}"
    if said:
        return said
    if held:
        sources = " and ".join(pattern.source for pattern in query.wanted)
        return f"nothing holds {sources}; take the {'slashes' if sources.endswith('/') else 'quotes'} away"
    return NOTHING if query.where or store.repos() else "the index is empty; add to it with `index-repo PATH`"


def _out_of_time(held: Held | None) -> str | None:
    if held is None or held.whole:
        return None
    return (
        f"there was time to check {held.checked:,} passages only; narrow the search with a filter such as `path:`"
        " or `lang:`, or put a whole word into the expression"
    )


def _advice(query: Query, store: Store) -> str:
    """Say what is wrong with the filter, where that can be told."""
    unknown = [name for name in query.where.only.repos if store.repo(name) is None]
    if unknown:
        known = ", ".join(status.repo.name for status in store.repos()) or "none"
        return f"there is no repository `{unknown[0]}`, indexed are: {known}"
    if query.where.only.paths:
        return "path globs count from the root of a repository, as in .gitignore"
    return "drop one of its parts"


def _milliseconds(start: float, end: float) -> float:
    return (end - start) * 1000
