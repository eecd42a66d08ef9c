"""Checks that everything a search needs is there; each failure names what mends it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from embedder.errors import EmbedderError
from indexer.errors import IndexerError
from indexer.index import Index
from indexer.languages import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str  # what was found
    fix: str | None = None  # what to do, where it is not ok


def examine(open: Callable[[], Index]) -> Iterator[Check]:
    """Yield one check after the other, cheapest first; `open` opens the index, and may raise."""
    yield _full_text()
    yield _git()
    yield _try("grammars", _grammars)
    try:
        index = open()
    except (IndexerError, EmbedderError) as error:
        yield Check(name="index", ok=False, detail=str(error), fix=error.hint)
        return
    with index:
        yield _try("index", lambda: _index(index))
        yield _try("disk", lambda: _disk(index))
        yield _try("model", index.try_model)
        if index.settings.rerank:
            yield _try("rerank", lambda: str(index.try_reranker()))
        yield from _repositories(index)


def _try(name: str, look: Callable[[], str]) -> Check:
    """Run a check; an error that says what to do becomes its fix."""
    try:
        return Check(name=name, ok=True, detail=look())
    except (IndexerError, EmbedderError) as error:
        return Check(name=name, ok=False, detail=str(error), fix=error.hint)


def _full_text() -> Check:
    with sqlite3.connect(":memory:") as database:
        options = {row[0] for row in database.execute("PRAGMA compile_options")}
    ok = "ENABLE_FTS5" in options
    fix = None if ok else "use a Python whose SQLite has FTS5, such as your distribution's or python.org's"
    return Check(
        name="sqlite", ok=ok, detail=f"version {sqlite3.sqlite_version}, FTS5 {'yes' if ok else 'no'}", fix=fix
    )


def _git() -> Check:
    found = shutil.which("git")
    return Check(
        name="git",
        ok=found is not None,
        detail=found or "not found: ignore rules are read without it, commits are not known",
        fix=None if found else "install git",
    )


def _grammars() -> str:
    from indexer.parse import grammars  # here: loading a grammar costs time

    loaded = [row for row in LANGUAGES if row.grammar and grammars.load(row.name, row.grammar)]
    return f"{len(loaded)} languages are parsed into functions"


def _index(index: Index) -> str:
    facts = index.check()
    return f"{facts['location']}: {facts['files']} files, {facts['chunks']} chunks, {facts['vectors']} vectors"


def _disk(index: Index) -> str:
    free = shutil.disk_usage(index.settings.index).free
    if free < 1 << 30:
        raise IndexerError(
            f"only {free >> 20} MiB are free", hint="free some space, or move the index with --index DIR"
        )
    return f"{free >> 30} GiB free"


def _repositories(index: Index) -> Iterator[Check]:
    for now in index.status():
        repo = now.status.repo
        command = f"index-repo {repo.root}" if repo.whole else f"index-repo FILE, for each file in {repo.root} you want"
        if not now.exists:
            yield Check(name=repo.name, ok=False, detail=f"{repo.root} is gone", fix=f"gte-search remove {repo.name}")
        elif not now.status.complete:
            yield Check(name=repo.name, ok=False, detail="its last run was cut off", fix=command)
        elif now.status.pending:
            yield Check(name=repo.name, ok=False, detail=f"{now.status.pending} passages have no vector", fix=command)
        elif now.drift:
            yield Check(name=repo.name, ok=False, detail=f"changed since: {now.drift}", fix=command)
        else:
            yield Check(name=repo.name, ok=True, detail=f"{now.status.files} files, up to date")
