"""Ask every labelled query, score the answers, sum them up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from indexer.errors import LabelsError
from indexer.evaluation import sureness
from indexer.evaluation.labels import Labelled, Place
from indexer.evaluation.measures import score
from indexer.evaluation.sureness import Mean
from indexer.index import Index

LIMIT: Final = 10  # of every published figure

Search = Callable[[Labelled], Sequence[Place]]
"""Answers a query, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one query."""

    query: str
    repo: str | None
    language: str | None
    category: str | None
    ndcg: float
    recall: float
    mrr: float
    rank: int | None  # of the first result that is right; None where none is
    first: str | None  # what came first; None where nothing was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Means over some queries."""

    queries: int
    ndcg: Mean
    recall: Mean
    mrr: Mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run of all queries came to. Its JSON is what a later run is compared with."""

    limit: int  # results looked at: the 10 of NDCG@10
    settings: Mapping[str, str]  # what was measured, in words
    overall: Summary
    by_category: Mapping[str, Summary]  # of the queries that name one
    by_language: Mapping[str, Summary]
    by_repo: Mapping[str, Summary]
    rows: tuple[Row, ...]


def evaluate(
    queries: Sequence[Labelled], search: Search, *, limit: int = LIMIT, settings: Mapping[str, str] | None = None
) -> Report:
    """Ask all queries, at least one. settings: what the report should say was measured."""
    rows = tuple(_row(one, search(one), limit) for one in queries)
    return Report(
        limit=limit,
        settings=dict(settings or {}),
        overall=summary(rows),
        by_category=_groups(rows, "category"),
        by_language=_groups(rows, "language"),
        by_repo=_groups(rows, "repo"),
        rows=rows,
    )


def through(index: Index, queries: Sequence[Labelled], *, limit: int = LIMIT, vectors: bool = True) -> Search:
    """Return the search of an index, for `evaluate`.

    vectors: False searches by words, symbols and paths alone. Raises LabelsError where a query names a repository
    that is not indexed: it would score 0 for no fault of the search.
    """
    known = {status.repo.name for status in index.repos()}
    missing = {one.repo for one in queries if one.repo is not None} - known
    if missing:
        raise LabelsError(
            f"queries ask in a repository `{min(missing)}`, which is not indexed",
            hint=f"index it with `index-repo --name {min(missing)} PATH`; indexed are: {', '.join(sorted(known))}",
        )

    def search(one: Labelled) -> list[Place]:
        found = index.search(one.query, repos=[one.repo] if one.repo else (), limit=limit, vectors=vectors)
        return [Place(path=str(hit.path), start=hit.start, end=hit.end) for hit in found.hits]

    return search


def described(index: Index, *, vectors: bool) -> dict[str, str]:
    """Say what a run through an index measures: its models, and how much of it has no vector yet."""
    rerank = {"rerank": index.settings.rerank} if index.settings.rerank else {}
    if not vectors:
        return {"model": "none", **rerank}
    pending = sum(status.pending for status in index.repos())
    return {"model": index.model_name, **rerank, **({"without a vector": f"{pending:,} passages"} if pending else {})}


def summary(rows: Sequence[Row]) -> Summary:
    """Return the means over at least one row."""
    return Summary(
        queries=len(rows),
        ndcg=sureness.mean([row.ndcg for row in rows]),
        recall=sureness.mean([row.recall for row in rows]),
        mrr=sureness.mean([row.mrr for row in rows]),
    )


def _row(one: Labelled, results: Sequence[Place], limit: int) -> Row:
    found = score(results, one.targets, limit=limit)
    return Row(
        query=one.query,
        repo=one.repo,
        language=one.language,
        category=one.category,
        ndcg=found.ndcg,
        recall=found.recall,
        mrr=found.mrr,
        rank=found.rank,
        first=str(results[0]) if results else None,
    )


def _groups(rows: Sequence[Row], key: str) -> dict[str, Summary]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if name := getattr(row, key):
            groups.setdefault(name, []).append(row)
    return {name: summary(groups[name]) for name in sorted(groups)}
