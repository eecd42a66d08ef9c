"""Brings an index to what is on disk: texts of all that is named, then vectors; as told, or as the last run was."""

import json
import time
from collections.abc import Container, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from indexer import ingest, repository
from indexer.errors import PathError, SyncError
from indexer.models import FINGERPRINT_NOTE, Models
from indexer.progress import OnProgress
from indexer.settings import Settings, for_repository
from indexer.store.base import Store
from indexer.targets import Target, resolve_each
from indexer.types import SyncReport

GLOBS_NOTE: Final = "globs of "  # and the name of a repository: the `--include` and `--exclude` of its last run
WORDS_ONLY_NOTE: Final = "words only: "  # and the name of a repository: "yes" where its last run made no vectors


def sync(
    paths: Iterable[Path],
    *,
    store: Store,
    settings: Settings,
    models: Models,
    name: str | None,
    vectors: bool,
    seconds: float,
    explain: bool,
    again: bool,
    report: OnProgress | None,
) -> list[SyncReport]:
    """Do what `Index.sync` says."""
    roots = [status.repo.root for status in store.repos() if status.repo.whole]
    if name is not None and not (name.strip() and name.isprintable()):
        raise PathError(f"{name!r} is no name for a repository", hint="give it a name of visible characters")
    targets, problems = resolve_each(list(paths), roots=roots)
    if name and len(targets) > 1:
        raise PathError(f"{len(targets)} paths cannot share the name `{name}`", hint="index them one by one")
    reports: list[SyncReport] = []
    with store.writing():
        if vectors and targets:
            models.for_run()
        for target in targets:
            try:
                written = _write_texts(
                    target, store=store, settings=settings, name=name, explain=explain, again=again, report=report
                )
            except PathError as error:
                problems.append(error)
                continue
            if not again:
                _put(store, WORDS_ONLY_NOTE + written.repo, "" if vectors else "yes")
            reports.append(written)
        if vectors and reports:
            wanted = {one.repo for one in reports if not (again and store.note(WORDS_ONLY_NOTE + one.repo))}
            deadline = time.monotonic() + seconds
            reports = _write_vectors(reports, wanted, store=store, models=models, report=report, deadline=deadline)
        store.compact()
    totals = {status.repo.name: status for status in store.repos(model=store.note(FINGERPRINT_NOTE))}
    reports = [replace(one, chunks=totals[one.repo].chunks, pending=totals[one.repo].pending) for one in reports]
    if problems and not reports and len(problems) == 1:
        raise problems[0]
    if problems:
        raise SyncError(problems, reports)
    return reports


def as_before(name: str, *, store: Store, settings: Settings) -> Settings:
    """Return the settings, with the globs that the last run of a repository was given where they are given none."""
    if settings.given & {"include", "exclude"}:
        return settings
    globs: dict[str, list[str]] = json.loads(store.note(GLOBS_NOTE + name) or "{}")
    return replace(
        settings,
        include=tuple(globs.get("include", settings.include)),
        exclude=tuple(globs.get("exclude", settings.exclude)),
        given=settings.given | globs.keys(),
    )


def _write_texts(
    target: Target,
    *,
    store: Store,
    settings: Settings,
    name: str | None,
    explain: bool,
    again: bool,
    report: OnProgress | None,
) -> SyncReport:
    repo = repository.identify(target.root)
    taken = {status.repo.name: status.repo for status in store.repos()}
    known = next((one for one in taken.values() if one.root == repo.root), None)
    if name and known and known.name != name:
        raise PathError(
            f"{repo.root} is indexed as `{known.name}`",
            hint=f"to call it `{name}`, first take it out with `gte-search remove {known.name}`",
        )
    if name and name in taken and not known:
        raise PathError(f"`{name}` is the name of {taken[name].root}", hint="choose another with --name")
    roots = {one.name: one.root for one in taken.values()}
    chosen = known.name if known else name or repository.unique_name(repo.name, roots, repo.root)
    repo = replace(repo, name=chosen, whole=target.whole or bool(known and known.whole))
    given = as_before(chosen, store=store, settings=settings) if again else settings
    own = for_repository(given, target.root)
    done = ingest.write_texts(target, repo, store=store, settings=own, report=report, explain=explain)
    if target.whole:
        globs = {knob: getattr(given, knob) for knob in ("include", "exclude") if knob in given.given}
        _put(store, GLOBS_NOTE + chosen, json.dumps(globs) if globs else "")
    note = repository.locate(target.root).note
    return replace(done, notes=((PurePosixPath(), note), *done.notes)) if note else done


def _write_vectors(
    reports: Iterable[SyncReport],
    wanted: Container[str],
    *,
    store: Store,
    models: Models,
    report: OnProgress | None,
    deadline: float,
) -> list[SyncReport]:
    """Write the vectors of the wanted repositories, by name, until the deadline of `time.monotonic`."""
    encoder = models.encoder(convert=True)
    models.note(encoder, again=False)
    done = []
    for one in reports:
        encoded = 0
        if one.repo in wanted:
            encoded = ingest.write_vectors(
                store=store, encoder=encoder, repo=one.repo, report=report, deadline=deadline
            )
        done.append(replace(one, encoded=encoded))
    if not store.count_pending(encoder.fingerprint):
        # Only now: until here the vectors of a model used before went on answering.
        models.note(encoder)
        store.keep_model(encoder.fingerprint)
    return done


def _put(store: Store, note: str, text: str) -> None:
    """Keep a note if it says something new: a run that changes nothing writes nothing."""
    if text != (store.note(note) or ""):
        store.put_note(note, text)
