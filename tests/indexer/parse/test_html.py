import pytest

from indexer.parse.html import parse_html_page
from tests.indexer.parse.law import assert_lawful, only, read, shape


def test_sections_hold_the_visible_text_under_the_path_of_headings() -> None:
    parsed = parse_html_page(read("page.html"))
    assert shape(parsed) == [
        (1, 3, "Glass blowing"),
        (5, 12, "Glass blowing > Colours"),
        (14, 25, "Glass blowing > Program"),
    ]
    assert only(parsed, "Colours").text.split("\n")[2:] == [
        "- Cobalt gives blue",
        "- a little is enough",
        "- Gold gives red",
        "",
        "Metal | Colour",
        "Copper | green or turquoise",
    ]
    assert only(parsed, "Colours").cuts == (7, 8, 9, 11, 12)
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
    parsed = parse_html_page(b"<title>Glass</title>before<h2>Colours</h2>blue")
    assert shape(parsed) == [(1, 1, "Glass"), (3, 5, "Glass > Colours")]


def test_a_heading_in_a_layout_table_is_a_heading() -> None:
    parsed = parse_html_page(b"<table><tr><td>left<td><h1>Right</h1><p>text<pre>a\n b</pre></table>after")
    assert parsed.text == "left\n\nRight\n\ntext\n\na\n b\n\nafter"
    assert shape(parsed) == [(1, 1, None), (3, 10, "Right")]


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
    assert parse_html_page(b"before" + b"<div>" * 1000 + b"deep").text == "before\n\ndeep"


def test_no_element_at_all_is_an_empty_page() -> None:
    for data in (b"", b"   ", b"<!-- only a comment -->"):
        assert shape(parse_html_page(data)) == []


def test_line_numbers_beside_code_and_hidden_icons_are_left_out() -> None:
    page = b"<table><tr><td class='linenos'><pre>1\n2</pre><td><pre>a\nb</pre></table><i aria-hidden=true>star</i>"
    assert parse_html_page(page).text == "a\nb"


def test_a_line_break_ends_a_line_and_not_a_paragraph() -> None:
    page = b"<p>Roses are red<br>violets<br/><br>are blue</p><p>the end</p><ul><li>one<br>more<li>two</ul>"
    parsed = parse_html_page(page)
    assert parsed.text == "Roses are red\nviolets\nare blue\n\nthe end\n\n- one\nmore\n- two"
    assert_lawful(parsed)
    assert parse_html_page(b"<h1>one<br>two</h1><pre>a<br>b</pre>").text == "one two\n\na\nb"


def test_what_the_parser_puts_in_the_head_is_read() -> None:
    assert parse_html_page(b"<!doctype html><title>T</title><main>seen</main>").text == "seen"
