import gzip
from pathlib import Path

import pytest

from tests.training.evaluation import folders
from training.errors import DataError
from training.evaluation import sets
from training.evaluation.sets import Labelled, Pairs, Reranking, Retrieval, Suite, Task


def place(root: Path, name: str) -> sets.Place:
    return next(place for place in sets.find(root) if place.name == name)


def test_files_say_the_task_and_folders_the_suite(tmp_path: Path) -> None:
    found = {place.name: (place.suite, place.task) for place in sets.find(folders.everything(tmp_path))}
    assert found == {
        "functions": (Suite.CODE, Task.RETRIEVAL),
        "passages": (Suite.TEXT, Task.RETRIEVAL),
        "alike": (Suite.TEXT, Task.STS),
        "same": (Suite.TEXT, Task.PAIRS),
        "subjects": (Suite.TEXT, Task.CLASSIFICATION),
        "clusters": (Suite.TEXT, Task.CLUSTERING),
        "answers": (Suite.TEXT, Task.RERANKING),
    }


@pytest.mark.parametrize("below", ["code", "code/eval"])
def test_a_suite_or_its_sets_may_be_named_alone(tmp_path: Path, below: str) -> None:
    folders.everything(tmp_path)
    assert [(one.name, one.suite) for one in sets.find(tmp_path / below)] == [("functions", Suite.CODE)]


def test_a_set_may_be_named_itself(tmp_path: Path) -> None:
    folders.everything(tmp_path)
    [alone] = sets.find(tmp_path / "code/eval/functions")
    assert alone == place(tmp_path, "functions")


def test_elsewhere_documents_with_a_language_are_code(tmp_path: Path) -> None:
    folders.retrieval(tmp_path / "one", lang="go")
    folders.retrieval(tmp_path / "two")
    assert [one.suite for one in sets.find(tmp_path)] == [Suite.CODE, Suite.TEXT]


def test_a_folder_without_sets_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(DataError, match="no evaluation set"):
        sets.find(tmp_path)
    with pytest.raises(DataError, match="no folder"):
        sets.find(tmp_path / "nowhere")


def test_two_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    folders.graded(tmp_path / "code" / "one")
    folders.graded(tmp_path / "text" / "one")
    with pytest.raises(DataError, match="two sets"):
        sets.find(tmp_path)


def test_only_judged_queries_are_asked(tmp_path: Path) -> None:
    read = sets.read(place(folders.everything(tmp_path), "passages"))
    assert isinstance(read, Retrieval)
    assert len(read.queries) == 18
    assert set(read.query_ids) == set(read.judged)
    assert read.documents[1].startswith("About ")


def test_queries_whose_id_stands_for_several_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folders.write_lines(folder / "corpus.jsonl", [{"_id": "d", "text": "one"}])
    rows = [{"_id": "a", "text": "x"}, {"_id": "a", "text": "y"}, {"_id": "b", "text": "z"}, {"_id": "b", "text": "z"}]
    folders.write_lines(folder / "queries.jsonl", rows)
    folders.write_table(folder / "qrels.tsv", [("a", "d", 1), ("b", "d", 1)])
    read = sets.read(place(tmp_path, "set"))
    assert isinstance(read, Retrieval)
    assert (read.query_ids, read.ambiguous) == (("b",), ("a",))


def test_a_quotation_mark_is_a_letter_like_any_other(tmp_path: Path) -> None:
    folders.write_table(tmp_path / "set" / "pairs.tsv", [(1, '"open', "b"), (0, "c", 'd" "')])
    read = sets.read(place(tmp_path, "set"))
    assert isinstance(read, Pairs)
    assert (read.left, read.right) == (('"open', "c"), ("b", 'd" "'))


def test_candidates_without_both_kinds_are_left_out(tmp_path: Path) -> None:
    read = sets.read(place(folders.everything(tmp_path), "answers"))
    assert isinstance(read, Reranking)
    assert len(read.queries) == 12


def test_clustering_has_no_training_part(tmp_path: Path) -> None:
    root = folders.everything(tmp_path)
    clusters, subjects = sets.read(place(root, "clusters")), sets.read(place(root, "subjects"))
    assert isinstance(clusters, Labelled)
    assert isinstance(subjects, Labelled)
    assert (len(clusters.train_texts), len(subjects.train_texts)) == (0, 200)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("passages/queries.jsonl", b'{"_id": "q0", "text": "a"}\n{"_id"\n', r"queries\.jsonl:2: not JSON"),
        ("passages/queries.jsonl", b'{"_id": "q0"}\n', r"queries\.jsonl:1: `_id` or `text`"),
        ("passages/queries.jsonl", b"\n", r"queries\.jsonl is empty"),
        ("passages/qrels.tsv", b"q0\td1\t1\nq99\td1\t1\n", r"qrels\.tsv:2: no query `q99`"),
        ("passages/qrels.tsv", b"q0\td1\t1\nq1\td1\n", r"qrels\.tsv:2: 2 columns, not 3"),
        ("passages/corpus.jsonl.gz", b"no gzip", r"corpus\.jsonl\.gz"),
        ("passages/corpus.jsonl.gz", gzip.compress(b'{"_id": 1, "text": ""}')[:-9], r"corpus\.jsonl\.gz"),
        ("passages/corpus.jsonl.gz", gzip.compress(b'{"_id": 1, "text": "a"}\n{"_id": 1, "text": "b"}'), "several"),
        ("alike/pairs.tsv", b"0.5\ta\tb\nhigh\ta\tb\n", r"pairs\.tsv:2: `high` is not a number"),
        ("alike/pairs.tsv", b"0.5\ta\tb\nnan\ta\tb\n", r"pairs\.tsv:2: `nan` is not a number"),
        ("alike/pairs.tsv", b"0.5\ta\tb\n0.5\ta\tb\n", "the same"),
        ("subjects/train.tsv", b"a\ttext\n", "fewer than two labels"),
        ("subjects/test.tsv", b"a\ttext\nb\t\xff\n", r"test\.tsv:2: not UTF-8"),
        ("answers/rerank.jsonl", b'{"query": "a", "positive": "b", "negative": []}\n', r"rerank\.jsonl:1"),
    ],
)
def test_damage_is_told_with_file_and_line(tmp_path: Path, file: str, content: bytes, said: str) -> None:
    root = folders.everything(tmp_path)
    (root / "text" / "eval" / file).write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        sets.read(place(root, file.partition("/")[0]))
    assert caught.value.hint


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    root = folders.everything(tmp_path)
    (root / "text" / "eval" / "passages" / "queries.jsonl").unlink()
    with pytest.raises(DataError, match=r"queries\.jsonl is missing"):
        sets.read(place(root, "passages"))


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    one = place(folders.everything(tmp_path), "alike")
    before = sets.digest(one)
    assert sets.digest(one) == before
    with (one.folder / "pairs.tsv").open("a") as file:
        file.write("1.0\ta\tb\n")
    assert sets.digest(one) != before
