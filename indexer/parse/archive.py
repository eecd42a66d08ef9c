"""Zip-based documents, checked before any library unpacks them."""

import zipfile
from io import BytesIO
from typing import Final

from indexer.errors import DocumentError

TOTAL_BYTES: Final = 200 * 1024 * 1024  # unpacked, all entries together
FREE_BYTES: Final = 32 * 1024 * 1024  # below it the ratio does not matter
RATIO: Final = 200  # unpacked to packed; XML of long tables reaches 50
ENTRIES: Final = 10_000
PIECE: Final = 1024 * 1024  # bytes read at once
COMPOUND_FILE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # of old Office formats, and of new ones with a password
ENTITIES: Final = tuple("<!ENTITY".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open a zip whose entries are known to unpack to a sane size, and whose XML defines no entities.

    Raises DocumentError for what is no zip, is damaged, needs a password, or expands too much.
    """
    if data.startswith(COMPOUND_FILE):
        raise DocumentError(
            "is encrypted with a password, or of an Office version before 2007",
            hint="open it in its application and save it again, without a password and in today's format",
        )
    try:
        archive = zipfile.ZipFile(BytesIO(data))
        _check(archive, len(data))
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise DocumentError(f"is damaged or incomplete: {error}") from error
    return archive


def _check(archive: zipfile.ZipFile, packed: int) -> None:
    entries = archive.infolist()
    if len(entries) > ENTRIES:
        raise DocumentError(f"holds more than {ENTRIES:,} entries")
    _check_size(sum(entry.file_size for entry in entries), packed)
    total = 0
    for entry in entries:
        if entry.flag_bits & 1:
            raise DocumentError("is encrypted with a password", hint="save it without a password to make it searchable")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # the other methods are not limited while they unpack, and no such document uses them
            raise DocumentError("is packed by a method that documents do not use")
        total += _unpacked_size(archive, entry, packed, total)


def _unpacked_size(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, packed: int, before: int) -> int:
    """Return the bytes that an entry really unpacks to, reading it piece by piece."""
    markup = entry.filename.lower().endswith((".xml", ".rels", ".opf", ".ncx"))
    size, tail = 0, b""
    with archive.open(entry) as stream:
        while piece := stream.read(PIECE):
            size += len(piece)
            _check_size(before + size, packed)
            if markup and any(mark in tail + piece for mark in ENTITIES):
                raise DocumentError("defines XML entities, as no document does")
            tail = piece[-32:]
    return size


def _check_size(total: int, packed: int) -> None:
    if total > TOTAL_BYTES:
        raise DocumentError(f"expands to more than {TOTAL_BYTES // 1024 // 1024} MB")
    if total > FREE_BYTES and total > RATIO * packed:
        raise DocumentError(f"expands to more than {RATIO} times its size")
