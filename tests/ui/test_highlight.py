import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import highlight

TAG = re.compile(r"<[^>]*>")
PLAIN = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\ufeff"), max_size=200)


def visible(piece: str) -> str:
    return html.unescape(TAG.sub("", piece))


@given(PLAIN, st.sampled_from(["python", "markdown", "html", "javascript", "php", "no such language"]))
def test_every_line_keeps_its_text_and_its_place(text: str, language: str) -> None:
    shown = [visible(piece) for piece in highlight.lines(text, language)]
    assert len(shown) == text.count("\n") + 1
    expected = highlight.BIDI.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", text)
    assert "\n".join(shown) == expected


@pytest.mark.parametrize("text", ["\n\nx = 1", "x = 1\n\n", "\n", "", '"""\na\n\nb\n"""', "  x\n\ty"])
def test_blank_lines_at_the_ends_are_kept(text: str) -> None:
    assert [visible(piece) for piece in highlight.lines(text, "python")] == text.split("\n")


def test_no_element_is_left_open_at_the_end_of_a_line() -> None:
    for piece in highlight.lines('"""one\ntwo\nthree"""\n# <b>', "python"):
        assert piece.count("<span") == piece.count("</span>")
        assert "<b>" not in piece


def test_carriage_returns_do_not_make_lines() -> None:
    assert [visible(piece) for piece in highlight.lines("a\r\nb\rc", "python")] == ["a", "bc"]


def test_characters_that_reorder_code_are_shown_by_number() -> None:
    (piece,) = highlight.lines("access = 'user\u202e\u2066'", "python")
    assert "\u202e" not in piece
    assert "⟨U+202E⟩⟨U+2066⟩" in visible(piece)
    assert highlight.escape("\u202egnp.exe") == "⟨U+202E⟩gnp.exe"


def test_what_is_not_unicode_can_be_sent() -> None:
    assert highlight.escape("caf\udce9.py") == "caf?.py"
    assert [visible(piece) for piece in highlight.lines("caf\udce9 = 1", "python")] == ["caf? = 1"]


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    (piece,) = highlight.lines("x" * 10_000, "javascript")
    assert "9,400 more characters" in piece
    assert len(piece) < 1_000


def test_a_huge_text_is_shown_without_colours() -> None:
    pieces = highlight.lines("return 1 < 2\n" * 10_000, "python")
    assert set(pieces) == {"return 1 &lt; 2", ""}


@given(
    st.integers(1, 5_000),
    st.integers(0, 300),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9)), max_size=5),
)
def test_a_fold_shows_the_first_line_and_never_more_than_it_says(
    start: int, length: int, offsets: list[tuple[int, int]]
) -> None:
    end = start + length
    matches = [(start + offset, min(end, start + offset + more)) for offset, more in offsets if start + offset <= end]
    ranges = highlight.fold(start, end, matches)
    shown = [line for first, last in ranges for line in range(first, last + 1)]
    assert shown == sorted(set(shown))
    assert shown[0] == start
    assert shown[-1] <= end
    assert len(shown) <= 2 * highlight.FOLDED  # gaps of one line are filled


def test_a_fold_shows_matching_lines_before_others() -> None:
    assert highlight.fold(1, 100, [(50, 50), (80, 81)]) == [(1, 5), (49, 52), (79, 83)]


def test_what_is_hardly_longer_is_not_folded() -> None:
    assert highlight.fold(10, 25, []) == [(10, 25)]
    assert highlight.fold(10, 26, []) == [(10, 23)]
