"""The hits of an answer as a file to take away: JSON as the other doors give it, CSV, Markdown."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from indexer import wire
from indexer.languages import has_file_lines
from indexer.types import Hit, SearchResult, SimilarResult

COLUMNS: Final = ("repo", "path", "start", "end", "page", "kind", "language", "symbol", "title", "score", "url", "id")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # beginnings that a spreadsheet would compute

Answer = SearchResult | SimilarResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of file."""

    name: str  # shown
    suffix: str
    mime: str
    write: Callable[[Answer], str]


def to_json(answer: Answer) -> str:
    """Write an answer in the shape of `search --json` and of the HTTP API."""
    return json.dumps(_clean(wire.to_json(answer)), ensure_ascii=False, indent=2) + "\n"


def to_csv(answer: Answer) -> str:
    """Write one row for each hit, without its text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(hit, column)) for column in COLUMNS] for hit in answer.hits)
    return out.getvalue()


def to_markdown(answer: Answer) -> str:
    """Write the hits as sections: where each stands, linked where it has an address, and its text."""
    asked = answer.query if isinstance(answer, SearchResult) else f"Similar to {', '.join(map(_place, answer.of))}"
    pieces = [f"# {_escaped(asked)}\n", *(_section(hit) for hit in answer.hits)]
    return _text("\n".join(pieces))


FORMATS: Final = (
    Format(name="JSON", suffix="json", mime="application/json", write=to_json),
    Format(name="CSV", suffix="csv", mime="text/csv", write=to_csv),
    Format(name="Markdown", suffix="md", mime="text/markdown", write=to_markdown),
)


def _section(hit: Hit) -> str:
    name = hit.symbol or hit.title or hit.path.name
    place = f"`{_place(hit)}`"
    linked = f"[{place}](<{hit.url}>)" if hit.url else place
    fence = "`" * max(3, 1 + _longest_run(hit.text))
    language = "" if hit.language == "text" else hit.language
    return f"## {_escaped(name)}\n\n{hit.repo}: {linked}, {hit.kind}\n\n{fence}{language}\n{hit.text}\n{fence}\n"


def _place(hit: Hit) -> str:
    if has_file_lines(hit.language):
        return f"{hit.path}:{hit.start}-{hit.end}"
    return f"{hit.path}, {hit.page}" if hit.page is not None else str(hit.path)


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in "\\`*_[]<>#" else one for one in " ".join(text.split()))


def _cell(value: object) -> str:
    """Write a value so that no spreadsheet takes it for a formula."""
    text = _text("" if value is None else str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def _text(text: str) -> str:
    """Replace what UTF-8 cannot hold: names of files that are not UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _clean(value: wire.Json) -> wire.Json:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return [_clean(one) for one in value]
    if isinstance(value, Mapping):
        return {_text(name): _clean(one) for name, one in value.items()}
    return value
