import struct
import zipfile

import pytest

from indexer.errors import DocumentError
from indexer.parse.archive import Limits, open_archive
from tests.data.documents.make import zipped


def test_a_sane_archive_opens() -> None:
    with open_archive(zipped({"a.xml": b"<a/>", "b.png": b"\x89PNG"})) as opened:
        assert opened.namelist() == ["a.xml", "b.png"]


def test_a_small_archive_that_expands_too_much_is_refused() -> None:
    bomb = zipped({f"{index}.xml": b"\0" * (17 * 1024 * 1024) for index in range(2)})
    assert len(bomb) < 100_000
    with pytest.raises(DocumentError, match="expands to more than 200 times its size"):
        open_archive(bomb)


def test_a_big_archive_that_expands_too_much_is_refused() -> None:
    with pytest.raises(DocumentError, match="expands to more than 1 MB"):
        open_archive(zipped({"a.bin": b"\1" * 2_000_000}), limits=Limits(total=1024 * 1024))


def test_a_size_that_lies_does_not_let_more_through() -> None:
    content = b"\0" * 1_000_000
    packed = zipped({"a.xml": content})
    lying = packed.replace(struct.pack("<L", len(content)), struct.pack("<L", 10))
    assert lying != packed
    with pytest.raises(DocumentError, match="is damaged or incomplete"):
        open_archive(lying)


def test_too_many_entries_are_refused() -> None:
    with pytest.raises(DocumentError, match="more than 3 entries"):
        open_archive(zipped({str(index): b"" for index in range(4)}), limits=Limits(entries=3))


def test_methods_without_a_limit_are_refused() -> None:
    with pytest.raises(DocumentError, match="packed by a method"):
        open_archive(zipped({"a": b"\0" * 1000}, method=zipfile.ZIP_BZIP2))


def test_passwords_are_named() -> None:
    packed = bytearray(zipped({"a": b"secret"}))
    packed[6] |= 1  # of the local header
    central = packed.index(b"PK\x01\x02")
    packed[central + 8] |= 1
    with pytest.raises(DocumentError, match="is encrypted with a password"):
        open_archive(bytes(packed))
    with pytest.raises(DocumentError, match="encrypted with a password, or of an Office version before 2007"):
        open_archive(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512)


def test_damage_is_named() -> None:
    whole = zipped({"a.xml": b"<a>" + bytes(range(256)) * 9})
    for data in (
        b"",
        b"no zip",
        whole[:-30],
        whole[:35] + b"\xff" * 9 + whole[44:],
        whole[:60] + b"\xff\xff" + whole[62:],
    ):
        with pytest.raises(DocumentError, match="is damaged or incomplete"):
            open_archive(data)


def test_an_entity_is_found_across_the_edge_of_two_pieces() -> None:
    for gap in range(16):
        with pytest.raises(DocumentError, match="defines XML entities"):
            open_archive(zipped({"a.xml": b" " * gap + b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), limits=Limits(piece=16))
