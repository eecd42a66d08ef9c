"""Which texts training keeps away from."""

import gzip
import json
from pathlib import Path

import pytest

from training.errors import DataError
from training.evaluation.texts import read_evaluation


def write_sets(folder: Path) -> None:
    """One set of every shape."""
    for name in ("code/eval/retrieval", "text/eval/pairs", "text/eval/rerank", "text/eval/labels"):
        (folder / name).mkdir(parents=True)
    retrieval = folder / "code/eval/retrieval"
    with gzip.open(retrieval / "corpus.jsonl.gz", "wt") as file:
        file.write(json.dumps({"_id": "d1", "title": "Listing", "text": "ls"}) + "\n")
        file.write(json.dumps({"_id": "d2", "title": "", "text": "rm"}) + "\n")
    (retrieval / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "list"}) + "\n")
    (retrieval / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\td1\t1\nq\td2\t0\n")
    (folder / "text/eval/pairs/pairs.tsv").write_text("4.5\ta cat\ta small cat\n")
    rerank = {"query": "when", "positive": ["now"], "negative": ["never"]}
    (folder / "text/eval/rerank/rerank.jsonl").write_text(json.dumps(rerank) + "\n")
    (folder / "text/eval/labels/test.tsv").write_text("greeting\thello there\n")
    (folder / "text/train").mkdir()
    (folder / "text/train/rows.jsonl").write_text("{}\n")


def test_every_shape_of_set_is_read_at_any_depth(tmp_path: Path) -> None:
    write_sets(tmp_path)
    found = {each.name: each for each in read_evaluation([tmp_path])}
    assert {name: each.texts for name, each in found.items()} == {
        "code/eval/retrieval": ["Listing ls", "ls", "rm", "list"],
        "text/eval/pairs": ["a cat", "a small cat"],
        "text/eval/rerank": ["when", "now", "never"],
        "text/eval/labels": ["hello there"],
    }
    assert found["code/eval/retrieval"].pairs == [("list", "Listing ls")]
    assert found["text/eval/rerank"].pairs == [("when", "now")]


def test_a_set_can_be_named_itself(tmp_path: Path) -> None:
    write_sets(tmp_path)
    assert [each.name for each in read_evaluation([tmp_path / "text/eval/pairs"])] == ["pairs"]


def test_a_folder_without_sets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no evaluation set"):
        read_evaluation([tmp_path])


def test_a_broken_set_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    write_sets(tmp_path)
    (tmp_path / "text/eval/rerank/rerank.jsonl").write_text('{"query": "only"}\n')
    with pytest.raises(DataError, match=r"rerank\.jsonl:1: `query`, `positive` or `negative` is missing"):
        read_evaluation([tmp_path])


def test_queries_that_no_task_asks_are_texts_too(tmp_path: Path) -> None:
    write_sets(tmp_path)
    with (tmp_path / "code/eval/retrieval/queries.jsonl").open("a") as file:
        file.write(json.dumps({"_id": "not judged", "text": "remove"}) + "\n")
        file.write(json.dumps({"_id": "q", "text": "another text under the same id"}) + "\n")
    (found,) = read_evaluation([tmp_path / "code"])
    assert found.texts[-2:] == ["remove", "another text under the same id"]
