"""Grammars and queries: loaded once, run under a time limit.

A query names what it finds by its captures:

- `@function`, `@method`, `@class` a definition, and `@module` one that holds functions (Ruby module, Elixir
  defmodule); `@signature` a declaration without a body, worth a span only where a doc comment explains it
- `@clause` an equation or type signature: neighbours of one name form one function (Haskell, Erlang)
- `@namespace` a scope that only qualifies names; `@package` one that lasts to the next (Perl)
- `@name` of the definition, several are joined by "."; `@scope` a qualifier before it (a Go receiver)
- `@body` where the grammar has no field `body`; `@doc` documentation inside the body
- `@comment` and `@lead` (decorators, attributes): directly above a definition they belong to it;
  `@wrapper` begins before what it wraps, `@wrapped` (C++ templates)

A first line `; inherits: c` puts the text of another query in front.
"""

import time
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import tree_sitter

SECONDS: Final = 10.0  # to parse and query one file; a 2,000-line file takes some hundredths
STEP: Final = (
    1 << 10
)  # bytes handed to the parser at a time; Perl's scanner asks again for each token, and each time pays for a copy
MATCH_LIMIT: Final = 4096  # matches in progress at once: keeps a query linear on strange trees
INHERITS: Final = "; inherits: "


class ParseTimeoutError(Exception):
    """A file took longer than its time limit."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language's parser tables and its query."""

    language: "tree_sitter.Language"
    query: "tree_sitter.Query"
    errors: "tree_sitter.Query"  # finds what the grammar did not understand


Match = tuple[int, dict[str, list["tree_sitter.Node"]]]  # pattern's number, capture to nodes


def query_text(name: str) -> str | None:
    """Return the query of a language with what it inherits; None where it has none."""
    file = resources.files("indexer.parse") / "queries" / f"{name}.scm"
    if not file.is_file():
        return None
    text = file.read_text(encoding="utf-8")
    first, _, _ = text.partition("\n")
    if not first.startswith(INHERITS):
        return text
    parent = query_text(first.removeprefix(INHERITS).strip())
    if parent is None:
        raise LookupError(f"query {name}: nothing named {first.removeprefix(INHERITS)!r} to inherit")
    return f"{parent}\n{text}"


@cache
def load(name: str, grammar: str) -> Grammar | None:
    """Return the grammar and query of a language; None without a query. Raises LookupError without the grammar."""
    text = query_text(name)
    if text is None:
        return None
    import tree_sitter
    import tree_sitter_language_pack

    language = tree_sitter_language_pack.get_language(grammar)  # type: ignore[arg-type]  # a Literal of its 170 names
    return Grammar(
        language=language,
        query=tree_sitter.Query(language, text),
        errors=tree_sitter.Query(language, "(ERROR) @error (MISSING) @missing"),
    )


class Deadline:
    """A point in time that parsing and querying share."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() > self._end

    def check(self) -> None:
        """Raise ParseTimeoutError if the time is over."""
        if self.passed:
            raise ParseTimeoutError


def tree_of(source: bytes, grammar: Grammar, deadline: Deadline) -> "tree_sitter.Tree":
    """Parse UTF-8 source. Raises ParseTimeoutError."""
    import tree_sitter

    parser = tree_sitter.Parser(grammar.language)
    if not source.endswith(b"\n"):
        source += b"\n"  # scanners that look for the end of a line never return where the file has none (Perl: "d#")
    try:  # only sources read piece by piece can be given up half-way
        return parser.parse(
            lambda offset, _: source[offset : offset + STEP],
            progress_callback=lambda _offset, _error: deadline.passed,
        )
    except ValueError as error:  # what the binding raises for a parse that was given up
        raise ParseTimeoutError from error


def matches(query: "tree_sitter.Query", node: "tree_sitter.Node", deadline: Deadline) -> list[Match]:
    """Run a query under `node`. Raises ParseTimeoutError, but only once the query has ended.

    QueryCursor takes a progress callback too, but crashes with one in tree-sitter 0.26.1.
    """
    import tree_sitter

    found = tree_sitter.QueryCursor(query, match_limit=MATCH_LIMIT).matches(node)
    deadline.check()
    return found
