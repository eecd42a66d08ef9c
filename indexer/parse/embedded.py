"""Components that hold their script between markup: Vue, Svelte, Astro."""

import re
from collections.abc import Mapping
from typing import Final

_SCRIPT: Final = re.compile(rb"<script\b[^>]*>(.*?)</script\s*>", re.S | re.I)
_FRONT: Final = re.compile(rb"\A\s*---[ \t]*\n(.*?)\n---[ \t]*(?=\n|\Z)", re.S)
_VISIBLE: Final = re.compile(rb"[^\n]")

SCRIPTS: Final[Mapping[str, tuple[re.Pattern[bytes], ...]]] = {
    "vue": (_SCRIPT,),
    "svelte": (_SCRIPT,),
    "astro": (_FRONT, _SCRIPT),
}


def script_of(source: bytes, language: str) -> bytes:
    r"""Return the source with all but its scripts blanked out, so that bytes and lines keep their places.

    >>> script_of(b"<p>\n<script>let x</script>", "vue")
    b'   \n        let x         '
    """
    patterns = SCRIPTS.get(language)
    if patterns is None:
        return source
    kept = sorted(match.span(1) for pattern in patterns for match in pattern.finditer(source))
    pieces: list[bytes] = []
    end = 0
    for left, right in kept:
        pieces += (_VISIBLE.sub(b" ", source[end:left]), source[max(left, end) : right])
        end = max(end, right)
    pieces.append(_VISIBLE.sub(b" ", source[end:]))
    return b"".join(pieces)
