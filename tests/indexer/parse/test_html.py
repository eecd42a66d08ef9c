import re
import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import query
from indexer.chunk import chunks_of
from indexer.parse.html import parse_html_page
from indexer.parse.marks import mark
from indexer.ranking import matching_lines
from tests.indexer.parse.law import assert_lawful, only, read, shape


def test_sections_hold_the_visible_text_under_the_path_of_headings() -> None:
    parsed = parse_html_page(read("page.html"))
    assert shape(parsed) == [
        (7, 9, "Glass blowing"),
        (10, 12, "Glass blowing > Colours"),
        (13, 18, "Glass blowing > Program"),
    ]
    assert only(parsed, "Colours").text.split("\n")[1:] == [
        "- Cobalt gives blue - a little is enough - Gold gives red",
        "Metal | Colour Copper | green or turquoise",
    ]
    assert only(parsed, "Colours").cuts == (11, 12)
    assert "def anneal(oven):\n    oven.cool(slowly=True)\n\n    return oven" in parsed.text
    assert_lawful(parsed)


def test_scripts_styles_navigation_and_footers_are_left_out() -> None:
    text = parse_html_page(read("page.html")).text
    for absent in ("script text", "color", "Navigation entry", "Copyright", "¶"):
        assert absent not in text


def test_navigation_is_all_there_is_on_a_page_of_links() -> None:
    parsed = parse_html_page(b"<title>Index</title><main></main><nav><a>One</a></nav>")
    assert [(span.text, span.title) for span in parsed.spans] == [("One", "Index")]


def test_the_title_leads_the_path_where_no_first_level_heading_does() -> None:
    parsed = parse_html_page(b"<title>Glass</title>before\n<h2>Colours</h2>\n\nblue")
    assert shape(parsed) == [(1, 1, "Glass"), (2, 4, "Glass > Colours")]


def test_a_heading_in_a_layout_table_is_a_heading() -> None:
    parsed = parse_html_page(b"<table><tr><td>left\n<td><h1>Right</h1><p>text<pre>a\n b</pre></table>after")
    assert parsed.text == "left\nRight text a\n b after"
    assert shape(parsed) == [(1, 1, None), (2, 3, "Right")]


@pytest.mark.parametrize("name", ["iso-8859-1", "windows-1251", "shift_jis", "koi8-r"])
def test_the_declared_encoding_is_believed(name: str) -> None:
    words = {"iso-8859-1": "Größe", "windows-1251": "размер", "shift_jis": "大きさ", "koi8-r": "размер"}[name]
    parsed = parse_html_page(f"<meta charset='{name}'><p>{words}</p>".encode(name))
    assert parsed.text == words
    assert parsed.notes == ()


def test_utf_8_is_read_as_such_whatever_is_declared_and_a_false_declaration_is_no_error() -> None:
    assert parse_html_page("<meta charset=iso-8859-1><p>Größe".encode()).text == "Größe"
    parsed = parse_html_page(b"<meta charset=euc-nonsense><p>Gr\xf6\xdfe")
    assert parsed.text.startswith("Gr")
    assert parsed.notes


def test_xhtml_with_empty_elements_is_not_swallowed() -> None:
    head = b'<?xml version="1.0" encoding="utf-8"?><html xmlns="x"><head><title/><script src="a"/></head>'
    assert parse_html_page(head + b"<body><p>seen</p></body></html>").text == "seen"


def test_deep_nesting_is_read_as_far_as_it_goes_and_noted() -> None:
    parsed = parse_html_page(b"before" + b"<div>" * 50_000 + b"deep")
    assert parsed.text == "before"
    assert "nested too deep" in parsed.notes[0]
    assert parse_html_page(b"before" + b"<div>" * 1000 + b"deep").text == "before deep"


def test_no_element_at_all_is_an_empty_page() -> None:
    for data in (b"", b"   ", b"<!-- only a comment -->"):
        assert shape(parse_html_page(data)) == []


def test_line_numbers_beside_code_and_hidden_icons_are_left_out() -> None:
    page = b"<table><tr><td class='linenos'><pre>1\n2</pre><td><pre>a\nb</pre></table><i aria-hidden=true>star</i>"
    assert parse_html_page(page).text.strip() == "a\nb"


def test_a_line_break_parts_words_and_lets_lines_be_where_they_are() -> None:
    page = b"<p>Roses are red<br>violets<br/><br>\nare blue</p><p>the end</p><ul><li>one<br>more<li>two</ul>"
    parsed = parse_html_page(page)
    assert parsed.text == "Roses are red violets\nare blue the end - one more - two"
    assert_lawful(parsed)
    assert parse_html_page(b"<h1>one<br>two</h1>\n<pre>  a<br>b\n  c</pre>").text == "one two\n  a b\n  c"


def test_lines_are_those_of_the_file() -> None:
    page = b"""<title>T</title><script>
if (a<b && c == "</p") {}
</script><!-- > a comment
of two lines --><style>p { quotes: '"' }
</style>
<p title="a > b
and more"
>alpha<b
class=x>beta</b>
  gamma <a href="x">delta</a
><img src=x
 alt="epsilon">
<nav>
left out
</nav>&nbsp;
<pre>
  <span>zeta</span>
	<i>eta</i> = 1

theta</pre>
"""
    lines = parse_html_page(page.replace(b"\n", b"\r\n")).text.split("\n")
    assert lines == parse_html_page(page).text.split("\n")
    assert {number: line for number, line in enumerate(lines, start=1) if line} == {
        8: "alpha",
        9: "beta",
        10: "gamma delta",
        12: "epsilon",
        17: "  zeta",
        18: "\teta = 1",
        20: "theta",
    }
    assert len(lines) == len(page.split(b"\n"))


def test_lines_are_right_far_down_a_file() -> None:
    parsed = parse_html_page(b"<h1>A</h1>" + b"\n" * 70_000 + b"<p>far\n<h2>B</h2>")
    assert shape(parsed) == [(1, 70_001, "A"), (70_002, 70_002, "A > B")]


def test_a_page_on_one_line_is_one_section_under_its_first_heading() -> None:
    parsed = parse_html_page(b"<p>before</p><h1>A</h1><p>a</p><h2>B</h2><p>b</p>")
    assert [(span.text, span.title) for span in parsed.spans] == [("before A a B b", "A")]


def test_the_last_heading_of_a_line_names_what_follows_the_line() -> None:
    parsed = parse_html_page(b"<h1>A</h1><h2>B</h2><h2>C</h2>\n\n<p>c</p>\n<h2>D</h2><h3>E</h3>\n<h2>F</h2>\n")
    assert shape(parsed) == [(1, 1, "A"), (3, 3, "A > C"), (4, 4, "A > D"), (5, 5, "A > F")]


def test_a_long_piece_of_code_may_be_cut_at_its_blank_lines() -> None:
    code = b"\n".join(b"line\nline\n" for _ in range(40))
    (span,) = parse_html_page(b"<p>x</p>\n<pre>" + code + b"</pre>").spans
    assert span.cuts == (2, *range(5, 120, 3))


def test_hits_and_chunks_of_a_page_are_on_the_lines_of_the_file() -> None:
    page = b"<html>\n<body>\n" + b"<p>\nfiller words\n</p>\n" * 200 + b"<p>\nneedle\n</p>"
    parsed = parse_html_page(page)
    chunks = chunks_of(parsed, repo="r", path=PurePosixPath("a.html"), budget=500)
    assert len(chunks) > 2
    source = page.decode().split("\n")
    for chunk in chunks:
        assert len(chunk.text.split("\n")) == chunk.end - chunk.start + 1
        for number, line in enumerate(chunk.text.split("\n"), start=chunk.start):
            assert not line or line == source[number - 1]
    at = source.index("needle") + 1
    assert matching_lines(query.parse("needle"), chunks[-1]) == ((at, at),)


PARTS = (
    "<p>", "</p>", "<b\nclass='x'>", "</b>", "<pre>", "</pre>", "<h1>", "</h1>", "<h2>", "</h2>", "<ul><li>", "</ul>",
    "<table>\n<tr><td>", "<td>", "</table>", "<br>", "<!-- -\n> -->", "<script>a<b\n\"</script>", "<div a=\"\n>\">",
    "</div>", "<nav>", "</nav>", "\n", "\n\n", "  ", "&nbsp;", "&amp;", "< ", "word\n", "<title>t\n</title>",
)  # fmt: skip


@given(st.lists(st.sampled_from(PARTS) | st.just("WORD"), max_size=40))
@settings(max_examples=200, deadline=None)
def test_a_word_is_on_its_line_in_any_page(parts: list[str]) -> None:
    page = "".join(f" w{number} " if part == "WORD" else part for number, part in enumerate(parts))
    parsed = parse_html_page(page.encode())
    assert_lawful(parsed)
    source = page.split("\n")
    assert len(parsed.text.split("\n")) == len(source)
    for line, written in zip(parsed.text.split("\n"), source, strict=True):
        assert all(word in written for word in re.findall(r"\bw\d+\b", line))


@pytest.mark.parametrize(
    "bad", ['<a "', "<!--", "<script>", '<a ">" <a \'', "</script ", "<title/><script></script ", "&nbsp;", "<"]
)
def test_what_never_ends_takes_no_long_time(bad: str) -> None:
    started = time.process_time()
    assert mark(bad * (400_000 // len(bad)))
    assert time.process_time() - started < 2


def test_what_the_parser_puts_in_the_head_is_read() -> None:
    assert parse_html_page(b"<!doctype html><title>T</title><main>seen</main>").text == "seen"
