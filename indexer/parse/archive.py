"""Zip-based documents, checked before any library unpacks them."""

import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from indexer.errors import DocumentError

COMPOUND_FILE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # of old Office formats, and of new ones with a password
ENTITIES: Final = tuple("<!ENTITY".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much an archive may hold."""

    total: int = 200 * 1024 * 1024  # bytes unpacked, all entries together
    free: int = 32 * 1024 * 1024  # bytes unpacked, below which the ratio does not matter
    ratio: int = 200  # unpacked to packed; XML of long tables reaches 50
    entries: int = 10_000
    piece: int = 1024 * 1024  # bytes read at once


def open_archive(data: bytes, *, limits: Limits | None = None) -> zipfile.ZipFile:
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
        _check(archive, len(data), limits or Limits())
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise DocumentError(f"is damaged or incomplete: {error}") from error
    return archive


def _check(archive: zipfile.ZipFile, packed: int, limits: Limits) -> None:
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise DocumentError(f"holds more than {limits.entries:,} entries")
    _check_size(sum(entry.file_size for entry in entries), packed, limits)
    total = 0
    for entry in entries:
        if entry.flag_bits & 1:
            raise DocumentError("is encrypted with a password", hint="save it without a password to make it searchable")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # the other methods are not limited while they unpack, and no such document uses them
            raise DocumentError("is packed by a method that documents do not use")
        total += _unpacked_size(archive, entry, packed, total, limits)


def _unpacked_size(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, packed: int, before: int, limits: Limits) -> int:
    """Return the bytes that an entry really unpacks to, reading it piece by piece."""
    markup = entry.filename.lower().endswith((".xml", ".rels", ".opf", ".ncx"))
    size, tail = 0, b""
    with archive.open(entry) as stream:
        while piece := stream.read(limits.piece):
            size += len(piece)
            _check_size(before + size, packed, limits)
            if markup and any(mark in tail + piece for mark in ENTITIES):
                raise DocumentError("defines XML entities, as no document does")
            tail = piece[-32:]
    return size


def _check_size(total: int, packed: int, limits: Limits) -> None:
    if total > limits.total:
        raise DocumentError(f"expands to more than {limits.total // 1024 // 1024} MB")
    if total > limits.free and total > limits.ratio * packed:
        raise DocumentError(f"expands to more than {limits.ratio} times its size")
