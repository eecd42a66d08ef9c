"""Jupyter notebooks: a span a cell, numbered from 1 as page. Lines count in the extracted text."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from indexer.errors import DocumentError
from indexer.parse.markdown import outline
from indexer.parse.outline import UNWANTED, Extract, Heading, heading_paths, paragraph_cuts, shorten
from indexer.parse.text import decode
from indexer.types import Kind, Parsed

OUTPUT_LINES: Final = 20  # of one cell
OUTPUT_CHARACTERS: Final = 2000  # of one cell
ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours in tracebacks
OBJECT: Final = re.compile(r"<[\w.]+( [^<>]*)?>")  # "<Figure size 640x480 with 1 Axes>" tells nothing

Json = Mapping[str, Any]


def parse_notebook(data: bytes) -> Parsed:
    """Read a notebook of format 3 or 4: source of every cell, and short text output below code.

    A cell's title is the path of headings down to it. Raises DocumentError where it is no notebook.
    """
    text, notes = decode(data)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"is not a notebook: {error}") from error
    extract = Extract()
    extract.notes.extend(notes)
    headings: list[Heading] = []
    cells: list[tuple[int, Json, list[str], set[int]]] = []
    for cell in _cells(notebook):
        lines = _lines(cell.get("source", cell.get("input")))
        found, cuts = _structure(cell, lines)
        # a cell with several headings is named by its first, one without by the last before it
        cells.append((len(headings) if found else len(headings) - 1, cell, lines, cuts))
        headings.extend(found)
    paths = heading_paths(headings)
    for number, (heading, cell, lines, cuts) in enumerate(cells, start=1):
        extract.page(number, paths[heading] if heading >= 0 else None)
        extract.write(lines, cuts=cuts)
        extract.write(_output(cell))
    return extract.paged(language="notebook", kind=Kind.CELL)


def _structure(cell: Json, lines: list[str]) -> tuple[Sequence[Heading], set[int]]:
    """Return the headings and cuts of a cell's source."""
    if cell.get("cell_type") == "markdown":
        found = outline(lines)
        return found.headings, set(found.cuts)
    level = cell.get("level", 1)
    if cell.get("cell_type") == "heading" and isinstance(level, int) and lines:
        return [Heading(line=1, level=level, title=shorten(" ".join(lines)))], set()
    return [], paragraph_cuts(lines)


def _cells(notebook: object) -> Iterator[Json]:
    """Yield the cells of either format; format 3 keeps them in worksheets."""
    sheets = [notebook]
    if isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        sheets = notebook["worksheets"]
    groups = [sheet["cells"] for sheet in sheets if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)]
    if not groups:
        raise DocumentError("is not a notebook: it has no cells")
    for group in groups:
        yield from (cell for cell in group if isinstance(cell, dict))


def _lines(source: object) -> list[str]:
    """Return the lines of a multi-line string, which notebooks store whole or line by line."""
    parts = source if isinstance(source, list) else [source]
    text = "".join(part for part in parts if isinstance(part, str))
    lines = [UNWANTED.sub("", line).rstrip() for line in text.splitlines()]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return lines


def _output(cell: Json) -> list[str]:
    """Return the text that a cell printed or returned, and the error that ended it, cut short."""
    outputs = cell.get("outputs")
    lines: list[str] = []
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            lines.extend(_output_lines(output))
    kept = [line[:OUTPUT_CHARACTERS] for line in lines if not OBJECT.fullmatch(line)][:OUTPUT_LINES]
    while kept and sum(map(len, kept)) > OUTPUT_CHARACTERS:
        kept.pop()
    return kept


def _output_lines(output: Json) -> list[str]:
    if output.get("output_type") in ("error", "pyerr"):
        return _lines(f"{output.get('ename')}: {output.get('evalue')}")
    data = output.get("data")
    text = output.get("text", data.get("text/plain") if isinstance(data, dict) else None)
    parts = text if isinstance(text, list) else [text]
    return _lines([ESCAPES.sub("", part) for part in parts if isinstance(part, str)])
