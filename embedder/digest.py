"""Digests of large files, remembered between runs: hashing a gigabyte of weights at every start takes seconds."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def of_file(path: Path, *, cache_dir: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits.

    Remembered in `cache_dir` by path, size and time of change; a folder that is missing or not
    writable costs time only. Raises OSError where the file cannot be read.
    """
    path = path.resolve()  # the hub's cache links its names to blobs
    found = path.stat()
    state = f"{path}\n{found.st_size} {found.st_mtime_ns}\n"
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
    note = cache_dir / "digests" / name
    remembered = _read(note)
    if remembered.startswith(state) and len(remembered) == len(state) + 64:
        return remembered[len(state) :]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _write(note, state + digest)
    return digest


def combined(parts: Iterable[str]) -> str:
    """Return one SHA-256 over texts, in hexadecimal digits; where one ends and the next begins counts."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()


def _read(note: Path) -> str:
    try:
        return note.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:  # not remembered: the file itself is hashed
        return ""


def _write(note: Path, text: str) -> None:
    """Write atomically: another process may read the note at this moment."""
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=note.parent, delete=False) as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        try:
            os.replace(file.name, note)
        except OSError:
            os.unlink(file.name)
            raise
    except OSError:  # a cache that cannot be written only costs the next start the time to hash
        return
