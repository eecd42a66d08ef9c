"""What fits is shown in order, from its beginning or around what counts, and never costs more than allowed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from indexer.mcp.budget import BYTES_A_TOKEN, CUT, cost, shares, window

TEXT = "\n".join(f"line {number}" for number in range(10, 60))


def test_a_token_is_three_bytes_of_json() -> None:
    assert cost("ab") == 2  # with its quotes
    assert cost("日本語") > cost("abc")


@given(st.lists(st.integers(0, 500)), st.integers(0, 2_000))
def test_shares_stay_within_the_budget_and_are_equal_where_they_are_cut(wanted: list[int], budget: int) -> None:
    given_ = shares(wanted, budget)
    assert sum(given_) <= budget
    assert all(got <= want for got, want in zip(given_, wanted, strict=True))
    cut = [got for got, want in zip(given_, wanted, strict=True) if got < want]
    assert not cut or max(cut) - min(cut) <= 1
    assert not cut or all(got <= max(cut) for got in given_)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 200), st.data())
def test_a_window_holds_successive_lines_and_costs_no_more_than_allowed(
    text: str, tokens: int, data: st.DataObject
) -> None:
    lines = text.split("\n")
    line = st.integers(1, len(lines))
    first, last = sorted((data.draw(line), data.draw(line)))
    part = window(text, start=1, tokens=tokens, focus=(first, last))
    assert len(json.dumps(part.text, ensure_ascii=False).encode()) <= max(tokens * BYTES_A_TOKEN, 2)
    assert part.cut == (part.text != text)
    shown = "\n".join(lines[part.start - 1 : part.end])
    assert part.text == shown or (part.start == part.end and shown.startswith(part.text.removesuffix(CUT)))


def test_what_fits_is_shown_whole() -> None:
    part = window(TEXT, start=10, tokens=cost(TEXT) + 1)
    assert (part.start, part.end, part.text, part.cut) == (10, 59, TEXT, False)


def test_a_text_begins_with_its_first_line_where_the_line_that_counts_is_near() -> None:
    part = window(TEXT, start=10, tokens=40, focus=(12, 12))
    assert (part.start, part.cut) == (10, True)
    assert "line 12" in part.text


def test_a_line_far_below_is_shown_with_what_leads_to_it() -> None:
    part = window(TEXT, start=10, tokens=40, focus=(30, 31))
    assert part.text.startswith("line 28\nline 29\nline 30\n")


def test_lines_before_fill_what_is_left_at_the_end() -> None:
    part = window(TEXT, start=10, tokens=40, focus=(59, 59))
    assert part.end == 59
    assert part.start < 57


def test_of_a_line_too_long_for_it_all_the_beginning_is_shown() -> None:
    part = window("é" * 1000, start=7, tokens=20)
    assert part.text == "é" * 27 + CUT
    assert (part.start, part.end, part.cut) == (7, 7, True)
