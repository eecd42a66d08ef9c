"""Values to a terminal: hits, reports and a progress bar. Data goes to stdout, everything else to stderr."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from indexer.languages import has_file_lines
from indexer.progress import OnProgress
from indexer.types import (
    Copy,
    DuplicateGroup,
    DuplicatesResult,
    Hit,
    Phase,
    Progress,
    Skipped,
    SyncReport,
    Understood,
)

if TYPE_CHECKING:
    from indexer.forecast import Forecast

SHOWN_LINES: Final = 3  # matching lines of a hit
WIDEST: Final = 160  # characters of a shown line

CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

UNIT: Final = {"notebook": "cell", "pptx": "slide"}  # what a page number counts

BOLD, DIM, CYAN, YELLOW, RESET = "\033[1m", "\033[2m", "\033[36m", "\033[33m", "\033[0m"


def printable(text: str) -> str:
    """Return text that cannot command a terminal: control and direction characters are written as escapes.

    What is shown comes from files of strangers, and a terminal obeys what it is sent.
    """
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def uses_colour() -> bool:
    """Tell whether stdout is a terminal whose user did not refuse colour (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def file_of(hit: Hit | Copy, root: Path | None) -> str:
    """Return the path as the current folder sees it where it lies below, else absolute."""
    if root is None:
        return str(hit.path)
    path, here = root / hit.path, Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def place(hit: Hit | Copy, root: Path | None) -> str:
    """Return `path:start-end`.

    Formats whose text is extracted have no lines that an editor could find: `paper.pdf (page 3)`.
    """
    shown = file_of(hit, root)
    if has_file_lines(hit.language):
        return f"{shown}:{hit.start}-{hit.end}"
    return f"{shown} ({UNIT.get(hit.language, 'page')} {hit.page})" if hit.page else shown


def hit_lines(hit: Hit, root: Path | None, *, content: bool, explain: bool, colour: bool) -> Iterator[str]:
    """Yield the lines that show one hit."""
    bold, dim, cyan, yellow, reset = (BOLD, DIM, CYAN, YELLOW, RESET) if colour else ("",) * 5
    name = printable(hit.symbol or hit.title or "")
    stale = f" {yellow}(changed since indexed){reset}" if hit.stale else ""
    what = f"{cyan}{name}{reset}  " if name else ""
    yield f"{bold}{printable(place(hit, root))}{reset}  {what}{dim}{hit.kind}, {hit.score:.2f}{reset}{stale}"
    if explain:
        parts = sorted(hit.why.items(), key=lambda part: -abs(part[1]))
        yield f"  {dim}" + ", ".join(f"{signal} {value:+.2f}" for signal, value in parts) + reset
    lines = hit.text.split("\n")
    matched = [line for start, end in hit.matches for line in range(start, end + 1)]
    shown = range(hit.start, hit.end + 1) if content else (matched or [hit.start])[:SHOWN_LINES]
    for number in shown:
        text = printable(lines[number - hit.start])
        label = f"{number:>5}" if has_file_lines(hit.language) else " " * 5
        yield f"  {dim}{label}{reset}  {text if content else text[:WIDEST]}"


def understood_lines(understood: Understood, *, colour: bool) -> Iterator[str]:
    """Yield what a query was taken for."""
    dim, reset = (DIM, RESET) if colour else ("", "")
    place = f"{understood.path}:{understood.line}" if understood.line else understood.path or ""
    words = (word if split == (word,) else f"{word} ({' '.join(split)})" for word, split in understood.words.items())
    frames = (f"{frame.path}:{frame.line}" + (f" {frame.name}" if frame.name else "") for frame in understood.frames)
    parts = {
        "read as": [understood.reading],
        "words": words,
        "symbols": understood.symbols,
        "corrected": understood.corrections,
        "path": [place] if place else [],
        "exact text": understood.exact,
        "filters": understood.filters,
        "error": [understood.error] if understood.error else [],
        "frames": frames,
    }
    for name, values in parts.items():
        if said := ", ".join(values):
            yield f"{dim}{name + ':':<12}{printable(said)}{reset}"


def copy_line(hit: Hit, root: Path | None) -> str:
    """Return the line that shows a copy of what is asked about."""
    name = printable(hit.symbol or hit.title or "")
    return "  ".join(part for part in (printable(place(hit, root)), name, "the same") if part)


def group_lines(group: DuplicateGroup, roots: Mapping[str, Path | None], *, colour: bool) -> Iterator[str]:
    """Yield the lines that show one group of copies."""
    bold, dim, cyan, reset = (BOLD, DIM, CYAN, RESET) if colour else ("",) * 4
    how = "equal" if group.similarity == 1 else f"{group.similarity:.0%} alike"
    aside = ", in tests or examples" if group.aside else ""
    yield f"{bold}{counted(group.lines, 'line')} to save{reset}  {dim}{len(group.copies)} copies, {how}{aside}{reset}"
    for copy in group.copies:
        name = printable(copy.symbol or copy.title or "")
        yield f"  {printable(place(copy, roots[copy.repo]))}" + (f"  {cyan}{name}{reset}" if name else "")


def duplicates_summary(result: DuplicatesResult) -> str:
    """Say how much is copied in all."""
    if not result.total:
        return f"nothing is copied among {result.compared:,} definitions and passages"
    shown = "" if len(result.groups) == result.total else f", {len(result.groups):,} shown"
    return f"{counted(result.total, 'group')}{shown}, {counted(result.lines, 'line')} to save in all"


def report_lines(report: SyncReport, *, vectors: bool) -> Iterator[str]:
    """Yield what one run did to one repository."""
    counts = [*_changes(report), *([f"{report.unchanged:,} unchanged"] if report.unchanged else [])]
    files, chunks = counted(report.seen, "file"), counted(report.chunks, "chunk")
    yield f"{report.repo}: {files} ({', '.join(counts) or 'nothing new'}), {chunks} in all"
    if vectors:
        yield f"  {counted(report.encoded, 'passage')} encoded, {report.pending:,} pending"
    elif report.pending:
        yield f"  text only: {counted(report.pending, 'passage')} without a vector"
    if report.skipped:
        yield f"  skipped {len(report.skipped):,}: {_by_reason(report.skipped)} (--explain lists them)"
    yield from _failed_lines(report.failed)


def change_lines(report: SyncReport, seconds: float, *, failed: Sequence[Skipped], vectors: bool) -> Iterator[str]:
    """Yield what a sync changed and how long it took in all: a line, and one for each of the `failed` files."""
    parts = _changes(report) or ["no file changed"]
    if vectors:
        pending = f" ({report.pending:,} pending)" if report.pending else ""
        parts.append(f"{counted(report.encoded, 'passage')} encoded{pending}")
    yield f"{report.repo}: {', '.join(parts)}, {duration(seconds)}"
    yield from _failed_lines(failed)


def _changes(report: SyncReport) -> list[str]:
    changes = {
        "new": report.added,
        "changed": report.changed,
        "renamed": report.renamed,
        "removed": report.removed,
    }
    return [f"{count:,} {what}" for what, count in changes.items() if count]


def _failed_lines(failed: Sequence[Skipped]) -> Iterator[str]:
    for failure in failed:
        hint = f" ({failure.hint})" if failure.hint else ""
        yield printable(f"  not indexed: {failure.path}: {failure.reason}{hint}")


def counted(count: int, thing: str) -> str:
    """Write a number with its noun: 1 file, 2 files."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def forecast_lines(forecast: "Forecast") -> Iterator[str]:
    """Yield what a run would find and cost."""
    languages = ", ".join(f"{count:,} {language}" for language, count in forecast.languages.most_common())
    yield f"{forecast.root}: {len(forecast.files):,} files ({languages or 'none'}), about {forecast.chunks:,} chunks"
    vectors = (
        f"about {duration(forecast.vector_seconds)} for vectors"
        if forecast.vector_seconds is not None
        else "time for vectors unknown until a first run has prepared the model"
    )
    words = f"searchable by words after about {duration(forecast.text_seconds)}"
    yield f"  {words}, {vectors}, {size(forecast.disk_bytes)} on disk"
    if forecast.skipped:
        yield f"  skipped {len(forecast.skipped):,}: {_by_reason(forecast.skipped)}"


def skipped_lines(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Yield every skipped path with its reason."""
    for item in skipped:
        yield printable(f"  skipped {item.path}: {item.reason}")


def note_lines(notes: Sequence[tuple[PurePosixPath, str]]) -> Iterator[str]:
    """Yield what was read with a loss."""
    for path, note in notes:
        yield printable(f"  {path}: {note}")


def _by_reason(skipped: Sequence[Skipped]) -> str:
    reasons = Counter(str(item.reason) for item in skipped)
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())


def duration(seconds: float) -> str:
    """Write seconds as people say them: 0.8 s, 42 s, 3 min, 2.5 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Write bytes as people say them."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


@contextmanager
def progress_bar() -> Iterator[OnProgress | None]:
    """Show a bar on stderr while the block runs; nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # here: a pipe needs none of it
    from rich.progress import BarColumn, TaskID, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.fields[repo]} {task.description}"),
        BarColumn(),
        TextColumn("{task.fields[detail]}"),
    )
    tasks: dict[tuple[str, Phase], TaskID] = {}
    with Bars(*columns, console=Console(stderr=True)) as bars:

        def show(progress: Progress) -> None:
            key = (progress.repo, progress.phase)
            if key not in tasks:
                if finding := tasks.get((progress.repo, Phase.FINDING)):
                    bars.update(finding, visible=False)
                tasks[key] = bars.add_task(progress.phase, repo=progress.repo, detail="", total=None)
            bars.update(tasks[key], completed=progress.done, total=progress.total or None, detail=_detail(progress))

        yield show


def _detail(progress: Progress) -> str:
    if progress.phase is Phase.FINDING:
        return f"{progress.done:,} files"
    what = "files" if progress.phase is Phase.READING else "chunks"
    parts = [f"{progress.done:,}/{progress.total:,} {what}"]
    if progress.phase is Phase.READING:
        parts.append(f"{progress.chunks:,} chunks")
    parts.append(f"{progress.rate:,.0f} {what}/s")
    if progress.eta is not None and progress.done < progress.total:
        parts.append(f"{duration(progress.eta)} left")
    return ", ".join(parts)
