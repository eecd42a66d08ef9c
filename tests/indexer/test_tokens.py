from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.tokens import LONGEST, _Known, _stem_of, _tokens_of, split
from tests.indexer.store.samples import WORDS


def test_an_identifier_gives_its_parts_and_itself_in_every_convention() -> None:
    assert split("resolve_redirects") == ["resolv", "redirect", "resolveredirect"]
    assert split("resolveRedirects") == ["resolv", "redirect", "resolveredirect"]
    assert split("ResolveRedirect") == ["resolv", "redirect", "resolveredirect"]
    assert split("HTTPServer2") == ["http", "server", "2", "httpserver2"]


@pytest.mark.parametrize(
    "forms", ["route routes routed routing", "retry retries retrying", "class classes", "Upload uploads UPLOADING"]
)
def test_the_forms_of_a_word_are_one_token(forms: str) -> None:
    assert len(set(split(forms))) == 1


def test_words_that_merely_begin_alike_stay_apart() -> None:
    assert len(set(split("route router rot news new user use"))) == 7


def test_threads_that_split_at_once_agree() -> None:
    words = [f"{word}{ending}" for word in WORDS for ending in ("s", "ing", "ed", "er", "ization")]
    alone = [split(word) for word in words]
    _tokens_of.clear()  # each thread stems for itself
    _stem_of.clear()
    start = Barrier(8)

    def together(_: int) -> list[list[str]]:
        start.wait()
        return [split(word) for word in words]

    with ThreadPoolExecutor(8) as threads:
        assert all(found == alone for found in threads.map(together, range(8)))


def test_words_of_any_script_stay_whole() -> None:
    assert split("Straße café поиск") == ["straße", "café", "поиск"]


@given(st.text())
def test_tokens_are_lower_case_words_of_bounded_length(text: str) -> None:
    for token in split(text):
        assert token == token.lower()
        assert token.isalnum() or not token.isascii()
        assert token
        assert len(token) <= LONGEST or not token.isascii()  # "İ" grows when it is lower-cased


def test_what_is_known_is_forgotten_where_there_is_too_much() -> None:
    asked: list[str] = []

    def upper(word: str) -> str:
        asked.append(word)
        return word.upper()

    known = _Known(upper, most=2)
    assert [known[word] for word in ("a", "b", "a", "c", "a")] == ["A", "B", "A", "C", "A"]
    assert asked == ["a", "b", "c", "a"]
    assert len(known) == 2
