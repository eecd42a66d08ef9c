"""Bytes to text: every parser of text reads a file through `decode`."""

import codecs
from typing import Final

SAMPLE: Final = 64_000  # bytes looked at to guess an encoding: guessing reads everything several times
BOMS: Final = (  # UTF-32 before UTF-16: its little-endian mark begins with the other's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    r"""Return the text of a file and notes on what was guessed or lost. Never fails.

    A byte order mark decides, else UTF-8 where valid, else a guess. Line ends become "\n" (a lone
    carriage return stays), so line numbers are positions in `text.split("\n")`; NUL becomes U+FFFD.

    >>> decode(b"a\r\nb")
    ('a\nb', ())
    """
    text, notes = _decode(data)
    text = text.replace("\r\n", "\n")
    if "\0" in text:
        notes = (*notes, f"{text.count(chr(0))} NUL characters replaced")
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text, notes


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return _lossy(data[len(mark) :], encoding)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        wide = _wide(data)  # ASCII in UTF-16 is valid UTF-8, with NULs between the letters
        return _guessed(data, wide) if wide else (text, ())
    return _guessed(data, _wide(data) or _guess(data))


def _lossy(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    """Decode, replacing what is invalid, and note how much that was."""
    text = data.decode(encoding, "replace")
    replaced = text.count("\N{REPLACEMENT CHARACTER}")
    if replaced and "\N{REPLACEMENT CHARACTER}".encode(encoding) not in data:
        return text, (f"{replaced} characters not valid in {encoding}",)
    return text, ()


def _guessed(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text, notes = _lossy(data, encoding)
    return text, (f"not UTF-8: read as {encoding}", *notes)


def _wide(data: bytes) -> str | None:
    """Return the UTF-16 byte order of mostly Latin text without a mark, told by where its NULs are."""
    sample = data[:SAMPLE]
    if len(data) % 2 or b"\0" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _guess(data: bytes) -> str:
    """Return the likeliest 8-bit or Asian encoding; Latin-1, which decodes anything, where none is likely."""
    sample = _telling(data)
    if _is_utf8_mostly(sample):
        return "utf-8"
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    if best is None or best.encoding in ("ascii", "utf_8"):
        return "latin-1"
    return best.encoding.replace("_", "-")


def _telling(data: bytes) -> bytes:
    """Return the first lines that hold bytes above ASCII: source is mostly ASCII, which tells nothing."""
    lines: list[bytes] = []
    size = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            lines.append(line[:SAMPLE])
            size += len(line)
            if size >= SAMPLE:
                break
    return b"\n".join(lines)


def _is_utf8_mostly(sample: bytes) -> bool:
    """Tell whether only a few bytes are wrong, as in a file that was cut or patched together."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    right = sum(1 for character in text if character > "\x7f") - wrong
    return right > 4 * wrong
