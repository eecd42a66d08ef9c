"""A run, and what it gains over another, as lines of text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from indexer.evaluation.comparison import Change, Comparison
from indexer.evaluation.run import Report, Row, Summary
from indexer.evaluation.sureness import Difference, Mean

WORST: Final = 10  # queries listed
CHANGES: Final = 5  # that gained most, and as many that lost most
WIDEST: Final = 60  # characters of a query; the JSON has it whole


def report_lines(report: Report, *, worst: int = WORST) -> Iterator[str]:
    """Yield the table of means, then the queries that were answered worst."""
    if report.settings:
        yield ", ".join(f"{name}: {value}" for name, value in report.settings.items())
    yield from _table(report)
    bad = worst_rows(report, worst)
    if bad:
        yield ""
        yield f"worst answered ({len(bad)} of {report.overall.queries:,}):"
        for row in bad:
            where = f"first right result at {row.rank}" if row.rank else f"no right result in {report.limit}"
            yield f"  {_asked(row.repo, row.query)}"
            yield f"      {where}; first came {row.first or 'nothing'}"


def worst_rows(report: Report, count: int) -> list[Row]:
    """Return the queries with the lowest NDCG; of equals in the order asked. None that is answered wholly."""
    bad = [row for row in report.rows if row.ndcg < 1]
    return sorted(bad, key=lambda row: row.ndcg)[: max(count, 0)]


def comparison_lines(comparison: Comparison, *, limit: int, changes: int = CHANGES) -> Iterator[str]:
    """Yield the differences with their intervals and p, then the queries that gained and lost most."""
    yield f"difference to the other run, over {comparison.queries:,} queries:"
    for name, change in (
        (f"NDCG@{limit}", comparison.ndcg),
        (f"recall@{limit}", comparison.recall),
        ("MRR", comparison.mrr),
    ):
        yield f"  {name:<10} {_difference(change)}"
    for name, groups in (("category", comparison.by_category), ("language", comparison.by_language)):
        if groups:
            yield f"NDCG@{limit} by {name}:"
            width = max(map(len, groups))
            yield from (f"  {group:<{width}} {_difference(change)}" for group, change in groups.items())
    gained = [change for change in comparison.changes if change.gain > 0]
    lost = [change for change in reversed(comparison.changes) if change.gain < 0]
    for verb, changed in (("gained", gained), ("lost", lost)):
        if changed:
            yield f"{verb} most (of {len(changed):,} that {verb}):"
            yield from _change_lines(changed[:changes])


def _table(report: Report) -> Iterator[str]:
    names = (f"NDCG@{report.limit}", f"recall@{report.limit}", "MRR")
    groups: list[tuple[str, Mapping[str, Summary]]] = [
        ("", {"all queries": report.overall}),
        ("by category", report.by_category),
        ("by language", report.by_language),
    ]
    width = max(len(f"  {name}") for _, group in groups for name in group)
    yield " ".join([" " * width, "queries", *(f"{name:<23}" for name in names)]).rstrip()
    for title, group in groups:
        if title and group:
            yield title
        for name, row in group.items():
            label = f"  {name}" if title else name
            yield " ".join(
                [f"{label:<{width}}", f"{row.queries:>7,}", *(f"{_mean(one):<23}" for one in _means(row))]
            ).rstrip()


def _means(row: Summary) -> Sequence[Mean]:
    return (row.ndcg, row.recall, row.mrr)


def _mean(one: Mean) -> str:
    return f"{one.mean:.4f} [{one.low:.3f}, {one.high:.3f}]"


def _difference(change: Difference) -> str:
    """Write a difference; one whose p is below 0.05 says so."""
    sure = "" if change.p < 0.05 else ", may be chance"
    return f"{change.mean:+.4f} [{change.low:+.3f}, {change.high:+.3f}] p {change.p:.4f}{sure}"


def _change_lines(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        ranks = f"rank {change.rank_before or '-'} -> {change.rank_after or '-'}"
        yield f"  {change.gain:+.3f} {ranks:<15} {_asked(change.repo, change.query)}"


def _asked(repo: str | None, query: str) -> str:
    shown = " ".join(query.split())
    shown = shown if len(shown) <= WIDEST else f"{shown[: WIDEST - 3]}..."
    return f"[{repo}] {shown}" if repo else shown
