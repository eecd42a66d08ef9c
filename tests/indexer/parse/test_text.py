import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.parse.text import decode

RUSSIAN = "Съешь ещё этих мягких французских булок, да выпей же чаю. Широкая электрификация южных губерний. " * 5


def test_utf8_needs_no_note() -> None:
    assert decode("naïve café 漢字".encode()) == ("naïve café 漢字", ())


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_removed(mark: bytes, encoding: str) -> None:
    assert decode(mark + "def é():\n    pass".encode(encoding)) == ("def é():\n    pass", ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_recognised(encoding: str) -> None:
    text, notes = decode("import os\n\nprint(os.name)\n".encode(encoding))
    assert text == "import os\n\nprint(os.name)\n"
    assert notes == (f"not UTF-8: read as {encoding}",)


def test_cyrillic_in_eight_bits_is_read_as_cyrillic() -> None:
    text, notes = decode(("# plain start\n" + RUSSIAN).encode("cp1251"))
    assert RUSSIAN in text
    assert notes[0].startswith("not UTF-8: read as ")


def test_the_foreign_bytes_are_found_behind_much_plain_text() -> None:
    text, _ = decode(b"plain = 1\n" * 20_000 + RUSSIAN.encode("cp1251"))
    assert RUSSIAN in text


def test_one_wrong_byte_does_not_spoil_utf8() -> None:
    text, notes = decode("größer, höher, weiter für jeden: über allem".encode() + b"\xff end")
    assert text == "größer, höher, weiter für jeden: über allem\N{REPLACEMENT CHARACTER} end"
    assert notes == ("not UTF-8: read as utf-8", "1 characters not valid in utf-8")


def test_line_ends_become_newlines_and_other_separators_stay() -> None:
    text, _ = decode("a\r\nb\x0cc\u2028d\re\n".encode())
    assert text.split("\n") == ["a", "b\x0cc\u2028d\re", ""]


def test_nul_is_replaced_and_noted() -> None:
    assert decode(b"a\0b\0c, and more text") == ("a�b�c, and more text", ("2 NUL characters replaced",))


@given(st.binary(max_size=300))
def test_any_bytes_become_text_without_nul(data: bytes) -> None:
    text, _ = decode(data)
    assert "\0" not in text
    text.encode("utf-8")  # no lone surrogates: the store could not write them
