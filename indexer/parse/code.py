"""Source code to spans with tree-sitter; what cannot be read that way becomes windows of lines."""

from typing import TYPE_CHECKING, Final

from indexer.languages import Language
from indexer.parse import grammars
from indexer.parse.definitions import Found, find
from indexer.parse.embedded import script_of
from indexer.parse.grammars import Deadline, Grammar, ParseTimeoutError
from indexer.parse.lines import parse_lines
from indexer.parse.spans import lay_out
from indexer.parse.text import decode
from indexer.types import Parsed

if TYPE_CHECKING:
    from tree_sitter import Node

LARGEST: Final = 8_000_000  # bytes of source; above it stand generated tables, where structure is of no use
LONGEST_LINE: Final = 100_000  # bytes; minified code has one line, and so one span whatever its structure
BROKEN: Final = 0.5  # share of the source that the grammar may fail to understand


def has_query(language: Language) -> bool:
    """Tell whether structure is read from files of this language."""
    return language.grammar is not None and grammars.query_text(language.name) is not None


def parse_code(data: bytes, *, language: Language, seconds: float = grammars.SECONDS) -> Parsed:
    """Return the functions, methods, classes and remainders of a source file.

    Falls back to windows of lines, with a note, where there is no grammar, the source is mostly not in
    the language, or parsing takes longer than `seconds`.
    """
    text, notes = decode(data)
    try:
        grammar = _grammar(language)
    except LookupError:
        note = f"no grammar for {language.name} installed: read as plain lines"
        return parse_lines(text, language=language.name, notes=(*notes, note))
    if grammar is None:
        return parse_lines(text, language=language.name, notes=notes)
    source = script_of(text.encode("utf-8"), language.name)
    rows = source.split(b"\n")
    reason = _unsuitable(source, rows)
    if reason is None:
        try:
            found, root, errors, reason = _read(source, rows, grammar, Deadline(seconds))
        except ParseTimeoutError:
            reason = f"parsing took longer than {seconds:g} s"
    if reason is not None:
        return parse_lines(text, language=language.name, notes=(*notes, f"{reason}: read as plain lines"))
    if errors:
        notes = (*notes, f"{errors} syntax error{'s' if errors > 1 else ''}")
    return Parsed(text=text, language=language.name, spans=tuple(lay_out(text.split("\n"), found, root)), notes=notes)


def _grammar(language: Language) -> Grammar | None:
    return grammars.load(language.name, language.grammar) if language.grammar else None


def _unsuitable(source: bytes, rows: list[bytes]) -> str | None:
    """Return why structure is not worth reading."""
    if len(source) > LARGEST:
        return f"larger than {LARGEST // 1_000_000} MB"
    if max(map(len, rows)) > LONGEST_LINE:
        return f"a line longer than {LONGEST_LINE:,} bytes"
    return None


def _read(
    source: bytes, rows: list[bytes], grammar: Grammar, deadline: Deadline
) -> "tuple[Found, Node, int, str | None]":
    """Return the definitions, the tree, the number of syntax errors, and why they should not be used."""
    root = grammars.tree_of(source, grammar, deadline).root_node
    found = find(grammars.matches(grammar.query, root, deadline), source, rows, deadline)
    if not root.has_error:
        return found, root, 0, None
    errors = grammars.matches(grammar.errors, root, deadline)
    ranges = [
        (node.start_byte, node.end_byte) for _, captures in errors for nodes in captures.values() for node in nodes
    ]
    known = [(d.node.start_byte, d.node.end_byte) for d in found.definitions]
    lost = _length(ranges) - _overlap(ranges, known)
    reason = "mostly not understood" if lost > BROKEN * len(source.strip()) else None
    return found, root, len(ranges), reason


def _length(ranges: list[tuple[int, int]]) -> int:
    """Return how many bytes the ranges cover."""
    covered = end = 0
    for left, right in sorted(ranges):
        covered += max(0, right - max(left, end))
        end = max(end, right)
    return covered


def _overlap(errors: list[tuple[int, int]], known: list[tuple[int, int]]) -> int:
    """Return how many bytes of `errors` lie in `known`: definitions recovered inside what failed."""
    return _length(errors) + _length(known) - _length([*errors, *known])
