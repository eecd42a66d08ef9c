"""What a query found, as named definitions with line ranges: nesting, names, doc comments, signatures."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from indexer.parse.comments import prose_of_comment, prose_of_string
from indexer.parse.grammars import Deadline, Match
from indexer.types import Kind

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST: Final = 30  # scopes in scopes; generated code nests deeper, and nobody looks for that by name
SIGNATURE: Final = 300  # characters
DECLARATION: Final = 3  # lines, from which a declaration without a body, with its doc comment, is worth a span

_KINDS: Final = {
    "function": Kind.FUNCTION,
    "method": Kind.METHOD,
    "class": Kind.CLASS,
    "module": Kind.MODULE,
    "signature": Kind.FUNCTION,
    "clause": Kind.FUNCTION,
    "namespace": None,
}
_SCOPES: Final = frozenset({"class", "module", "namespace"})
_TRAILING: Final = re.compile(
    r"(?:\s*(?:\{|=>?|:-?|->|\bdo|\bbegin|\bis|\bas|\bthen|\bwhere|\bof))+\s*$|[\s;,]+$", re.I
)
_LAST: Final = frozenset("{=>:-;,onsefONSEF")  # characters that what trails may end with: most signatures need no look
_MODIFIERS: Final = re.compile(r"[\w\s(]*\Z")  # what may stand before a declaration on its line
_GENERIC: Final = re.compile(r"<[^<>]*>")
_SEPARATOR: Final = re.compile(r"::|\\|(?<=\w)[:/](?=\w)|\.{2,}")


@dataclass(slots=True, eq=False)
class Definition:
    """A function, class or scope. Rows are 0-based and inclusive."""

    role: str  # capture that found it: "function", "class", "namespace", ...
    kind: Kind | None  # None: it only qualifies names
    name: str
    symbol: str  # qualified
    node: "Node"
    body: "Node | None"
    start: int  # row, doc comment and decorators included
    head: int  # row at which the declaration itself begins
    end: int
    end_byte: int
    signature: str
    docstring: str | None
    doc_rows: tuple[tuple[int, int], ...]  # first and last rows of what holds it, where they hold nothing else
    parent: "Definition | None"
    depth: int
    clauses: "list[Definition]" = field(default_factory=list)  # equations of one function, joined to this one

    @property
    def is_leaf(self) -> bool:
        """Tell whether what it contains stays inside its span."""
        return self.role not in _SCOPES


@dataclass(slots=True)
class _Leads:
    """Comments and decorators that begin their line, by the row they end on."""

    by_end: "dict[int, tuple[Node, int, bool]]" = field(default_factory=dict)  # node, first row, is a comment
    comments: list[tuple[int, int]] = field(default_factory=list)  # byte ranges of all comments, ordered
    wrappers: "dict[tuple[int, int], Node]" = field(default_factory=dict)  # byte range of what is wrapped


@dataclass(slots=True)
class Found:
    """All definitions of a file in order of their beginning, parents first."""

    definitions: list[Definition]
    attached: frozenset[int]  # rows after a comment or decorator that belongs to what they begin


def find(matches: Iterable[Match], source: bytes, rows: list[bytes], deadline: Deadline) -> Found:
    """Build the definitions of a file from a query's matches.

    source is the UTF-8 text, rows its lines. Raises ParseTimeoutError.
    """
    leads = _Leads()
    candidates: list[tuple[int, int, int, str, dict[str, list[Node]]]] = []
    packages: list[tuple[int, str]] = []
    for pattern, captures in matches:
        role = next((name for name in captures if name in _KINDS), None)
        if role is not None:
            node = captures[role][0]
            candidates.append((node.start_byte, -node.end_byte, pattern, role, captures))
        elif "wrapper" in captures:
            wrapped = captures["wrapped"][0]
            leads.wrappers[wrapped.start_byte, wrapped.end_byte] = captures["wrapper"][0]
        elif "package" in captures:
            packages.append((captures["package"][0].start_byte, _name(captures, source)))
        else:
            _collect_leads(captures, rows, leads)
    leads.comments.sort()
    candidates.sort(key=lambda candidate: candidate[:3])
    return Found(
        definitions=_nest(candidates, packages, leads, source, rows, deadline),
        attached=frozenset(row + 1 for row in leads.by_end),
    )


def last_row(node: "Node") -> int:
    """Return the row of a node's last character; a node that takes its newline ends on the row before."""
    start, (row, column) = node.start_point[0], node.end_point
    return row - 1 if column == 0 and row > start else row


def _collect_leads(captures: "dict[str, list[Node]]", rows: list[bytes], leads: _Leads) -> None:
    for kind in ("comment", "lead"):
        for node in captures.get(kind, ()):
            row, column = node.start_point
            if kind == "comment":
                leads.comments.append((node.start_byte, node.end_byte))
            if not rows[row][:column].strip():
                leads.by_end[last_row(node)] = (node, row, kind == "comment")


def _nest(
    candidates: "list[tuple[int, int, int, str, dict[str, list[Node]]]]",
    packages: list[tuple[int, str]],
    leads: _Leads,
    source: bytes,
    rows: list[bytes],
    deadline: Deadline,
) -> list[Definition]:
    definitions: list[Definition] = []
    stack: list[Definition] = []
    names: set[int] = set()  # bytes at which a name was taken: two patterns may see one definition
    seen: tuple[int, int] | None = None
    for start, negative_end, _, role, captures in candidates:
        deadline.check()
        if (start, negative_end) == seen:
            continue
        while stack and stack[-1].end_byte <= start:
            stack.pop()
        parent = stack[-1] if stack else None
        if parent is not None and (parent.is_leaf or parent.depth >= DEEPEST):
            continue
        at = captures["name"][0].start_byte if "name" in captures else start
        if at in names:
            continue
        definition = _define(role, captures, parent, _package(packages, start), leads, source)
        if definition is None:
            continue
        if role == "clause" and definitions and _continues(definitions[-1], definition):
            definitions[-1].end, definitions[-1].end_byte = definition.end, definition.end_byte
            definitions[-1].clauses.append(definition)
            continue
        seen = (start, negative_end)
        names.add(at)
        definitions.append(definition)
        stack.append(definition)
    return definitions


def _define(
    role: str,
    captures: "dict[str, list[Node]]",
    parent: Definition | None,
    package: str,
    leads: _Leads,
    source: bytes,
) -> Definition | None:
    node = captures[role][0]
    name = _name(captures, source)
    if not name and role != "namespace":
        return None
    wrapper = leads.wrappers.get((node.start_byte, node.end_byte), node)
    head = wrapper.start_point[0]
    first, comments = _above(head, parent.head if parent else -1, leads)
    bodies = captures.get("body")
    body = bodies[0] if bodies else node.child_by_field_name("body")
    last = body if body is not None and body.end_byte > node.end_byte else node
    end = last_row(last)
    if role == "signature" and end - first + 1 < DECLARATION:
        return None
    scope = ".".join(_clean(part, source) for part in captures.get("scope", ()))
    prefix = parent.symbol if parent else package
    kind = _KINDS[role]
    if kind is Kind.FUNCTION and (scope or _in_class(parent)):
        kind = Kind.METHOD
    return Definition(
        role=role,
        kind=kind,
        name=name,
        symbol=".".join(part for part in (prefix, scope, name) if part),
        node=node,
        body=body,
        start=first,
        head=head,
        end=end,
        end_byte=last.end_byte,
        signature=_signature(wrapper, body, captures.get("doc"), leads, source),
        docstring=_docstring(captures.get("doc"), comments, source),
        doc_rows=tuple(
            (node.start_point[0], last_row(node))
            for node in captures.get("doc") or comments
            if _stands_alone(node, source)
        ),
        parent=parent,
        depth=parent.depth + 1 if parent else 0,
    )


def _continues(previous: Definition, clause: Definition) -> bool:
    """Tell whether an equation or type signature stands directly above `clause` and is of the same function."""
    return previous.role == "clause" and previous.symbol == clause.symbol and previous.end + 1 >= clause.start


def _in_class(parent: Definition | None) -> bool:
    while parent is not None and parent.kind is None:
        parent = parent.parent
    return parent is not None and parent.kind is Kind.CLASS


def _package(packages: list[tuple[int, str]], at: int) -> str:
    index = bisect_left(packages, (at, "")) - 1
    return packages[index][1] if index >= 0 else ""


def _above(head: int, limit: int, leads: _Leads) -> "tuple[int, list[Node]]":
    """Return the first row of what stands directly above row `head`, below row `limit`, and its comments."""
    first = head
    comments: list[Node] = []
    while (lead := leads.by_end.get(first - 1)) and lead[1] > limit and lead[1] < first:
        node, first, is_comment = lead
        if is_comment:
            comments.append(node)
    return first, comments[::-1]


def _name(captures: "dict[str, list[Node]]", source: bytes) -> str:
    return ".".join(filter(None, (_clean(node, source) for node in captures.get("name", ()))))


def _clean(node: "Node", source: bytes) -> str:
    """Return a name as it stands in a symbol: scopes joined by ".", no type arguments, quotes or white space."""
    text = source[node.start_byte : node.end_byte].decode()
    if node.named_child_count:  # made of several names: a plain one may be an operator, or hold "<" in a Lisp
        operator = text.find("operator")
        tail = ""
        if operator >= 0 and (operator == 0 or text[operator - 1] in ": "):
            text, tail = text[:operator], "".join(text[operator:].split(None, 1))
        for _ in range(DEEPEST):
            shorter = _GENERIC.sub("", text)
            if shorter == text:
                break
            text = shorter
        text = _SEPARATOR.sub(".", text) + tail
        text = "".join(text.split())
    text = " ".join(text.split())
    if text[:1] in "\"'`" and text[-1:] == text[:1]:
        text = text[1:-1]
    return text.strip(".&*").replace("::", ".") or text


def _signature(node: "Node", body: "Node | None", doc: "list[Node] | None", leads: _Leads, source: bytes) -> str:
    """Return the declaration up to its body, or its first lines until brackets close, on one line."""
    start = node.start_byte
    line = source[start - node.start_point[1] : start].decode(errors="ignore")
    if _MODIFIERS.match(line):
        start -= node.start_point[1]  # "export", "const", "let rec" stand before the node
    if doc and doc[0].start_byte == node.start_byte:
        start = doc[-1].end_byte  # GraphQL's descriptions come first
    if body is not None and body.start_byte > start:
        text = _without_comments(start, body.start_byte, leads, source)
    else:
        text = _first_line(_without_comments(start, min(node.end_byte, start + 4 * SIGNATURE), leads, source))
    text = " ".join(text.split())
    while text[-1:] in _LAST and (shorter := _TRAILING.sub("", text)) != text and shorter:
        text = shorter
    return text if len(text) <= SIGNATURE else text[: SIGNATURE - 1] + "…"


def _first_line(text: str) -> str:
    """Return the first line, and the next ones while a bracket is open (an opening brace is the body's)."""
    kept: list[str] = []
    depth = -1 if text.startswith("(") else 0  # a Lisp's definition is itself in brackets
    for line in text.split("\n"):
        kept.append(line)
        depth += line.count("(") + line.count("[") - line.count(")") - line.count("]")
        if depth <= 0 and line.strip():
            break
    return "\n".join(kept)


def _without_comments(start: int, end: int, leads: _Leads, source: bytes) -> str:
    edges = [start]
    for index in range(bisect_left(leads.comments, (start, 0)), len(leads.comments)):
        comment_start, comment_end = leads.comments[index]
        if comment_start >= end:
            break
        edges += (comment_start, min(comment_end, end))
    edges.append(end)
    pieces = [source[left:right] for left, right in list(pairwise(edges))[::2]]
    return b" ".join(pieces).decode(errors="ignore")


def _stands_alone(node: "Node", source: bytes) -> bool:
    """Tell whether the rows of a node hold nothing else."""
    before = source[node.start_byte - node.start_point[1] : node.start_byte]
    end = source.find(b"\n", node.end_byte) if node.end_point[1] else node.end_byte  # it may take its newline along
    after = source[node.end_byte :] if end < 0 else source[node.end_byte : end]
    return not before.strip() and not after.strip(b" \t\r;")


def _docstring(inside: "list[Node] | None", above: "list[Node]", source: bytes) -> str | None:
    """Return the prose of a docstring, else of the comments directly above."""
    if inside and "comment" not in inside[0].type:
        prose = prose_of_string("\n".join(source[node.start_byte : node.end_byte].decode() for node in inside))
    else:
        text = "\n".join(
            " " * node.start_point[1] + source[node.start_byte : node.end_byte].decode().rstrip("\n")
            for node in inside or above
        )
        prose = prose_of_comment(text)
    return prose or None
