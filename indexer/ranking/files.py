"""What speaks for a file as a whole: what its chunks say together, its name and its place."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from statistics import median
from typing import Final, NamedTuple

from indexer import tokens
from indexer.aside import is_aside, is_behind, is_versioned, superseded
from indexer.query import Intent, Query
from indexer.ranking import weights
from indexer.ranking.evidence import File
from indexer.ranking.words import akin
from indexer.types import Chunk, Kind

PAST: Final = frozenset("changelog changelogs changes history news releases".split())  # names of files that tell it
ASIDE: Final = frozenset(
    """test tests testing spec specs mock mocks fixture fixtures example examples sample samples demo demos benchmark
    benchmarks legacy deprecated compat compatibility obsolete""".split()
)  # words of a query that ask for what stands aside; as they stand: "sampling" and "release a lock" do not
A_VERSION: Final = re.compile(r"\bv\d{1,4}\b", re.IGNORECASE)  # a query with one may want what is superseded


def of_files(
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
    alike: dict[str, frozenset[int]] = {}  # word of a name to the asked words that are like it: files share words

    def asked_by(word: str) -> frozenset[int]:
        if word not in alike:
            alike[word] = frozenset(at for at, asked in enumerate(query.tokens) if akin(asked, word))
        return alike[word]

    asked = max(len(query.tokens), 1)
    is_name = query.intent is Intent.SYMBOL
    found = {}
    for file, place in places.items():
        own = [asked_by(word) for word in place.name]
        named = set().union(*own, *map(asked_by, place.folder))
        signals = {
            "file": words.get(file),
            "subject": meaning.get(file),
            "name": len(named) / asked,
            "called": bool(named and own and all(own)) and not is_name,
            "depth": max(-weights.MOST_DEPTH, min(place.depth - usual[file[0]], weights.MOST_DEPTH)),
            "here": file[0] == here,
            "support": file in aside,
        }
        found[file] = {name: weights.WEIGHTS[name] * value for name, value in signals.items() if value}
    return found


def together(values: Mapping[str, float], file_of: Mapping[str, File]) -> dict[File, float]:
    """Return the norm of each file's chunks, of degree TOGETHER, as a share of the best file's."""
    sums: defaultdict[File, float] = defaultdict(float)
    for id, value in values.items():
        if file := file_of.get(id):
            sums[file] += value**weights.TOGETHER
    best = max(sums.values(), default=0.0)
    return {file: (value / best) ** (1 / weights.TOGETHER) for file, value in sums.items()} if best > 0 else {}


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


def asks_past(query: Query) -> bool:
    """Tell whether a query is about what was."""
    return not PAST.isdisjoint(_plain(query.text))


def tells_past(chunk: Chunk) -> bool:
    """Tell whether a section is of a document about what was, such as a change log."""
    return chunk.kind is Kind.SECTION and not PAST.isdisjoint(_plain(chunk.path.name))


@lru_cache(maxsize=1 << 10)  # of the query, and of names of documents
def _plain(text: str) -> frozenset[str]:
    """Return the lower-case words of a text, identifiers cut into theirs, as they stand."""
    return frozenset(word.lower() for word in tokens.PART.findall(text))
