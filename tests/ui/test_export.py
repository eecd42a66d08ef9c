import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from indexer.types import Kind, SimilarResult
from tests.ui.fake_backend import hit, result
from ui.export import COLUMNS, FORMATS, to_csv, to_json, to_markdown

PAGE = hit("paper.pdf", kind=Kind.PAGE, language="pdf", page=3, symbol=None, title='A, "B"', text="One.\nTwo.")
ANSWER = result("retry", [hit(url="https://example.org/a#L12"), PAGE])
RELATIVES = SimilarResult(of=(hit(),), hits=(PAGE,), copies=(), total=1, pending_vectors=0, notice=None)


def test_json_has_the_shape_of_every_other_door() -> None:
    read = json.loads(to_json(ANSWER))
    assert read["query"] == "retry"
    assert [one["path"] for one in read["hits"]] == ["src/retry.py", "paper.pdf"]
    assert read["hits"][0]["why"]["meaning"] == 1.0
    assert json.loads(to_json(RELATIVES))["hits"][0]["page"] == 3


def test_csv_has_a_row_for_each_hit() -> None:
    header, first, second = csv.reader(io.StringIO(to_csv(ANSWER)))
    assert tuple(header) == COLUMNS
    assert first[:4] == ["uploads", "src/retry.py", "12", "20"]
    assert second[header.index("title")] == 'A, "B"'


@given(st.sampled_from(["=", "+", "-", "@"]), st.text(max_size=10))
def test_no_cell_is_a_formula(start: str, rest: str) -> None:
    row = list(csv.reader(io.StringIO(to_csv(result("q", [hit(symbol=start + rest)])), newline="")))[1]
    assert row[COLUMNS.index("symbol")].startswith("'")


def test_markdown_links_each_hit_and_fences_its_text() -> None:
    fenced = hit("a.md", language="markdown", text="```python\nx\n```", symbol=None, title="Use *it* <b>")
    written = to_markdown(result("retry", [hit(url="https://example.org/a#L12"), fenced]))
    assert "[`src/retry.py:12-20`](<https://example.org/a#L12>)" in written
    assert "## Use \\*it\\* \\<b\\>" in written
    assert "````markdown\n```python\nx\n```\n````" in written
    assert to_markdown(RELATIVES).startswith("# Similar to src/retry.py:12-20\n")


def test_names_that_are_not_utf_8_can_be_written() -> None:
    for kind in FORMATS:
        assert "caf?" in kind.write(result("q", [hit("caf\udce9.py")]))
