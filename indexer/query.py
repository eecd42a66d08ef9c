r"""Query text to what is asked: words, names, exact text, frames of a trace, and filters.

`repo: lang: kind: path: symbol:` restrict, `-` before one of them excludes, quotes hold a value with spaces
together. "A phrase" and /an expression/ must stand in what is found (`indexer.patterns`). A pasted stack trace
is text from end to end: nothing in it restricts (`indexer.traces`). Everything else is the question itself.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, TypeVar

from indexer import languages, patterns, spelling, tokens, traces
from indexer.errors import QueryError
from indexer.patterns import Pattern
from indexer.types import Filter, Frame, Kind, Reading, Terms, Understood

LONGEST: Final = 100_000  # characters of a query; more is a mistake, and would only cost time
LONGEST_MEANING: Final = 4_000  # characters the encoder is given; it reads a few hundred tokens anyway
MOST_TOKENS: Final = 64  # distinct words the engines are asked for: a pasted log must not become 10,000 look-ups
MOST_FUNCTIONS: Final = 4  # innermost functions of a trace whose names are searched for beside the error

PIECE: Final = re.compile(
    r"""(?<!\S)(?P<sign>-?)(?:
        (?P<field>repo|lang|kind|path|symbol):(?P<value>"[^"]*"|\S+)
        | "(?P<phrase>(?>\\.|[^"\\\n]){1,2000})"(?!\S)
        | /(?!\s)(?P<expression>(?>\[\^?\]?(?:[^\]\\\n]|\\.)*\]|\\.|[^/\\\n]){1,2000})/(?P<ignore_case>i?)(?!\S)
    )""",
    re.VERBOSE,
)
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
    EXACT = "exact"  # text as it stands
    ERROR = "error"  # an error message or a stack trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question, understood."""

    text: str  # without operators; what the encoder reads
    tokens: tuple[str, ...]  # distinct lexical tokens without stop words, in order
    symbols: tuple[str, ...]  # what may be symbols, "." between their parts
    where: Filter
    intent: Intent
    path: str | None = None  # of a PATH query: the path or a part of it, "/" between its parts
    line: int | None = None  # of a PATH query: the line behind it, as in `sessions.py:300`
    patterns: tuple[Pattern, ...] = ()  # what a chunk must hold, or where `excluded` may not
    frames: tuple[Frame, ...] = ()  # places that the question names, the innermost of a trace first
    error: str | None = None  # of an ERROR query: kind and message
    respelled: tuple[tuple[str, str], ...] = ()  # names that exist nowhere, each with one that is searched for instead

    @property
    def wanted(self) -> tuple[Pattern, ...]:
        """The patterns that a chunk must hold."""
        return tuple(pattern for pattern in self.patterns if not pattern.excluded)

    def names(self, path: PurePosixPath) -> bool:
        """Tell whether a PATH query means `path`: by its end, by folders or a file of it without its ending."""
        if self.path is None:
            return False
        have, asked = str(path).casefold().split("/"), self.path.strip("/").casefold().split("/")
        if len(asked) > len(have):
            return asked[-len(have) :] == have  # pasted from elsewhere, with folders above the repository
        stems = [*have[:-1], have[-1].partition(".")[0]]
        return any(
            parts[at : at + len(asked)] == asked for parts in (have, stems) for at in range(len(have) - len(asked) + 1)
        )

    def named(self) -> tuple[str, ...]:
        """Return the symbols as they were typed, without those that are the last part of another."""
        return tuple(name for name in self.symbols if not any(other.endswith(f".{name}") for other in self.symbols))

    def with_spelling(self, meant: Mapping[str, tuple[str, ...]]) -> "Query":
        """Ask for other names than were typed; `meant` maps a symbol to those in its place, the likeliest first."""

        def first(found: re.Match[str]) -> str:
            names = meant.get(SEPARATOR.sub(".", found.group()))
            return names[0] if names else found.group()

        text = NAME.sub(first, self.text)
        names = [name for typed in self.named() for name in meant.get(typed, (typed,))]
        respelled = tuple((typed, name) for typed, likely in meant.items() for name in likely)
        return replace(self, text=text, tokens=_tokens(text), symbols=_with_last_parts(names), respelled=respelled)

    def filters(self) -> tuple[str, ...]:
        """Write the filters as one types them."""
        parts = []
        for sign, side in (("", self.where.only), ("-", self.where.without)):
            named: Mapping[str, Iterable[str]] = {
                "repo": side.repos,
                "lang": side.languages,
                "kind": side.kinds,
                "path": side.paths,
                "symbol": side.symbols,
            }
            parts += [
                f'{sign}{name}:"{value}"' if " " in value else f"{sign}{name}:{value}"
                for name, values in named.items()
                for value in values
            ]
        return tuple(parts)

    def understood(self) -> Understood:
        """Tell what the query was taken for; after `with_spelling` what is asked for in the end."""
        words = ((word, tokens.split(word)) for word in tokens.WORD.findall(_telling(self.text)))
        instead: dict[str, list[str]] = {}
        for typed, name in self.respelled:
            if spelling.key(typed) != spelling.key(name):  # else the same name in another convention
                instead.setdefault(typed, []).append(name)
        return Understood(
            reading=_reading(self),
            words={
                word: tuple(split) for word, split in words if split and {*split} <= {*self.tokens}
            },  # of a long log the first
            symbols=self.symbols,
            instead={typed: tuple(names) for typed, names in instead.items()},
            exact=tuple(f"{'-' if one.excluded else ''}{one.source}" for one in self.patterns),
            filters=self.filters(),
            path=self.path,
            line=self.line,
            frames=self.frames,
            error=self.error,
        )


def parse(text: str, *, where: Filter | None = None) -> Query:
    """Understand a query; `where` are filters given beside it, which its own are joined to.

    Raises QueryError for an empty or overlong query, for a kind or language that does not exist and for a
    regular expression that is none.
    """
    if len(text) > LONGEST:
        raise QueryError(
            f"the query is {len(text):,} characters long",
            hint=f"at most {LONGEST:,} are read; search for the part that matters",
        )
    base = where or Filter()
    trace = traces.read(text)
    if trace.pasted:
        said = traces.words(trace, most=MOST_FUNCTIONS) or traces.without_noise(text)
        called = [".".join(frame.name.split(".")[-2:]) for frame in trace.frames if frame.name and "." in frame.name]
        kind = (trace.error or "").partition(":")[0]
        return Query(
            text=said[:LONGEST_MEANING],
            tokens=_tokens(said),
            symbols=tuple(dict.fromkeys([*called[:MOST_FUNCTIONS], *_symbols(kind)])),
            where=base,
            intent=Intent.ERROR,
            frames=trace.frames,
            error=trace.error,
        )
    question, given, asked = _taken_apart(text, exact=not trace.error)
    only, without = terms(given[""]), terms(given["-"])
    question = question or " ".join([*only.symbols, *(one.source for one in asked if not one.excluded)])
    if not question:
        raise QueryError(
            "the query is empty" if not text.strip() else "the query holds only filters",
            hint='type what you look for, such as "where are uploads retried", Session.send or lang:python parser',
        )
    wanted = [pattern for pattern in asked if not pattern.excluded]
    path, line = (None, None) if wanted else _path(question)
    said = traces.without_noise(question) if trace.error else question
    return Query(
        text=said.replace("\0", " ")[:LONGEST_MEANING],
        tokens=_tokens(said),
        symbols=_symbols(said),
        where=Filter(only=_join(base.only, only), without=_join(base.without, without)),
        intent=_intent(question, path=path, error=trace.error, patterns=wanted),
        path=path,
        line=line,
        patterns=asked,
        frames=() if path else traces.read(question).frames,
        error=trace.error,
    )


def _taken_apart(text: str, *, exact: bool) -> tuple[str, dict[str, dict[str, list[str]]], tuple[Pattern, ...]]:
    """Return the question, operator values by sign and field, and the patterns if `exact`.

    What a pattern says stays in the question, since it ranks what holds it. Quotes of an error message are its own.
    """
    given: dict[str, dict[str, list[str]]] = {"": {}, "-": {}}
    found: list[Pattern] = []

    def take(piece: re.Match[str]) -> str:
        excluded = piece["sign"] == "-"
        value = (piece["value"] or "").strip('"')
        if value:
            given[piece["sign"]].setdefault(piece["field"], []).append(value)
            return " "
        if piece["field"] or not exact or (piece["phrase"] is not None and not piece["phrase"].strip()):
            return piece.group()
        if piece["phrase"] is not None:
            found.append(patterns.phrase(piece["phrase"].replace('\\"', '"'), excluded=excluded))
        else:
            ignore_case = bool(piece["ignore_case"])
            found.append(patterns.expression(piece["expression"], ignore_case=ignore_case, excluded=excluded))
        return " " if excluded else f" {found[-1].said} "

    question = " ".join(PIECE.sub(take, text).split())
    return question, given, tuple(found)


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
    """Distinct tokens; words that are stop words go, unless nothing else is there, parts of identifiers stay."""
    return tuple(dict.fromkeys(tokens.split(_telling(question))))[:MOST_TOKENS]


def _telling(question: str) -> str:
    telling = " ".join(word for word in question.split() if not _says_nothing(word))
    return telling if tokens.split(telling) else question


def _says_nothing(word: str) -> bool:
    return word.strip(".,;:?!()\"'").lower() in STOP_WORDS


def _symbols(question: str) -> tuple[str, ...]:
    """Words that may be symbols: all of a short question, else only those written like an identifier.

    A stop word may be one where it stands alone: query builders have a `where`.
    """
    found = [SEPARATOR.sub(".", name) for name in NAME.findall(question)]
    if len(found) == 1 and question[-1] in "?!":
        found.insert(0, found[0].rstrip("?!") + question[-1])  # a name of Ruby's, or a short question
    if len(question.split()) > 2:
        found = [name for name in found if _looks_like_code(name)]
    if len(question.split()) > 1:
        found = [name for name in found if name.lower() not in STOP_WORDS]
    return _with_last_parts(found)


def _with_last_parts(names: list[str]) -> tuple[str, ...]:
    """Add the last part of qualified names: people write `Session.send` for what Session inherits."""
    last = [name.rpartition(".")[2] for name in names if "." in name]
    return tuple(dict.fromkeys([*names, *last]))[:MOST_TOKENS]


def _looks_like_code(name: str) -> bool:
    return "_" in name or "." in name or any(character.isupper() for character in name[1:])


def _intent(question: str, *, path: str | None, error: str | None, patterns: Sequence[Pattern]) -> Intent:
    if path:
        return Intent.PATH
    if error:
        return Intent.ERROR
    one_name = len(question.split()) == 1 and NAME.fullmatch(question.removesuffix("()"))
    if one_name and not any(pattern.source.startswith("/") for pattern in patterns):
        return Intent.SYMBOL
    return Intent.EXACT if patterns else Intent.MEANING


def _reading(query: Query) -> Reading:
    match query.intent:
        case Intent.ERROR:
            return Reading.TRACE if query.frames else Reading.ERROR
        case Intent.EXACT:
            return Reading.EXPRESSION if any(one.source.startswith("/") for one in query.wanted) else Reading.PHRASE
        case Intent.PATH:
            return Reading.PATH
        case Intent.SYMBOL:
            return Reading.SYMBOL
        case Intent.MEANING:
            return Reading.WORDS


def _path(question: str) -> tuple[str | None, int | None]:
    """Read `src/sessions.py`, `sessions.py` or, as editors and tools print places, `sessions.py:300`."""
    found = PLACE.fullmatch(question)
    if found is None:
        return None, None
    path = found["path"].removeprefix("./")
    if "/" not in path and languages.of_path(PurePosixPath(path)) == languages.TEXT:
        return None, None
    return path, int(found["line"]) if found["line"] else None
