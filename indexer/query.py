"""Query text to what is asked: words, names and filters.

`repo: lang: kind: path: symbol:` restrict, `-` before one of them excludes, quotes hold a value with
spaces together. Everything else is the question itself.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, TypeVar

from indexer import languages, tokens
from indexer.errors import QueryError
from indexer.types import Filter, Kind, Terms

LONGEST: Final = 100_000  # characters of a query; more is a mistake, and would only cost time
LONGEST_MEANING: Final = 4_000  # characters the encoder is given; it reads a few hundred tokens anyway
MOST_TOKENS: Final = 64  # distinct words the engines are asked for: a pasted log must not become 10,000 look-ups

OPERATOR: Final = re.compile(r'(?<!\S)(-?)(repo|lang|kind|path|symbol):("[^"]*"|\S+)')
NAME: Final = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#|->|/)[A-Za-z_$][\w$]*[?!]?)*")
SEPARATOR: Final = re.compile(r"::|#|->|/")
PLACE: Final = re.compile(
    r"(?P<path>/?[\w.-]+(?:/[\w.-]+)+|[\w-]+\.[A-Za-z]\w{0,7})(?::(?P<line>\d{1,7})(?:[:-]\d*)?)?"
)

STOP_WORDS: Final = frozenset(
    """a an and are as at be been being but by can could did do does for from had has have how i if in into is it its
    me my not of on or our should so than that the their them then there these they this those to was we were what
    when where which while who why will with would you your""".split()
)

_T = TypeVar("_T")


class Intent(StrEnum):
    """What kind of thing the question names."""

    MEANING = "meaning"  # words that describe
    SYMBOL = "symbol"  # one identifier
    PATH = "path"  # a file or a part of a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question, understood."""

    text: str  # without operators; what the encoder reads
    tokens: tuple[str, ...]  # distinct lexical tokens without stop words, in order
    symbols: tuple[str, ...]  # what may be symbols, "." between their parts
    where: Filter
    intent: Intent
    path: str | None = None  # of a PATH query: the path or its end, "/" between its parts
    line: int | None = None  # of a PATH query: the line behind it, as in `sessions.py:300`

    def names(self, path: PurePosixPath) -> bool:
        """Tell whether `path` is the one that a PATH query asks for, or ends with it."""
        return self.path is not None and f"/{path}".endswith(f"/{self.path.lstrip('/')}")


def parse(text: str, *, where: Filter | None = None) -> Query:
    """Understand a query; `where` are filters given beside it, which its own are joined to.

    Raises QueryError for an empty or overlong query and for a kind or language that does not exist.
    """
    if len(text) > LONGEST:
        raise QueryError(
            f"the query is {len(text):,} characters long",
            hint=f"at most {LONGEST:,} are read; search for the part that matters",
        )
    given: dict[str, dict[str, list[str]]] = {"": {}, "-": {}}
    for sign, field, value in OPERATOR.findall(text):
        given[sign].setdefault(field, []).append(value.strip('"'))
    question = " ".join(OPERATOR.sub(" ", text).split())
    only, without = terms(given[""]), terms(given["-"])
    question = question or " ".join(symbol for symbol in only.symbols)
    if not question:
        raise QueryError(
            "the query is empty" if not text.strip() else "the query holds only filters",
            hint='type what you look for, such as "where are uploads retried", Session.send or lang:python parser',
        )
    base = where or Filter()
    path, line = _path(question)
    return Query(
        text=question.replace("\0", " ")[:LONGEST_MEANING],
        tokens=_tokens(question),
        symbols=_symbols(question),
        where=Filter(only=_join(base.only, only), without=_join(base.without, without)),
        intent=Intent.PATH if path else _intent(question),
        path=path,
        line=line,
    )


def terms(values: dict[str, list[str]]) -> Terms:
    """Check operator values, keyed by operator (`repo lang kind path symbol`), and resolve language aliases.

    Raises QueryError naming what does not exist.
    """
    return Terms(
        repos=tuple(values.get("repo", ())),
        languages=tuple(_each(values.get("lang", ()), _language)),
        kinds=tuple(_each(values.get("kind", ()), _kind)),
        paths=tuple(path.removeprefix("./") for path in values.get("path", ())),
        symbols=tuple(SEPARATOR.sub(".", value) for value in values.get("symbol", ())),
    )


def _each(values: Iterable[str], convert: Callable[[str], _T]) -> list[_T]:
    return [convert(part) for value in values for part in value.split(",") if part]


def _language(name: str) -> str:
    language = languages.by_name(name)
    if language is None:
        raise QueryError(f"there is no language `{name}`", hint="use a name such as python, cpp or markdown")
    return language.name


def _kind(name: str) -> Kind:
    try:
        return Kind(name.lower())
    except ValueError:
        raise QueryError(f"there is no kind `{name}`", hint=f"the kinds are: {', '.join(Kind)}") from None


def _join(left: Terms, right: Terms) -> Terms:
    return Terms(
        repos=left.repos + right.repos,
        languages=left.languages + right.languages,
        kinds=left.kinds + right.kinds,
        paths=left.paths + right.paths,
        symbols=left.symbols + right.symbols,
    )


def _tokens(question: str) -> tuple[str, ...]:
    """Distinct tokens; stop words go unless nothing else is there."""
    distinct = list(dict.fromkeys(tokens.split(question)))
    telling = [token for token in distinct if token not in STOP_WORDS]
    return tuple((telling or distinct)[:MOST_TOKENS])


def _symbols(question: str) -> tuple[str, ...]:
    """Words that may be symbols: all of a short question, else only those written like an identifier.

    The last part of a qualified name is one too: people write `Session.send` for what Session inherits.
    """
    found = [SEPARATOR.sub(".", name) for name in NAME.findall(question)]
    if len(question.split()) > 2:
        found = [name for name in found if _looks_like_code(name)]
    found += [name.rpartition(".")[2] for name in found if "." in name]
    return tuple(dict.fromkeys(name for name in found if name.lower() not in STOP_WORDS))[:MOST_TOKENS]


def _looks_like_code(name: str) -> bool:
    return "_" in name or "." in name or any(character.isupper() for character in name[1:])


def _intent(question: str) -> Intent:
    if len(question.split()) > 1:
        return Intent.MEANING
    return Intent.SYMBOL if NAME.fullmatch(question.removesuffix("()")) else Intent.MEANING


def _path(question: str) -> tuple[str | None, int | None]:
    """Read `src/sessions.py`, `sessions.py` or, as editors and tools print places, `sessions.py:300`."""
    found = PLACE.fullmatch(question)
    if found is None:
        return None, None
    path = found["path"].removeprefix("./")
    if "/" not in path and languages.of_path(PurePosixPath(path)) == languages.TEXT:
        return None, None
    return path, int(found["line"]) if found["line"] else None
