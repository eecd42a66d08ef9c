"""Text without known structure: windows of lines, cut where a blank line is near. Linear in the text."""

from typing import Final

from indexer.types import Kind, Parsed, Span

WINDOW: Final = 40  # lines; about what a model of 512 tokens reads
SLACK: Final = 12  # lines before the end of a window in which a blank line is looked for


def parse_lines(text: str, *, language: str, notes: tuple[str, ...] = ()) -> Parsed:
    """Return `text` as windows of about 40 lines, each beginning and ending on a line that is not blank."""
    lines = text.split("\n")
    return Parsed(text=text, language=language, spans=tuple(windows(lines, kind=Kind.BLOCK)), notes=notes)


def windows(lines: list[str], *, kind: Kind) -> list[Span]:
    """Cut all `lines` into spans of `kind`; a line after a blank one is a cut."""
    spans: list[Span] = []
    row = 0
    while row < len(lines):
        if not lines[row].strip():
            row += 1
            continue
        end = _end(lines, row)
        last = end
        while not lines[last - 1].strip():
            last -= 1
        cuts = tuple(at + 1 for at in range(row + 1, last) if lines[at].strip() and not lines[at - 1].strip())
        spans.append(Span(kind=kind, start=row + 1, end=last, text="\n".join(lines[row:last]), cuts=cuts))
        row = end
    return spans


def _end(lines: list[str], start: int) -> int:
    """Return the row after the window that begins at `start`: at a blank line, else at an outdented one."""
    limit = start + WINDOW
    if limit >= len(lines):
        return len(lines)
    for row in range(limit, limit - SLACK, -1):
        if not lines[row].strip():
            return row
    for row in range(limit, limit - SLACK, -1):
        if not lines[row][:1].isspace():
            return row
    return limit
