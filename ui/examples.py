"""Questions to begin with, taken from what is indexed."""

from collections.abc import Iterable, Iterator
from typing import Final

from indexer import tokens
from indexer.aside import is_aside
from indexer.types import Hit, Kind
from ui.backend import FAILURES, Backend

DOING: Final = "load read open parse send create build find update write"
TELLING: Final = "guide introduction how to use install configure getting started"
LONGEST: Final = 60  # characters of an example
ENOUGH: Final = 2  # of each sort


def examples(backend: Backend) -> list[str]:
    """Return names, questions in words and headings that have an answer in the index; few, or none."""
    try:
        code = backend.search(DOING, kinds=[Kind.FUNCTION, Kind.METHOD], limit=20).hits
        prose = backend.search(TELLING, kinds=[Kind.SECTION], limit=20).hits
    except FAILURES:  # whatever is wrong is said when a question is asked
        return []
    hits = sorted((hit for hit in code if not _is_hook(hit.symbol)), key=lambda hit: is_aside(hit.path))
    named = _first(hit.symbol for hit in hits if hit.symbol)
    names = {name.rpartition(".")[2] for name in named}
    worded = _first(_words(last) for hit in hits if hit.symbol and (last := hit.symbol.rpartition(".")[2]) not in names)
    headed = _first(_heading(hit) for hit in prose)
    return list(dict.fromkeys([*named, *worded, *headed]))


def _is_hook(symbol: str | None) -> bool:
    """Tell whether a name is one that a language calls by itself, such as Python's `__init__`."""
    return (symbol or "").endswith("__")


def _first(found: Iterable[str]) -> list[str]:
    short = (text for text in found if 0 < len(text) <= LONGEST)
    return list(dict.fromkeys(short))[:ENOUGH]


def _words(name: str) -> str:
    """Write a name as a question in words; "" for one that has fewer than two."""
    words = [word for word in _parts(name) if word]
    return " ".join(words) if len(words) > 1 else ""


def _parts(name: str) -> Iterator[str]:
    for piece in name.strip("_").split("_"):
        word = ""
        for character in piece:
            if character.isupper() and word and not word[-1].isupper():
                yield word.lower()
                word = ""
            word += character
        yield word.lower()


def _heading(hit: Hit) -> str:
    """Return the last part of a heading path that has more than one word."""
    last = (hit.title or "").rpartition(" > ")[2].strip()
    return last if len(tokens.split(last)) > 1 else ""
