from hypothesis import given
from hypothesis import strategies as st

from indexer.parse.lines import WINDOW, parse_lines
from indexer.types import Kind


def test_a_short_text_is_one_block() -> None:
    parsed = parse_lines("\na\n\nb\n", language="yaml", notes=("odd",))
    (span,) = parsed.spans
    assert (span.kind, span.start, span.end, span.text, span.cuts) == (Kind.BLOCK, 2, 4, "a\n\nb", (4,))
    assert parsed.notes == ("odd",)


def test_a_window_ends_at_a_blank_line_near_its_end() -> None:
    lines = ["x"] * 35 + [""] + ["y"] * 30
    first, second = parse_lines("\n".join(lines), language="ini").spans
    assert (first.start, first.end, second.start, second.end) == (1, 35, 37, 66)


def test_a_window_ends_before_an_outdented_line_where_no_blank_line_is_near() -> None:
    lines = ["key:"] + ["  x"] * 33 + ["other:"] + ["  y"] * 20
    first, second = parse_lines("\n".join(lines), language="yaml").spans
    assert (first.end, second.start) == (34, 35)


@given(st.lists(st.sampled_from(["", " ", "a", "  b", "\x0c", "c\u2028d"]), max_size=300))
def test_windows_cover_every_line_and_are_short(lines: list[str]) -> None:
    spans = parse_lines("\n".join(lines), language="ini").spans
    covered = [line for span in spans for line in range(span.start, span.end + 1)]
    assert covered == sorted(set(covered))
    assert {row for row, line in enumerate(lines, 1) if line.strip()} <= set(covered)
    assert all(span.end - span.start < WINDOW for span in spans)
    assert all(lines[span.start - 1].strip() and lines[span.end - 1].strip() for span in spans)
