import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.spelling import Names, american, edits


@pytest.mark.parametrize(
    ("typed", "meant", "count"),
    [
        ("resolveRedirects", "resolve_redirects", 0),
        ("resolv_redirects", "resolve_redirects", 1),
        ("reslove_redirects", "resolve_redirects", 1),  # a swap is one edit
        ("reslov_redirects", "resolve_redirects", 2),
        ("reslov_redirets", "resolve_redirects", None),
        ("sned", "send", 1),
        ("sen", "send", None),  # too short to tell a slip from another name
        ("sendss", "send", None),  # two slips need eight letters
        ("", "a", None),
    ],
)
def test_slips_are_few_and_fewer_in_short_names(typed: str, meant: str, count: int | None) -> None:
    assert edits(typed, meant) == count


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Initialiser", "Initializer"),
        ("initialiseAll", "initializeAll"),
        ("deserialise_rows", "deserialize_rows"),
        ("colours", "colors"),
        ("neighbouring", "neighboring"),
        ("analysed", "analyzed"),
        ("catalogue", "catalog"),
        ("metres", "meters"),
    ],
)
def test_british_words_have_an_american_spelling(typed: str, meant: str) -> None:
    assert american(typed) == meant


@pytest.mark.parametrize(
    "word", "raise four hour resource listing missing precision analysis before registers color vector".split()
)
def test_words_that_only_look_british_stay(word: str) -> None:
    assert american(word) == word


@given(st.sets(st.text("abcdeXé_", max_size=12)), st.text("abcdeXé_", max_size=12))
def test_near_names_are_those_that_comparing_each_finds(names: set[str], typed: str) -> None:
    assert Names(names).near(typed) == {name: count for name in names if (count := edits(typed, name)) is not None}
