"""Pairs of neighbouring sentences."""

from pathlib import Path

from tests.training.test_prepare import EVALUATED, pair, rows_of, write
from training.data import Row
from training.prepare import prepare
from training.sentences import pairs


def test_no_sentence_is_in_two_pairs() -> None:
    passage = "The sun rose over the hill. It was a cold morning. The dogs began to bark. Nobody else was awake yet."
    assert pairs(passage) == [
        ("The sun rose over the hill.", "It was a cold morning."),
        ("The dogs began to bark.", "Nobody else was awake yet."),
    ]


def test_code_headings_and_endless_sentences_are_no_sentences() -> None:
    for between in ("Overview.", "x_1 = f(y_2) + g[3] != h(4).", " ".join(["The word"] * 30) + "."):
        assert pairs(f"The sun rose over the hill. {between} The dogs began to bark.") == []


def test_an_abbreviation_in_small_letters_ends_no_sentence() -> None:
    assert pairs("It reads text, e.g. a page of a book. Then it counts the words in it.") == [
        ("It reads text, e.g. a page of a book.", "Then it counts the words in it.")
    ]


def test_prose_sources_give_a_source_of_sentences_screened_like_any(tmp_path: Path) -> None:
    (tmp_path / "sets/eval/pairs").mkdir(parents=True)
    (tmp_path / "sets/eval/pairs/pairs.tsv").write_text(f"5\t{EVALUATED}\tls -l\n1\tlist them\tls -l\n")
    prose = "The sun rose over the hill. It was a cold morning."
    told = f"This function {EVALUATED}. It is safe to call it twice."
    write(tmp_path / "raw/prose.jsonl", [pair("morning", prose), pair("again", prose), pair("connections", told)])
    write(tmp_path / "raw/code.jsonl", [pair("morning", prose)])
    prepare([tmp_path / "raw"], tmp_path / "out", against=[tmp_path / "sets"], sentences=["pro*"])
    found = rows_of(tmp_path / "out")
    assert sorted(found) == ["code", "prose", "prose_sentences"]
    assert found["prose_sentences"] == [Row("The sun rose over the hill.", "It was a cold morning.")]
