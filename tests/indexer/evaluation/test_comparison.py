import json
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import LabelsError
from indexer.evaluation.comparison import compare, read
from indexer.evaluation.labels import Labelled, Place
from indexer.evaluation.report import comparison_lines
from indexer.evaluation.run import Report, evaluate
from indexer.wire import to_json

A, X = Place(path="a"), Place(path="x")
ASKED = [
    Labelled(query=name, targets=(A,), category="semantic" if name < "q3" else None) for name in ("q1", "q2", "q3")
]


def report(ranks: dict[str, int], *, limit: int = 10) -> Report:
    return evaluate(ASKED, lambda one: [X] * (ranks[one.query] - 1) + [A], limit=limit, settings={"model": "m"})


BEFORE, AFTER = report({"q1": 1, "q2": 2, "q3": 4}), report({"q1": 1, "q2": 1, "q3": 5})


def test_runs_are_compared_query_by_query() -> None:
    found = compare(BEFORE, AFTER)
    # by hand: q2 gains 1 - 0.63093, q3 loses 0.43068 - 0.38685
    assert found.ndcg.mean == pytest.approx((0.36907 - 0.04382) / 3, abs=1e-5)
    assert found.mrr.mean == pytest.approx((0.5 - 0.05) / 3)
    assert found.recall.mean == 0.0
    assert found.by_category["semantic"].mean == pytest.approx(0.36907 / 2, abs=1e-5)
    assert [(change.query, change.rank_before, change.rank_after) for change in found.changes] == [
        ("q2", 2, 1),
        ("q3", 4, 5),
    ]


def test_the_lines_name_what_gained_and_what_lost() -> None:
    lines = list(comparison_lines(compare(BEFORE, AFTER), limit=10))
    assert any(line.startswith("  NDCG@10    +0.108") and line.endswith("may be chance") for line in lines)
    gained, lost = lines.index("gained most (of 1 that gained):"), lines.index("lost most (of 1 that lost):")
    assert "+0.369 rank 2 -> 1" in lines[gained + 1]
    assert "-0.044 rank 4 -> 5" in lines[lost + 1]


def test_a_run_is_read_back_from_its_json(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(to_json(BEFORE)), "utf-8")
    earlier = read(path)
    assert earlier.rows == BEFORE.rows
    assert compare(earlier, AFTER) == compare(BEFORE, AFTER)


def whole() -> dict[str, Any]:
    value = to_json(BEFORE)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", json.dumps(whole() | {"rows": [{"query": "q"}]}), json.dumps(whole() | {"settings": None})],
)
def test_another_json_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")
    with pytest.raises(LabelsError, match=r"a\.json"):
        read(path)


def test_runs_over_other_queries_or_another_limit_are_not_compared() -> None:
    fewer = evaluate(ASKED[:2], lambda _: [A])
    with pytest.raises(LabelsError, match="different queries: 1, such as 'q3'"):
        compare(fewer, AFTER)
    with pytest.raises(LabelsError, match="5 results"):
        compare(report({"q1": 1, "q2": 1, "q3": 1}, limit=5), AFTER)
