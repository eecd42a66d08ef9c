from hypothesis import given
from hypothesis import strategies as st

from indexer.tokens import LONGEST, split


def test_an_identifier_gives_its_parts_and_itself_in_every_convention() -> None:
    assert split("resolve_redirects") == ["resolve", "redirects", "resolveredirects"]
    assert split("resolveRedirects") == ["resolve", "redirects", "resolveredirects"]
    assert split("HTTPServer2") == ["http", "server", "2", "httpserver2"]


def test_words_of_any_script_stay_whole() -> None:
    assert split("Straße café поиск") == ["straße", "café", "поиск"]


@given(st.text())
def test_tokens_are_lower_case_words_of_bounded_length(text: str) -> None:
    for token in split(text):
        assert token == token.lower()
        assert token.isalnum() or not token.isascii()
        assert token
        assert len(token) <= LONGEST or not token.isascii()  # "İ" grows when it is lower-cased
