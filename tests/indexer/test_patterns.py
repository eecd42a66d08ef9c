import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import tokens
from indexer.errors import QueryError
from indexer.patterns import LONGEST_EXPRESSION, expression, phrase


@pytest.mark.parametrize(
    ("asked", "text", "holds"),
    [
        ("max retries", "Max Retries exceeded", True),  # without a capital, letter case does not count
        ("Max retries", "max retries", False),  # with one it does
        ("max retries", "max\n    retries", True),  # wrapped prose
        ("max  retries", "max retries", True),
        ("etry fai", "retry failed", True),  # inside of words
        ("open(", "f = open(path)", True),  # no sign has a meaning
        ("a.b", "axb", False),
        ("max retries", "max-retries", False),
    ],
)
def test_a_phrase_stands_in_a_text_as_it_is(asked: str, text: str, holds: bool) -> None:
    assert phrase(asked).holds(text) is holds


@pytest.mark.parametrize(
    ("source", "text", "holds"),
    [
        (r"def \w+_all\(", "def close_all(self)", True),
        (r"def \w+_all\(", "DEF CLOSE_ALL(", True),
        (r"\Wclose", "CLOSE", False),
        (r"\bClose\W", "close()", False),
        (r"^import os$", "import sys\nimport os\n", True),  # lines, as in every tool
        (r"(?i)Close", "close", True),
    ],
)
def test_an_expression_is_matched_line_by_line_with_smart_case(source: str, text: str, holds: bool) -> None:
    assert expression(source).holds(text) is holds


@pytest.mark.parametrize("source", ["(", "[a", "*", "a{2,1}", r"(?P<x", r"\1", "(?z)", "(" * 500])
def test_a_malformed_expression_is_an_error_that_shows_how_to_escape(source: str) -> None:
    with pytest.raises(QueryError, match="no regular expression") as caught:
        expression(source)
    assert "quotes" in caught.value.hint


def test_an_overlong_expression_is_an_error() -> None:
    with pytest.raises(QueryError, match="characters long"):
        expression("a" * (LONGEST_EXPRESSION + 1))


def test_an_expression_that_backtracks_for_ever_is_stopped() -> None:
    started = time.perf_counter()
    with pytest.raises(TimeoutError):
        expression("(x+x+)+y").holds("x" * 10_000, timeout=0.1)
    assert time.perf_counter() - started < 20
    assert list(expression("(x+x+)+y").lines("x" * 10_000, timeout=0.1)) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (r"def \w+\(self, retry_count\)", ("self", "retrycount")),  # `def` may end a longer word
        (r"\bgetUserName\b", ("getusernam",)),  # as a stem
        (r"^import os$", ("import", "os")),
        (r"[^ ]+ of foo", ("of",)),
        (r"x{2}yz of it\.", ("of", "it")),
        (r"(?:one )?two three\b", ("three",)),
        (r" one? two ", ("two",)),
        (r"foo bar|baz qux", ()),
        (r"(?x) one two three", ()),
        (r"\p{L} one [[:alpha:]]two three ", ("one", "three")),
    ],
)
def test_an_expression_knows_the_words_that_every_match_has(source: str, words: tuple[str, ...]) -> None:
    assert expression(source).words == words


@given(st.text("ab_ Z(.1é", min_size=1), st.text("ab_ Z(.1é", max_size=5), st.text("ab_ Z(.1é", max_size=5))
def test_certain_words_are_in_every_text_that_holds_the_phrase(asked: str, before: str, after: str) -> None:
    if not asked.strip():
        return
    pattern = phrase(asked)
    text = before + asked + after
    assert pattern.holds(text)
    assert set(pattern.certain) <= set(tokens.split(text))
    assert set(pattern.words) <= set(tokens.split(f" {asked} "))


def test_places_are_counted_in_lines() -> None:
    assert list(phrase("b c").lines("a\nb\nc b c\n b c")) == [(1, 2), (2, 2), (3, 3)]
