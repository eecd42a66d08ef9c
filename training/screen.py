r"""Decontamination: which training texts are, or overlap with, a text of an evaluation set.

Three rules, each named by the Overlap it reports:

- TEXT: the letters and digits of the text, case folded, equal those of an evaluation text. Only evaluation texts
  that say something count: 12 letters or digits, and three words or 32 letters or digits. `documentation` or
  `sort a list` as somebody's query is no leak.
- PAIR: query and positive, both shorter than that, together equal an evaluation pair (a query and its answer).
- RUN: 13 words in a row stand in an evaluation text too, case folded, whatever is between them. A word is `\w+`, so
  that code counts as well.

A run is compared by a 64-bit polynomial over word numbers. Only words of the evaluation sets have a number; all
others share one, so no run with a foreign word can match. The numbers come from the sorted vocabulary and the hashes
from a fixed seed: the same on every machine and in every process. Of 10^8 runs against 10^7, one in 10^4
preparations drops a row by a collision.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

RUN: Final = 13  # words; shorter runs of boilerplate and idiom are everywhere, GPT-3 and its heirs use 13 too
MIN_CHARACTERS: Final = 12
MIN_WORDS: Final = 3
LONG_CHARACTERS: Final = 32  # one or two words may be this long, or a sentence of a script without spaces
WORD: Final = re.compile(r"\w+")
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits well mixed
_TEXTS_TOGETHER: Final = 4096
_SLOTS_PER_RUN: Final = 16  # of the table that spares most runs the binary search; one in sixteen passes by chance

Hashes = npt.NDArray[np.uint64]


class Overlap(StrEnum):
    """How a row overlaps with an evaluation set."""

    TEXT = "equals an evaluation text"
    PAIR = "equals a short evaluation pair"
    RUN = "shares a run of 13 words with an evaluation text"


@dataclass(slots=True)
class EvaluationSet:
    """The texts of one evaluation set."""

    name: str
    texts: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)


class Screen:
    """Knows every evaluation text; says of training texts whether they overlap."""

    def __init__(self, sets: Sequence[EvaluationSet] = ()) -> None:
        texts = [text for each in sets for text in each.texts]
        vocabulary = {word for text in texts for word in _words(text)}
        self._ids = {word: i for i, word in enumerate(sorted(vocabulary), start=1)}
        # 0 is every word that no evaluation text has
        self._hashes = np.random.default_rng(0).integers(0, 2**64, size=len(self._ids) + 1, dtype=np.uint64)
        self._texts: set[str] = set()
        runs: list[Hashes] = [np.empty(0, dtype=np.uint64)]
        for start in range(0, len(texts), _TEXTS_TOGETHER):
            words = [_words(text) for text in texts[start : start + _TEXTS_TOGETHER]]
            self._texts.update(_normal(each) for each in words if _says(each))
            runs.append(self._runs(words)[0])
        self._sorted = np.unique(np.concatenate(runs))
        short = ((_words(a), _words(b)) for each in sets for a, b in each.pairs)
        self._pairs = {(_normal(a), _normal(b)) for a, b in short if not _says(a) and not _says(b)}
        slots = 1 << max(8, int(len(self._sorted) * _SLOTS_PER_RUN).bit_length())
        self._shift = np.uint64(64 - (slots.bit_length() - 1))
        self._table = np.zeros(slots, dtype=np.bool_)
        self._table[self._sorted >> self._shift] = True
        self.sets: Counter[str] = Counter()  # texts of each set
        for each in sets:
            self.sets[each.name] += len(each.texts)
        self.runs = len(self._sorted)
        digest = hashlib.sha256(json.dumps([RUN, MIN_CHARACTERS, MIN_WORDS, LONG_CHARACTERS]).encode())
        digest.update(self._sorted.astype("<u8").tobytes())
        for part in (sorted(self._texts), sorted(self._pairs)):
            digest.update(json.dumps(part).encode())
        self.fingerprint = digest.hexdigest()  # equal only if every row gets the same answer

    def overlaps(self, texts: Sequence[str]) -> list[Overlap | None]:
        """For each text, TEXT, RUN or None. Costs a microsecond for a few words; batch some thousand texts."""
        if not self._ids:
            return [None] * len(texts)
        words = [_words(text) for text in texts]
        found: list[Overlap | None] = [Overlap.TEXT if _normal(each) in self._texts else None for each in words]
        runs, owners = self._runs(words)
        suspects = np.flatnonzero(self._table[runs >> self._shift])
        if len(suspects) and len(self._sorted):
            places = np.searchsorted(self._sorted, runs[suspects])
            same = self._sorted[np.minimum(places, len(self._sorted) - 1)] == runs[suspects]
            for owner in np.unique(owners[suspects[same]]).tolist():
                found[owner] = found[owner] or Overlap.RUN
        return found

    def is_pair(self, query: str, positive: str) -> bool:
        """Whether query and positive are, in either order, a pair of an evaluation set."""
        if not self._pairs:
            return False
        a, b = _normal(_words(query)), _normal(_words(positive))
        return (a, b) in self._pairs or (b, a) in self._pairs

    def _runs(self, words: Sequence[Sequence[str]]) -> tuple[Hashes, npt.NDArray[np.int64]]:
        """The hash of every run of 13 words, and the number of the text that it stands in."""
        get = self._ids.get
        long = [(i, each) for i, each in enumerate(words) if len(each) >= RUN]
        lengths = np.array([len(each) for _, each in long], dtype=np.int64)
        total = int(lengths.sum())
        if not total:
            return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
        numbers = np.fromiter((get(word, 0) for _, each in long for word in each), dtype=np.int64, count=total)
        owners = np.repeat(np.array([i for i, _ in long], dtype=np.int64), lengths)
        one = self._hashes[numbers]
        # runs of 2, 4 and 8 words by doubling, and 13 = 8 + 4 + 1
        two = one[:-1] * _power(1) + one[1:]
        four = two[:-2] * _power(2) + two[2:]
        eight = four[:-4] * _power(4) + four[4:]
        count = total - RUN + 1
        runs = (eight[:count] * _power(4) + four[8 : 8 + count]) * _power(1) + one[12:]
        inside = owners[:count] == owners[RUN - 1 :]  # the others reach over the end of their text
        return runs[inside], owners[:count][inside]


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _normal(words: Iterable[str]) -> str:
    return "".join(words).replace("_", "")


def _says(words: Sequence[str]) -> bool:
    normal = _normal(words)
    return len(normal) >= MIN_CHARACTERS and (len(words) >= MIN_WORDS or len(normal) >= LONG_CHARACTERS)


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(int(_MULTIPLIER), exponent, 2**64))
