"""Markdown: markdown-it-py finds the blocks, their lines are the file's own."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from indexer.parse.outline import LONG_BLOCK, Heading, Outline, paragraph_cuts, sections, shorten
from indexer.parse.text import decode
from indexer.types import Parsed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FRONT_MATTER_LINES: Final = 500  # beyond it "---" is a rule and not the end of front matter
FRONT_TITLE: Final = re.compile(r"""title\s*[:=]\s*(["']?)(.*?)\1\s*""")
HTML_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
HTML_HEADING: Final = re.compile(r"<h([1-6])\b[^>]{0,1000}>(.{0,2000}?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
HTML_TAG: Final = re.compile(r"<[^<>]*>")
HTML_ALT: Final = re.compile(r"""\balt\s*=\s*["']([^"']+)""", re.IGNORECASE)
CUT_BEFORE: Final = frozenset((
    "paragraph_open", "heading_open", "list_item_open", "fence", "code_block", "html_block", "table_open",
    "tr_open", "blockquote_open", "hr",
))  # fmt: skip


def parse_markdown(data: bytes) -> Parsed:
    """Read a Markdown file into one section a heading. Raises DocumentError where it is not text."""
    text, notes = decode(data)
    lines = text.split("\n")
    return Parsed(text=text, language="markdown", spans=sections(lines, outline(lines)), notes=notes)


def outline(lines: Sequence[str]) -> Outline:
    """Return the headings and cuts of Markdown; the title is that of the front matter.

    Headings inside lists and quotations begin no section. HTML headings at the start of a line do.
    """
    title, skipped = _front_matter(lines)
    # the parser breaks lines at a lone "\r" too, which would shift its numbers against ours
    source = "\n".join(line.removesuffix("\r").replace("\r", " ") for line in lines[skipped:])
    headings: list[Heading] = []
    cuts: set[int] = {skipped + 1} if skipped else set()
    tokens = _blocks().parse(source)
    for index, token in enumerate(tokens):
        if token.map is None:
            continue
        line = skipped + token.map[0] + 1
        if token.type in CUT_BEFORE:
            cuts.add(line)
        if token.type in ("fence", "code_block"):
            closing = 1 if token.type == "fence" else 0
            cuts.update(_inner_cuts(lines, line, skipped + token.map[1] - closing))
        if token.level == 0 and token.type == "heading_open":
            name = _plain(tokens[index + 1].content)
            headings.append(Heading(line=line, level=int(token.tag[1]), title=name))
        elif token.level == 0 and token.type == "html_block":
            headings.extend(_html_headings(token.content, line))
    cuts -= _table_heads(tokens, skipped)
    return Outline(headings=tuple(headings), cuts=frozenset(cuts), title=title)


@cache
def _blocks() -> "MarkdownIt":
    """Return a parser of blocks alone: inline markup changes neither lines nor sections, and costs most."""
    from markdown_it import MarkdownIt  # here: `import indexer` must stay quick

    return MarkdownIt("commonmark").enable("table").disable("inline")


@cache
def _inline() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark")


def _plain(content: str) -> str:
    """Return the visible text of a heading; an image is its alternative text."""
    tokens = _inline().parseInline(content[:2000])
    children: list[Token] = (tokens[0].children or []) if tokens else []
    shown = (
        " " if child.type.endswith("break") else child.content for child in children if child.type != "html_inline"
    )
    return shorten("".join(shown)) or shorten(content) or "#"


def _front_matter(lines: Sequence[str]) -> tuple[str | None, int]:
    """Return the title in a YAML or TOML block at the top of the file, and how many lines the block takes."""
    fence = lines[0].strip() if lines else ""
    if fence not in ("---", "+++"):
        return None, 0
    title: str | None = None
    for count, line in enumerate(lines[1:FRONT_MATTER_LINES], start=2):
        if line.strip() == fence or (fence == "---" and line.rstrip() == "..."):
            return title, count
        if title is None and (match := FRONT_TITLE.fullmatch(line[:2000].rstrip())):
            title = shorten(match[2]) or None
    return None, 0


def _html_headings(block: str, first: int) -> Iterator[Heading]:
    visible = HTML_COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), block)
    last = 0
    for match in HTML_HEADING.finditer(visible):
        line = first + visible.count("\n", 0, match.start())
        alternative = HTML_ALT.search(match[2])
        title = shorten(HTML_TAG.sub(" ", match[2])) or (shorten(alternative[1]) if alternative else "")
        if title and line > last:  # two headings on one line are one section
            yield Heading(line=line, level=int(match[1]), title=title)
            last = line


def _inner_cuts(lines: Sequence[str], first: int, last: int) -> set[int]:
    """Return where a long block of code may be cut."""
    if last - first < LONG_BLOCK:
        return set()
    return {first + number - 1 for number in paragraph_cuts(lines[first - 1 : last], [(1, last - first + 1)])}


def _table_heads(tokens: "list[Token]", skipped: int) -> set[int]:
    """Return the first body row of every table: it stays with the head that explains it."""
    return {
        skipped + row.map[0] + 1 for body, row in pairwise(tokens) if body.type == "tbody_open" and row.map is not None
    }
