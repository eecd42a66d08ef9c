"""The manifest of a prepared folder as a page for people."""

from collections import Counter
from pathlib import Path
from typing import Any, Final

from training.atomic import write_text
from training.screen import Overlap

REPORT: Final = "report.md"
NOTABLE: Final = 0.02  # share of rows lost to shared runs from which a source is worth a look


def write_report(folder: Path, manifest: dict[str, Any]) -> None:
    """Write `report.md` beside the manifest."""
    write_text(folder / REPORT, report(manifest))


def report(manifest: dict[str, Any]) -> str:
    """What was kept, what was dropped and why, in Markdown."""
    sources: dict[str, Any] = manifest["sources"]
    dropped: Counter[str] = Counter()
    negatives: Counter[str] = Counter()
    for record in sources.values():
        dropped.update(record["dropped"])
        negatives.update(record["negatives_dropped"])
    rows, kept = (sum(record[key] for record in sources.values()) for key in ("rows", "kept"))
    lines = ["# Prepared training rows", "", f"{kept:,} of {rows:,} rows kept, from {len(sources)} sources.", ""]
    lines += _table(["dropped", "rows"], [[reason, f"{n:,}"] for reason, n in dropped.most_common()])
    if negatives:
        lines += _table(["negatives removed", "texts"], [[reason, f"{n:,}"] for reason, n in negatives.most_common()])
    lines += ["## Sources", ""]
    lines += _table(["source", "rows", "kept", "dropped"], [_source(name, sources[name]) for name in sorted(sources)])
    lines += _boilerplate(sources)
    sets: dict[str, int] = manifest["decontamination"]["sets"]
    if sets:
        lines += ["## Evaluation sets compared with", ""]
        lines += _table(["set", "texts"], [[name, f"{n:,}"] for name, n in sorted(sets.items())])
    else:
        lines += ["Not compared with any evaluation set: no score on one can be trusted (`--against DIR`).", ""]
    malformed = [line for name in sorted(sources) for line in sources[name]["malformed"]]
    if malformed:
        lines += ["## Malformed lines (the first few of each source)", "", *(f"- {line}" for line in malformed), ""]
    return "\n".join(lines)


def _boilerplate(sources: dict[str, Any]) -> list[str]:
    """Sources that lost so many rows to shared runs that licence headers or templates are likelier than leaks."""
    lines = []
    for name in sorted(sources):
        record = sources[name]
        share = record["dropped"].get(Overlap.RUN.value, 0) / max(1, record["rows"])
        if share > NOTABLE:
            lines.append(f"- {name}: {share:.1%} of its rows share a run of 13 words with an evaluation text")
    return ["## Worth a look", "", *lines, ""] if lines else []


def _source(name: str, record: dict[str, Any]) -> list[str]:
    reasons = sorted(record["dropped"].items(), key=lambda item: (-item[1], item[0]))
    return [name, f"{record['rows']:,}", f"{record['kept']:,}", "; ".join(f"{n:,} {reason}" for reason, n in reasons)]


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)] + [""]
