from indexer.parse.plain import parse_plain
from indexer.types import Kind
from tests.indexer.parse.law import assert_lawful, read, shape


def test_text_without_headings_is_a_block_that_is_cut_at_paragraphs() -> None:
    parsed = parse_plain(read("notes.txt"))
    (span,) = parsed.spans
    assert (span.kind, span.start, span.end, span.cuts) == (Kind.BLOCK, 1, 9, (3, 6, 7, 9))
    assert_lawful(parsed)


def test_numbered_headings_that_follow_each_other_make_sections() -> None:
    parsed = parse_plain(read("report.txt"))
    assert shape(parsed) == [
        (1, 1, None),
        (3, 5, "1. Introduction"),
        (7, 12, "1. Introduction > 1.1 Method"),
        (14, 16, "2. Results"),
    ]
    assert parsed.spans[0].kind is Kind.SECTION
    assert_lawful(parsed)


def test_a_list_of_numbered_lines_is_no_outline() -> None:
    assert shape(parse_plain(b"1. Buy milk\n\n2. Buy bread\n\n3. Go home\n")) == [(1, 5, None)]
    assert shape(parse_plain(b"1. Buy milk\n2. Buy bread\n")) == [(1, 2, None)]
    assert shape(parse_plain(b"4 Horses ran\n\nthere\n\n7 Days later\n\nhere\n")) == [(1, 7, None)]


def test_underlined_and_framed_headings_make_sections() -> None:
    text = b"*****\nCheese\n*****\n\nOld.\n\nBrie\n----\n\nSoft.\n\nGouda\n-----\n\nHard.\n"
    assert shape(parse_plain(text.replace(b"*****", b"******"))) == [
        (1, 5, "Cheese"),
        (7, 10, "Cheese > Brie"),
        (12, 15, "Cheese > Gouda"),
    ]


def test_a_table_head_with_a_rule_is_no_heading() -> None:
    assert shape(parse_plain(b"Name    Size\n------------\nbrie    200\n")) == [(1, 3, None)]


def test_nothing_but_blank_lines_has_no_span() -> None:
    assert shape(parse_plain(b"\n \n\t\n")) == []
    assert shape(parse_plain(b"")) == []
