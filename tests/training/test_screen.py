"""What counts as an overlap with an evaluation set, and what does not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.screen import RUN, WORD, EvaluationSet, Overlap, Screen

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
