"""Definitions to spans: every line gets one owner, runs of lines of one owner become spans."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from indexer.parse.definitions import Definition, Found, last_row
from indexer.types import Kind, Span

if TYPE_CHECKING:
    from tree_sitter import Node

LONG: Final = 20  # rows; a longer statement is itself cut at the statements in it
DEPTH: Final = 40  # levels of the tree looked at for statements
_CLOSING: Final = re.compile(
    r"\A(?:[\W_]|\b(?:end\w*|END\w*|fi|done|esac|then|begin|else|BEGIN|pass|in|contains|type|const|var)\b"
    r"|^\s*#\s*(?:if|ifdef|ifndef|elif|else|endif|region|endregion|pragma)\b.*$"
    r"|^\s*(?:(?:inline\s+)?namespace\b[\w:\s]*|extern\s*\"C\"\s*)\{"
    r"|[})\]]\s*(?://|/\*|#|--|%)[^\n]*$)*\Z",
    re.M,
)


def is_filler(text: str) -> bool:
    """Tell whether a leftover holds nothing to find: closing brackets, `end`, `#endif`, `namespace x {`.

    >>> is_filler("}  // namespace detail"), is_filler("int x;")
    (True, False)
    """
    return _CLOSING.match(text) is not None if len(text) <= 400 else False


def lay_out(lines: list[str], found: Found, root: "Node") -> list[Span]:
    """Return spans that cover every non-blank line without overlap, in order.

    What lies between definitions is Kind.MODULE, what a class holds outside its methods is Kind.CLASS,
    both perhaps in several pieces. A leftover that is filler has no symbol and kind MODULE.
    """
    owners = _owners(len(lines), found.definitions)
    leaves = {(d.node.start_byte, d.node.end_byte) for d in found.definitions if d.is_leaf}
    statements: list[int] | None = None
    spans: list[Span] = []
    opened: set[Definition] = set()
    for owner, start, end in _runs(lines, owners):
        text = "\n".join(lines[start : end + 1])
        if owner is not None and owner.is_leaf:
            rows = _inner_rows(owner) if end - start >= LONG // 2 else []
        elif end - start >= LONG // 2:
            if statements is None:
                statements = sorted(_statement_rows(root, leaves))
            rows = statements
        else:
            rows = []
        cuts = tuple(
            sorted({row + 1 for row in rows if start < row <= end and row not in found.attached and _opens(lines[row])})
        )
        filler = (owner is None or not owner.is_leaf) and is_filler(text)
        if (
            filler
            and spans
            and spans[-1].symbol is None
            and spans[-1].kind is Kind.MODULE
            and is_filler(spans[-1].text)
        ):
            first = spans.pop().start - 1  # closing brackets of several scopes in a row are one leftover
            start, text = first, "\n".join(lines[first : end + 1])
        if owner is None or filler:
            spans.append(Span(kind=Kind.MODULE, start=start + 1, end=end + 1, text=text, cuts=cuts))
            continue
        spans.append(
            Span(
                kind=owner.kind or Kind.MODULE,
                start=start + 1,
                end=end + 1,
                text=text,
                symbol=owner.symbol,
                signature=owner.signature or None,
                docstring=None if owner in opened else owner.docstring,
                doc_lines=() if owner in opened else tuple((a + 1, b + 1) for a, b in owner.doc_rows),
                cuts=cuts,
            )
        )
        opened.add(owner)
    return spans


def _owners(rows: int, definitions: list[Definition]) -> list[Definition | None]:
    """Return the definition that each row belongs to.

    Where two share a row the earlier one keeps it; a method on the row where its class begins stays
    part of the class.
    """
    owners: list[Definition | None] = [None] * rows
    free = 0  # first row after the last function
    for definition in definitions:
        if definition.kind is None:
            continue
        parent = definition.parent
        while parent is not None and parent.kind is None:
            parent = parent.parent
        start = max(definition.start, free)
        end = min(definition.end, rows - 1)
        if parent is not None:
            if definition.head <= parent.head:
                continue
            start = max(start, parent.head + 1)
        if start > end:
            continue
        owners[start : end + 1] = [definition] * (end + 1 - start)
        if definition.is_leaf:
            free = end + 1
    return owners


def _runs(lines: list[str], owners: list[Definition | None]) -> Iterator[tuple[Definition | None, int, int]]:
    """Yield (owner, first row, last row) of each run of rows with one owner, blank lines at its ends left out."""
    start = 0
    while start < len(lines):
        owner = owners[start]
        stop = start
        while stop < len(lines) and owners[stop] is owner:
            stop += 1
        first, last = start, stop - 1
        while first <= last and not lines[first].strip():
            first += 1
        while last >= first and not lines[last].strip():
            last -= 1
        if first <= last:
            yield owner, first, last
        start = stop


def _opens(line: str) -> bool:
    """Tell whether a statement may begin on this line: it does not begin with a bracket."""
    return line.lstrip()[:1] not in ("{", "}", "(", ")", "[", "]", "")


def _inner_rows(definition: Definition) -> list[int]:
    """Return the rows at which statements of a function's body begin."""
    return sorted(_statement_rows(definition.body or _core(definition.node), set()))


def _core(node: "Node") -> "Node":
    """Return the part that nearly all of a definition consists of, where its grammar names no body."""
    for _ in range(DEPTH):
        children = node.named_children
        if not children:
            return node
        largest = max(children, key=_height)
        if _height(largest) < _height(node) - 3 or _height(largest) == 0:
            return node
        node = largest
    return node


def _statement_rows(root: "Node", skip: set[tuple[int, int]]) -> set[int]:
    """Return the rows at which children of `root` begin, and those of children that are long themselves."""
    rows: set[int] = set()
    stack = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        for child in node.named_children:
            rows.add(child.start_point[0])
            if _height(child) > LONG and depth < DEPTH and (child.start_byte, child.end_byte) not in skip:
                stack.append((child, depth + 1))
    return rows


def _height(node: "Node") -> int:
    return last_row(node) - node.start_point[0]
