"""Where raw rows come from, and what their columns may be called."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from training.data import Row
from training.errors import DataError
from training.hub import Datasets, Place
from training.prepare import prepare
from training.rows import Malformed, to_row
from training.sources import FileSource, RawSource, find_sources


def read(source: RawSource) -> list[Row | Malformed]:
    return list(source.rows(lambda size, rows: None))


# -- columns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"query": "a", "positive": "b"}, Row("a", "b")),
        ({"anchor": "a", "positive": "b", "negative": "c"}, Row("a", "b", ("c",))),
        ({"question": "a", "answer": "b"}, Row("a", "b")),
        ({"query": "a", "answer": "b"}, Row("a", "b")),
        ({"sentence1": "a", "sentence2": "b"}, Row("a", "b")),
        ({"query": "a", "positive": "b", "title": "t", "body": "x"}, Row("a", "b")),
        ({"query": "a", "positive": "b", "negative_1": "c", "negative_2": "d"}, Row("a", "b", ("c", "d"))),
        ({"query": "a", "positive": "b", "negatives": None}, Row("a", "b")),
        ({"query": "a", "positive": "b", "negatives": ["c"], "scores": [1, 0.5]}, Row("a", "b", ("c",), (1.0, 0.5))),
        ({"query": "a", "positive": "b", "label": 0}, Row("a", "b")),
        ({"query": None, "positive": "b"}, Row("", "b")),
        ({"positive": "b"}, Row("", "b")),
    ],
)
def test_columns_of_many_names_are_one_row(fields: dict[str, object], row: Row) -> None:
    assert to_row(fields, "here") == row


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "a"},
        {"question": "a", "answer": {"text": ["b"]}},
        {"sentence1": "a", "sentence2": "b", "label": 1},
        {"query": "a", "positive": "b", "negatives": [None]},
        {"query": "a", "positive": "b", "scores": [1, 2]},
        {"query": "a", "positive": "b", "scores": [True]},
        "query",
    ],
)
def test_what_is_no_row_says_why(fields: object) -> None:
    answer = to_row(fields, "x.jsonl:7")
    assert isinstance(answer, Malformed)
    assert answer.where == "x.jsonl:7"
    assert answer.why


# -- files ----------------------------------------------------------------------------------------------


def write_parquet(path: Path, columns: Mapping[str, Any]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet  # type: ignore[import-untyped]  # no stubs

    parquet.write_table(pyarrow.table(dict(columns)), path, row_group_size=700)


def test_a_parquet_file_is_a_source(tmp_path: Path) -> None:
    numbers = [str(i) for i in range(2500)]
    answers = [f"answer {i}" for i in numbers]
    write_parquet(tmp_path / "faq.parquet", {"id": list(range(2500)), "question": numbers, "answer": answers})
    [source] = find_sources([tmp_path])
    told: list[tuple[int, int]] = []
    rows = list(source.rows(lambda size, count: told.append((size, count))))
    assert source.name == "faq"
    assert rows == [Row(a, b) for a, b in zip(numbers, answers, strict=True)]
    assert [sum(parts) for parts in zip(*told, strict=True)] == [source.size, 2500]


def test_lists_of_negatives_and_missing_values_come_out_of_parquet(tmp_path: Path) -> None:
    columns = {"query": ["a", None], "positive": ["b", "c"], "negatives": [["d", "e"], None]}
    write_parquet(tmp_path / "n.parquet", columns)
    [source] = find_sources([tmp_path / "n.parquet"])
    assert read(source) == [Row("a", "b", ("d", "e")), Row("", "c")]


def test_shards_are_one_source_in_their_order(tmp_path: Path) -> None:
    for i in (1, 0):
        write_parquet(tmp_path / f"train-0000{i}-of-00002.parquet", {"query": [f"q{i}"], "positive": [f"p{i}"]})
    [source] = find_sources([tmp_path])
    assert source.name == "train"
    assert read(source) == [Row("q0", "p0"), Row("q1", "p1")]


def test_a_missing_shard_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "train-00001-of-00003.parquet").touch()
    with pytest.raises(DataError, match="kept in 3 files, of which 1 are there"):
        find_sources([tmp_path])


def test_a_broken_parquet_file_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more")
    [source] = find_sources([tmp_path])
    with pytest.raises(DataError, match=r"x\.parquet cannot be read"):
        read(source)


def test_without_pyarrow_only_parquet_files_are_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.parquet").touch()
    (tmp_path / "y.jsonl").write_text('{"query": "a", "positive": "b"}')
    parquet, lines = find_sources([tmp_path])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert read(lines) == [Row("a", "b")]
    with pytest.raises(DataError, match="takes the package pyarrow"):
        read(parquet)


@pytest.mark.parametrize("name", ["same.jsonl.gz", "same.parquet", "other/same.jsonl"])
def test_two_sources_of_one_name_are_an_error(tmp_path: Path, name: str) -> None:
    for each in ("same.jsonl", name):
        (tmp_path / each).parent.mkdir(exist_ok=True)
        (tmp_path / each).touch()
    with pytest.raises(DataError, match="two sources are called same"):
        find_sources([tmp_path, tmp_path / name])


def test_a_file_named_twice_is_one_source(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    assert [source.name for source in find_sources([tmp_path, tmp_path / "a.jsonl"])] == ["a"]


@pytest.mark.parametrize("given", ["missing", "empty", "notes.txt"])
def test_what_holds_no_source_is_an_error(tmp_path: Path, given: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError) as caught:
        find_sources([tmp_path / given])
    assert ".jsonl" in caught.value.hint


def test_the_digest_follows_the_bytes_of_every_file(tmp_path: Path) -> None:
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    a.write_text("1")
    b.write_text("2")
    one, both = FileSource("x", (a,)), FileSource("x", (a, b))
    before = one.digest(), both.digest()
    b.write_text("3")
    assert one.digest() == before[0]
    assert both.digest() != before[1]


# -- the hub --------------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """A hub of one dataset."""

    rows: list[dict[str, Any]]
    commit: str = "c0ffee"
    asked: list[tuple[Place, str]] = field(default_factory=list)

    def revision(self, repo: str) -> str:
        if repo != "owner/pairs":
            raise LookupError(f"no dataset {repo}\nand much more of it")
        return self.commit

    def stream(self, place: Place, revision: str) -> Iterable[Mapping[str, Any]]:
        self.asked.append((place, revision))
        yield from self.rows


@pytest.mark.parametrize(
    ("text", "name", "config", "split"),
    [
        ("hub:owner/pairs", "pairs", None, "train"),
        ("hub:owner/pairs:en", "pairs.en", "en", "train"),
        ("hub:owner/pairs:en:dev", "pairs.en.dev", "en", "dev"),
        ("hub:owner/pairs::dev", "pairs.dev", None, "dev"),
    ],
)
def test_a_hub_name_is_a_table_at_a_commit(text: str, name: str, config: str | None, split: str) -> None:
    shelf = Shelf([{"anchor": "a", "positive": "b"}])
    [source] = find_sources([text], catalogue=shelf)
    assert source.name == name
    assert read(source) == [Row("a", "b")]
    assert shelf.asked == [(Place(repo="owner/pairs", config=config, split=split), "c0ffee")]


def test_a_dataset_is_prepared_again_only_at_another_commit(tmp_path: Path) -> None:
    shelf = Shelf([{"anchor": "a", "positive": "b"}])
    for commit in ("one", "one", "two"):
        shelf.commit = commit
        record = prepare(["hub:owner/pairs"], tmp_path / "out", catalogue=shelf)["sources"]["pairs"]
    assert [revision for _, revision in shelf.asked] == ["one", "two"]
    assert record["origin"] == "hub:owner/pairs::train@two"


@pytest.mark.parametrize("text", ["hub:pairs", "hub:owner/pairs:a:b:c", "hub:", "hub:../x/y"])
def test_another_shape_is_an_error(text: str) -> None:
    with pytest.raises(DataError, match="names no dataset"):
        find_sources([text], catalogue=Shelf([]))


def test_what_the_hub_says_is_told_in_a_line() -> None:
    with pytest.raises(DataError, match=r"hub:owner/other cannot be read: no dataset owner/other$"):
        find_sources(["hub:owner/other"], catalogue=Shelf([]))


def test_a_stream_that_breaks_off_is_an_error() -> None:
    class Broken(Shelf):
        def stream(self, place: Place, revision: str) -> Iterator[Mapping[str, Any]]:
            yield {"anchor": "a", "positive": "b"}
            raise ConnectionError("gone")

    [source] = find_sources(["hub:owner/pairs"], catalogue=Broken([]))
    with pytest.raises(DataError, match="gone"):
        read(source)


def test_without_the_package_datasets_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match="takes the package `datasets`"):
        Datasets().revision("owner/pairs")


@pytest.mark.filterwarnings("default")  # the package's own warnings are not ours to judge
def test_rows_stream_out_of_the_real_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of Parquet files stands for the dataset: the package reads it by the same code."""
    pytest.importorskip("datasets")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner/pairs").mkdir(parents=True)
    columns = {"anchor": ["a", "c"], "positive": ["b", "d"], "negative": ["x", None]}
    write_parquet(tmp_path / "owner/pairs/train-00000-of-00001.parquet", columns)
    place = Place(repo="owner/pairs", config=None, split="train")
    rows = [to_row(dict(fields), "here") for fields in Datasets().stream(place, "main")]
    assert rows == [Row("a", "b", ("x",)), Row("c", "d")]
