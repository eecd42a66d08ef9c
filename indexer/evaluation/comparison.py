"""Two runs over the same queries, one beside the other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from indexer.errors import LabelsError
from indexer.evaluation import sureness
from indexer.evaluation.run import Report, Row
from indexer.evaluation.sureness import Difference

MEASURES: Final = ("ndcg", "recall", "mrr")
AGAIN: Final = "compare with what `gte-search eval --json` printed for the same queries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A query that scores otherwise than before."""

    query: str
    repo: str | None
    before: float  # NDCG
    after: float
    rank_before: int | None  # of the first result that is right
    rank_after: int | None
    first: str | None  # what comes first now

    @property
    def gain(self) -> float:
        """What the query gained; below 0 it lost."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What this run gains over another."""

    before: Mapping[str, str]  # what the other run measured
    queries: int
    ndcg: Difference
    recall: Difference
    mrr: Difference
    by_category: Mapping[str, Difference]  # of NDCG
    by_language: Mapping[str, Difference]
    changes: tuple[Change, ...]  # that are not 0, the greatest gain first


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A run read from its JSON."""

    limit: int
    settings: Mapping[str, str]
    rows: tuple[Row, ...]


def read(path: Path) -> Earlier:
    """Read what `gte-search eval --json` printed. Raises LabelsError where it is something else."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(_row(row) for row in whole["rows"])
        limit, settings = whole["limit"], {str(key): str(value) for key, value in whole["settings"].items()}
    except OSError as error:
        raise LabelsError(f"cannot read {path}: {error.strerror}", hint=AGAIN) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LabelsError(f"{path} is not the JSON of a run: {type(error).__name__}: {error}", hint=AGAIN) from error
    return Earlier(limit=limit, settings=settings, rows=rows)


def _row(row: Mapping[str, Any]) -> Row:
    """Raises TypeError for a key too many or too few, ValueError for a score that is none."""
    found = Row(**row)
    if not all(isinstance(getattr(found, name), int | float) for name in MEASURES):
        raise ValueError(f"no scores for the query {found.query!r}")
    return found


def compare(before: Earlier | Report, after: Report) -> Comparison:
    """Compare two runs query by query. Raises LabelsError where they did not ask the same."""
    if before.limit != after.limit:
        raise LabelsError(
            f"the other run looked at {before.limit} results, this one at {after.limit}",
            hint=f"give `--limit {before.limit}`",
        )
    known = {(row.repo, row.query): row for row in before.rows}
    asked = {(row.repo, row.query) for row in after.rows}
    if different := known.keys() ^ asked:
        _, example = min(different, key=str)
        raise LabelsError(f"the runs asked different queries: {len(different):,}, such as {example!r}", hint=AGAIN)
    pairs = [(known[row.repo, row.query], row) for row in after.rows]
    changes = [_change(old, new) for old, new in pairs if old.ndcg != new.ndcg]
    return Comparison(
        before=before.settings,
        queries=len(pairs),
        ndcg=_difference(pairs, "ndcg"),
        recall=_difference(pairs, "recall"),
        mrr=_difference(pairs, "mrr"),
        by_category=_groups(pairs, "category"),
        by_language=_groups(pairs, "language"),
        changes=tuple(sorted(changes, key=lambda change: (-change.gain, change.repo or "", change.query))),
    )


def _difference(pairs: Sequence[tuple[Row, Row]], measure: str) -> Difference:
    before, after = ([getattr(row, measure) for row in side] for side in zip(*pairs, strict=True))
    return sureness.difference(before, after)


def _groups(pairs: Sequence[tuple[Row, Row]], key: str) -> dict[str, Difference]:
    groups: dict[str, list[tuple[Row, Row]]] = {}
    for pair in pairs:
        if name := getattr(pair[1], key):
            groups.setdefault(name, []).append(pair)
    return {name: _difference(groups[name], "ndcg") for name in sorted(groups)}


def _change(old: Row, new: Row) -> Change:
    return Change(
        query=new.query,
        repo=new.repo,
        before=old.ndcg,
        after=new.ndcg,
        rank_before=old.rank,
        rank_after=new.rank,
        first=new.first,
    )
