from indexer.parse.rst import parse_rst
from tests.indexer.parse.law import assert_lawful, only, read, shape


def test_sections_have_the_lines_of_the_file_and_the_path_of_titles() -> None:
    parsed = parse_rst(read("guide.rst"))
    assert shape(parsed) == [
        (1, 7, "Beekeeping"),
        (9, 10, "Beekeeping > Hives"),
        (12, 26, "Beekeeping > Hives > Choosing a place"),
        (28, 47, "Beekeeping > Hives > Swarms of.Bees in May"),
        (49, 52, "Beekeeping > 日本"),
    ]
    assert parsed.text == read("guide.rst").decode()
    assert_lawful(parsed)


def test_cuts_are_where_paragraphs_items_and_rows_begin_but_not_in_code() -> None:
    parsed = parse_rst(read("guide.rst"))
    assert only(parsed, "south-east").cuts == (15, 17, 19)
    assert only(parsed, "Stay calm").cuts == (31, 32, 34, 39, 42, 46)


def test_what_docutils_takes_for_text_is_no_title() -> None:
    for text in (
        b"a line\nand another\n-----------\n",  # of two lines
        b"Example\n::\n\n    code\n",
        b"longer than its rule\n--\n",
        b"above\n\n----------\n\nbelow\n",  # a transition
        b"===  ===\nA    B\n===  ===\n",
        b"Code::\n\n   Title\n   =====\n",
    ):
        assert [title for _, _, title in shape(parse_rst(text))] == [None], text


def test_an_overline_makes_another_style_than_an_underline_alone() -> None:
    text = b"===\nTop\n===\n\nA\n===\n\nB\n===\n\n===\nEnd\n===\n"
    assert [title for _, _, title in shape(parse_rst(text))] == ["Top", "Top > A", "Top > B", "End"]


def test_a_directive_directly_above_a_title_does_not_hide_it() -> None:
    assert shape(parse_rst(b"text\n\n.. highlight:: c\nTitle\n-----\n")) == [(1, 3, None), (4, 5, "Title")]


def test_labels_stay_with_the_title_that_they_name() -> None:
    text = b"A\n=\n\n.. _one:\n.. _two:\n\nB\n=\n\ntext\n"
    assert shape(parse_rst(text)) == [(1, 2, "A"), (4, 10, "B")]
