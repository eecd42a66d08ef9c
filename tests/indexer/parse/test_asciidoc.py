from indexer.parse.asciidoc import parse_asciidoc
from tests.indexer.parse.law import assert_lawful, only, read, shape


def test_sections_have_the_lines_of_the_file_and_the_path_of_titles() -> None:
    parsed = parse_asciidoc(read("guide.adoc"))
    assert shape(parsed) == [
        (1, 4, "Sailing"),
        (6, 13, "Sailing > Knots"),
        (15, 25, "Sailing > Knots > Reef knot"),
        (27, 33, "Sailing > Navigation"),
        (34, 36, "Sailing > Stars"),
    ]
    assert parsed.text == read("guide.adoc").decode()
    assert_lawful(parsed)


def test_cuts_are_where_paragraphs_items_and_rows_begin() -> None:
    parsed = parse_asciidoc(read("guide.adoc"))
    assert only(parsed, "bowline").cuts == (8, 10)
    assert only(parsed, "|Hemp").cuts == (17, 18, 20, 24)


def test_titles_in_delimited_blocks_are_text() -> None:
    for fence in ("----", "....", "++++", "////", "|===", "------"):
        assert shape(parse_asciidoc(f"{fence}\n== No\n{fence}\n== Yes\n".encode())) == [(1, 3, None), (4, 4, "Yes")]
    assert shape(parse_asciidoc(b"```ruby\n== No\n```\n# Yes\n")) == [(1, 3, None), (4, 4, "Yes")]


def test_a_listing_below_a_paragraph_is_not_an_underline() -> None:
    assert shape(parse_asciidoc(b"A paragraph of text:\n----\n== No\n----\n")) == [(1, 4, None)]


def test_anchors_stay_with_the_title_that_they_name() -> None:
    assert shape(parse_asciidoc(b"text\n\n[[knots]]\n[discrete]\n== Knots\n")) == [(1, 1, None), (3, 5, "Knots")]
