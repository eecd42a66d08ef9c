"""Pairs of neighbouring sentences, cut from the passages of a prose source.

Pairs of title and body or of question and answer teach little of how two short texts compare, which is what similarity,
clustering and classification ask for. A sentence and the next are a weak pair that any prose gives for nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from training.data import Row
from training.rows import Malformed
from training.sources import OnRead, RawSource

SUFFIX: Final = "_sentences"  # of the names of such sources
SHORTEST: Final = 4  # words
LONGEST: Final = 40
_END: Final = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z0-9])")
_WORD: Final = re.compile(r"[A-Za-z][a-z']*[,.!?;:]?")  # code, addresses and tables have few such words
WORDS: Final = 0.8  # share of them that makes a sentence


@dataclass(frozen=True, slots=True)
class Sentences:
    """The pairs of a source, as a source."""

    source: RawSource

    @property
    def name(self) -> str:
        """The source's name and `_sentences`."""
        return self.source.name + SUFFIX

    @property
    def origin(self) -> str:
        """The source's origin."""
        return f"sentences of {self.source.origin}"

    @property
    def size(self) -> int:
        """Bytes to read."""
        return self.source.size

    def digest(self) -> str:
        """Return the digest of the source."""
        return self.source.digest()

    def rows(self, read: OnRead) -> Iterator[Row | Malformed]:
        """Yield the pairs of each passage. Raises DataError where the source breaks off."""
        for row in self.source.rows(read):
            if isinstance(row, Row):
                for first, second in pairs(row.positive):
                    yield Row(first, second)


def pairs(passage: str) -> list[tuple[str, str]]:
    """Return the first and second, third and fourth ... sentence of a passage; no sentence is in two pairs."""
    sentences = _END.split(" ".join(passage.split()))
    found, position = [], 0
    while position + 1 < len(sentences):
        if _is_prose(sentences[position]) and _is_prose(sentences[position + 1]):
            found.append((sentences[position], sentences[position + 1]))
            position += 1
        position += 1
    return found


def _is_prose(sentence: str) -> bool:
    words = sentence.split()
    if not SHORTEST <= len(words) <= LONGEST:
        return False
    return sum(_WORD.fullmatch(word) is not None for word in words) >= WORDS * len(words)
