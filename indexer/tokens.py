"""Text to lexical tokens: the same split for what is indexed and for what is asked.

SQLite lets Python add no tokenizer to FTS5, so identifiers are split here, before insertion. Words become stems, in
code too: whoever asks how requests are routed wants `Router` and `route`.
"""

import re
import threading
from collections.abc import Callable
from typing import Final

import Stemmer  # type: ignore[import-not-found]  # a compiled module without stubs; only this file needs it

WORD: Final = re.compile(r"[^\W_]+(?:_+[^\W_]+)*")  # a word or snake_case identifier of any script
PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+")  # of an ASCII identifier
LONGEST: Final = 64  # characters; beyond it stand hashes and encoded data, which nobody types
KNOWN: Final = 1 << 17  # words that are kept with their tokens; 480,000 lines of Python hold 80,000


# Of ASCII characters those that stand in no word; translating them away finds words in half the time of a pattern.
BETWEEN: Final = bytes(code if chr(code).isalnum() or code == ord("_") else ord(" ") for code in range(128)).ljust(256)


def split(text: str) -> list[str]:
    """Return lower-case stems in order; an identifier gives its parts, then itself without separators.

    >>> split("resolve_redirects HTTPServer2 café")
    ['resolv', 'redirect', 'resolveredirect', 'http', 'server', '2', 'httpserver2', 'café']
    """
    return spaced(text).split()


def spaced(text: str) -> str:
    """Return the tokens of `split` with a space between them, which is what the tables of words are given."""
    words = text.encode().translate(BETWEEN).decode().split() if text.isascii() else WORD.findall(text)
    return " ".join(filter(None, map(_tokens_of.__getitem__, words)))


def _of_word(word: str) -> str:
    parts = PART.findall(word) if word.isascii() else [part for part in word.split("_") if part]
    tokens = [part.lower() for part in parts if len(part) <= LONGEST]
    if len(parts) > 1:
        whole = "".join(parts).lower()
        if len(whole) <= LONGEST:
            tokens.append(whole)
    return " ".join(map(_stem_of.__getitem__, tokens))


_local = threading.local()  # a stemmer serves one thread


def _stem(token: str) -> str:
    """Return the stem of an English word by Snowball; what is no such word mostly stays as it is."""
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = Stemmer.Stemmer("english")
    return str(stemmer.stemWord(token))


class _Known(dict[str, str]):
    """What was worked out, by what it was worked out of; a third of what `lru_cache` takes for an entry that is known.

    Source code says the same words again and again. Forgets all when it is full.
    """

    def __init__(self, work_out: Callable[[str], str], *, most: int = KNOWN) -> None:
        self._work_out = work_out
        self._most = most

    def __missing__(self, key: str) -> str:
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._work_out(key)
        return value


_tokens_of = _Known(_of_word)
_stem_of = _Known(_stem)
