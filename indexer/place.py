"""Where somebody points: `PATH:LINE`, `PATH` or the id of a hit, to what is indexed there."""

import os
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from indexer.errors import PathError
from indexer.store.base import Store
from indexer.types import Chunk

PLACE: Final = re.compile(
    r"(?P<path>.+?)(?::(?P<line>\d{1,9})(?:[:-]\d*)?)?", re.DOTALL
)  # also `a.py:15-21`, `a.py:3:1`
MOST_NAMED: Final = 5  # paths or repositories in an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """What a place names."""

    chunks: tuple[Chunk, ...]  # of a line or an id one, else all of the file, by line; never empty
    whole_file: bool


def chunks_at(place: str, *, store: Store, folder: Path | None = None) -> Pointed:
    """Return what `place` names: the chunk of an id or a line, or all chunks of a file.

    place: an id, or a path and perhaps a line, as hits are printed. The path is of the disk, relative to
    `folder` where that is given, or of a repository, whole or its last parts, perhaps behind the repository's
    name. Raises PathError for what is not indexed, or may be several files.
    """
    if _is_id(place):
        found = store.chunks([place]).get(place)
        if found is None:
            raise PathError(f"there is no chunk {place}", hint="its file changed since; search again")
        return Pointed(chunks=(found,), whole_file=False)
    path, line = _split(place)
    repo, inside = _file(path, store=store, folder=folder)
    chunks = store.file_chunks(repo, inside)
    if not chunks:
        raise PathError(f"{inside} holds nothing to compare", hint="its file has no text that was indexed")
    if line is None:
        return Pointed(chunks=tuple(chunks), whole_file=True)
    for chunk in chunks:
        if chunk.start <= line <= chunk.end:
            return Pointed(chunks=(chunk,), whole_file=False)
    raise PathError(f"line {line} of {inside} is in no indexed piece", hint=_nearest(chunks, inside, line))


def folder_or_file(path: str, *, store: Store, folder: Path | None = None) -> tuple[str, PurePosixPath]:
    """Return the repository, and the file or folder in it, that a path names; "." for all of it.

    Raises PathError for what is not indexed, or may be several.
    """
    for repo, inside in _on_disk(path, store, folder):
        if store.file(repo, inside) is not None or any(_is_below(file, inside) for file in store.files(repo)):
            return repo, inside
    if store.repo(path.rstrip("/")) is not None:
        return path.rstrip("/"), PurePosixPath()
    wanted = PurePosixPath(path)
    found = {
        (status.repo.name, part)
        for status in store.repos()
        for file in store.files(status.repo.name)
        for part in (file, *file.parents)
        if _ends(status.repo.name, part, wanted)
    }
    return _only(found, path, wanted)


def _file(path: str, *, store: Store, folder: Path | None) -> tuple[str, PurePosixPath]:
    for repo, inside in _on_disk(path, store, folder):
        if store.file(repo, inside) is not None:
            return repo, inside
    wanted = PurePosixPath(path)
    found = {
        (status.repo.name, file)
        for status in store.repos()
        for file in store.files(status.repo.name)
        if _ends(status.repo.name, file, wanted)
    }
    return _only(found, path, wanted)


def _on_disk(path: str, store: Store, folder: Path | None) -> list[tuple[str, PurePosixPath]]:
    """Return repository and path in it for each root that a path of the disk lies below; innermost first."""
    if folder is None and not os.path.isabs(path):
        return []
    # Not resolved: a link inside a repository is indexed under the name it has there.
    full = Path(os.path.normpath((folder or Path()) / path))
    repos = [status.repo for status in store.repos()]
    roots = {os.path.realpath(repo.root): repo for repo in repos} | {str(repo.root): repo for repo in repos}
    return [
        (roots[str(parent)].name, PurePosixPath(full.relative_to(parent).as_posix()))
        for parent in (full, *full.parents)
        if str(parent) in roots
    ]


def _only(found: Iterable[tuple[str, PurePosixPath]], path: str, wanted: PurePosixPath) -> tuple[str, PurePosixPath]:
    """Return the one that is found; one of that whole name comes before those that end so."""
    every = sorted(found, key=lambda one: (one[0], str(one[1])))
    whole = [one for one in every if wanted in (one[1], PurePosixPath(one[0], one[1]))]
    best = whole or every
    if not best:
        raise PathError(f"{path} is not indexed", hint=f"index it with `index-repo {path}`, or check the path")
    if len(best) > 1:
        names = [str(PurePosixPath(repo, inside)) for repo, inside in best]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        raise PathError(
            f"{path} may be any of {', '.join(names[:MOST_NAMED])}{more}",
            hint=f"write more of it, with the repository before it, such as `{names[0]}`",
        )
    return best[0]


def _ends(repo: str, inside: PurePosixPath, wanted: PurePosixPath) -> bool:
    """Tell whether the path, with its repository's name before it, ends with what is wanted."""
    return bool(inside.parts) and f"/{repo}/{inside}".endswith(f"/{str(wanted).lstrip('/')}")


def _is_below(file: PurePosixPath, folder: PurePosixPath) -> bool:
    return folder in file.parents


def _split(place: str) -> tuple[str, int | None]:
    found = PLACE.fullmatch(place.strip())
    if found is None:
        raise PathError("the place is empty", hint="write it as PATH:LINE, such as src/app.py:120")
    return found["path"], int(found["line"]) if found["line"] else None


def _nearest(chunks: Sequence[Chunk], path: PurePosixPath, line: int) -> str:
    """Name the lines that would have been found."""
    last = max(chunk.end for chunk in chunks)
    if line > last:
        return f"its last indexed line is {last}; index again if the file has grown"
    near = min(chunks, key=lambda chunk: min(abs(chunk.start - line), abs(chunk.end - line)))
    return f"such lines are blank or hold only brackets; the nearest piece is {path}:{near.start}-{near.end}"


def _is_id(place: str) -> bool:
    try:
        return str(uuid.UUID(place)) == place.lower()
    except ValueError:
        return False
