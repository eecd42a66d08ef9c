"""What counts as an overlap with an evaluation set, and what does not."""

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import DataError
from training.screen import RUN, WORD, EvaluationSet, Overlap, Screen, read_evaluation

LONG = "the quick brown fox jumps over the lazy dog while seven small cats watch from the old garden wall"
SETS = [EvaluationSet("s", [LONG, "How do I sort_a list?", "list files"], [("list files", "ls"), ("sort", LONG)])]


def overlap(text: str, sets: list[EvaluationSet] = SETS) -> Overlap | None:
    return Screen(sets).overlaps([text])[0]


@pytest.mark.parametrize("text", [LONG, LONG.upper(), "how do i SORT a list", " «How do I sortalist» "])
def test_the_same_letters_and_digits_are_the_same_text(text: str) -> None:
    assert overlap(text) is Overlap.TEXT


@pytest.mark.parametrize("text", ["list files", "How do I sort a list of lists?", "sort a list", ""])
def test_short_texts_and_texts_that_say_more_are_spared(text: str) -> None:
    assert overlap(text) is None


def test_a_short_pair_is_found_in_either_order_and_only_as_a_pair() -> None:
    screen = Screen(SETS)
    assert screen.is_pair("List files!", "ls")
    assert screen.is_pair("ls", "list_files")
    assert not screen.is_pair("list files", "dir")


@pytest.mark.parametrize("start", range(3))
def test_thirteen_words_in_a_row_are_found_whatever_their_case_and_surroundings(start: int) -> None:
    run = LONG.split()[start : start + RUN]
    assert overlap(f"Somebody wrote: {', '.join(run).title()} -- and more") is Overlap.RUN


def test_twelve_words_in_a_row_are_spared() -> None:
    words = LONG.split()
    assert overlap(" ".join([*words[: RUN - 1], "elsewhere", *words[RUN:]])) is None


def test_a_run_does_not_reach_over_the_end_of_a_text() -> None:
    words = LONG.split()
    assert Screen(SETS).overlaps([" ".join(words[:7]), " ".join(words[7:])]) == [None, None]
    halves = [EvaluationSet("s", [" ".join(words[:9]), " ".join(words[9:])])]
    assert overlap(LONG, halves) is None


def test_without_evaluation_sets_everything_passes() -> None:
    assert Screen().overlaps([LONG, "a"]) == [None, None]
    assert not Screen().is_pair("a", "b")


@given(st.integers(0, 2**32))
def test_runs_are_found_as_by_comparing_every_one(seed: int) -> None:
    draw = random.Random(seed)
    vocabulary = ["a", "b", "Straße", "x_1"]

    def text() -> str:
        return " ".join(draw.choices(vocabulary, weights=[20, 1, 1, 1], k=draw.randrange(40)))

    known, asked = [text() for _ in range(3)], [text() for _ in range(6)]
    expected = [bool(runs(each) & set().union(*map(runs, known))) for each in asked]
    found = Screen([EvaluationSet("s", known)]).overlaps(asked)
    same = {"".join(WORD.findall(each.casefold())) for each in known}
    for each, is_run, answer in zip(asked, expected, found, strict=True):
        if "".join(WORD.findall(each.casefold())) not in same:
            assert (answer is Overlap.RUN) == is_run


def runs(text: str) -> set[tuple[str, ...]]:
    words = WORD.findall(text.casefold())
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def test_the_fingerprint_tells_sets_apart_and_not_their_order() -> None:
    sets = [EvaluationSet("a", [LONG]), EvaluationSet("b", ["How do I sort a list?"])]
    assert Screen(sets).fingerprint == Screen(sets[::-1]).fingerprint
    assert Screen(sets).fingerprint != Screen(sets[:1]).fingerprint


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
    with pytest.raises(DataError, match=r"rerank\.jsonl cannot be read"):
        read_evaluation([tmp_path])
