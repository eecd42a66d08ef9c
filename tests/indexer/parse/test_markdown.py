from indexer.parse.markdown import parse_markdown
from indexer.types import Kind
from tests.indexer.parse.law import assert_lawful, only, read, shape


def test_sections_have_the_lines_of_the_file_and_the_path_of_headings() -> None:
    parsed = parse_markdown(read("guide.md"))
    assert shape(parsed) == [
        (1, 6, "The Kettle Guide"),
        (8, 10, "The Kettle Guide > Install"),
        (12, 26, "The Kettle Guide > Install > Linux"),
        (28, 33, "The Kettle Guide > Install > Windows"),
        (35, 41, "The Kettle Guide > Descaling"),
    ]
    assert {span.kind for span in parsed.spans} == {Kind.SECTION}
    assert parsed.text == read("guide.md").decode()
    assert_lawful(parsed)


def test_cuts_are_where_paragraphs_items_code_and_rows_begin() -> None:
    parsed = parse_markdown(read("guide.md"))
    assert only(parsed, "plug it in").cuts == (14, 19, 20, 22, 24)
    assert only(parsed, "| Switch").cuts == (30, 33), "the first row stays with the head of its table"
    assert only(parsed, "vinegar").cuts == (38, 39, 41)


def test_html_headings_and_inline_markup_become_plain_titles() -> None:
    assert shape(parse_markdown(read("page.md"))) == [(1, 5, "Lantern"), (7, 9, "Lantern > Use the API & more")]


def test_a_long_block_of_code_is_cut_at_unindented_lines_after_a_blank_one() -> None:
    code = "def f():\n    a\n\n    b\n\n" * 20
    (span,) = parse_markdown(f"# T\n\n```python\n{code}```\n".encode()).spans
    assert span.cuts == (3, *range(9, 104, 5))


def test_line_ends_of_any_system_keep_their_count() -> None:
    assert shape(parse_markdown(b"# A\r\n\r\ntext\r\n\r\n# B\r\n")) == [(1, 3, "A"), (5, 5, "B")]
    assert shape(parse_markdown(b"text\rtext\n\n# B\n")) == [(1, 1, None), (3, 3, "B")]


def test_front_matter_may_be_toml_or_absent_or_unclosed() -> None:
    assert shape(parse_markdown(b"+++\ntitle = 'T'\n+++\ntext")) == [(1, 4, "T")]
    assert shape(parse_markdown(b"---\ntitle: T\ntext\n\n# A")) == [(1, 3, None), (5, 5, "A")]
    assert shape(parse_markdown(b"---\n---\n# A")) == [(1, 2, None), (3, 3, "A")]


def test_headings_in_comments_lists_and_code_begin_no_section() -> None:
    text = b"- item\n  # in a list\n\n<!-- <h1>no</h1>\n<h2>no</h2> -->\n\n    # code\n"
    assert shape(parse_markdown(text)) == [(1, 7, None)]


def test_another_encoding_is_noted_and_read_all_the_same() -> None:
    parsed = parse_markdown(b"# Menu\n\nna\xefve caf\xe9\n")
    assert shape(parsed) == [(1, 3, "Menu")]
    assert parsed.notes[0].startswith("not UTF-8")
