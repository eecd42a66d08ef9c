import json
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import LabelsError
from indexer.evaluation.labels import Labelled, Place, read


def written(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "queries.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("src/a.py", Place(path="src/a.py")),
        ("./src/a.py", Place(path="src/a.py")),
        ("src\\a.py", Place(path="src/a.py")),
        ("src/a.py:7", Place(path="src/a.py", start=7, end=7)),
        ("src/a.py:12-40", Place(path="src/a.py", start=12, end=40)),
        ({"path": "a.py"}, Place(path="a.py")),
        ({"path": "a.py", "start": None, "end": None}, Place(path="a.py")),
        ({"path": "a.py", "start": 3, "end": 4}, Place(path="a.py", start=3, end=4)),
    ],
)
def test_a_target_is_a_path_a_place_or_an_object(tmp_path: Path, target: object, place: Place) -> None:
    (one,) = read(written(tmp_path, {"query": "q", "relevant": [target]}))
    assert one == Labelled(query="q", targets=(place,))


def test_the_format_of_the_code_search_benchmark_is_read_as_it_is(tmp_path: Path) -> None:
    relevant = {"path": "lib/test.bash", "start": None, "end": None}
    secondary = {"path": "lib/run.bash", "start": 5, "end": 9}
    row = {"repo": "bats", "language": "bash", "query": "run", "category": "symbol"}
    (one,) = read(written(tmp_path, row | {"relevant": [relevant], "secondary": [secondary]}))
    assert (one.repo, one.language, one.category) == ("bats", "bash", "symbol")
    assert one.targets == (Place(path="lib/test.bash"), Place(path="lib/run.bash", start=5, end=9))


def test_blank_lines_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    path = written(
        tmp_path, "\ufeff" + json.dumps({"query": "q", "relevant": ["a"]}), "", '{"query":"r","relevant":["b"]}'
    )
    assert [one.query for one in read(path)] == ["q", "r"]


GOOD: dict[str, Any] = {"query": "q", "relevant": ["a.py"]}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{", "Expecting property name"),
        ("[1]", "not a JSON object"),
        ({"relevant": ["a"]}, "`query`"),
        ({"query": " ", "relevant": ["a"]}, "`query`"),
        ({"query": "q"}, "no target"),
        ({"query": "q", "relevant": "a.py"}, "not a list"),
        ({"query": "q", "relevant": [3]}, "neither a text nor an object"),
        ({"query": "q", "relevant": [{"start": 1, "end": 2}]}, "`path`"),
        ({"query": "q", "relevant": [{"path": "a", "start": 1}]}, "only one of"),
        ({"query": "q", "relevant": [{"path": "a", "start": True, "end": 2}]}, "`start`"),
        ({"query": "q", "relevant": [{"path": "a", "line": 1}]}, "`line`"),
        ({"query": "q", "relevant": ["a:9-3"]}, "no range"),
        ({"query": "q", "relevant": ["/etc/a"]}, "top of its repository"),
        (GOOD | {"category": 5}, "`category`"),
        (GOOD | {"relevent": []}, "`relevent`"),
        (GOOD | {"query": "asked before"}, "the same query as on line 1"),
    ],
)
def test_a_wrong_line_is_an_error_that_names_it(tmp_path: Path, row: object, why: str) -> None:
    path = written(tmp_path, GOOD | {"query": "asked before"}, row)
    with pytest.raises(LabelsError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert why in str(caught.value)
    assert '"relevant"' in caught.value.hint


def test_bytes_that_are_no_text_are_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b'{"query": "q", "relevant": ["a"]}\n\xff\n')
    with pytest.raises(LabelsError, match=r"q\.jsonl:2: "):
        read(path)


def test_a_file_that_is_missing_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="cannot read"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(LabelsError, match="holds no query"):
        read(written(tmp_path, ""))
