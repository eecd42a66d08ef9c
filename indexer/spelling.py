"""Names that are nearly the same: in another convention, with a slip of the finger, or in British spelling."""

import re
from collections.abc import Collection
from typing import Final

import numpy as np

SHORT: Final = 4  # letters from which on one edit is a slip; a shorter name with an edit is another name
LONG: Final = 8  # letters from which on two are

BRITISH: Final = (  # at the end of a word, or of a part of a camelCase name, and what Americans write
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e[ds]?|ers?|ing|able|ations?)(?![a-z]))"), "iz"),
    (re.compile(r"(?<=[a-z]{2}ly)s(?=(?:e[ds]?|ers?|ing)(?![a-z]))"), "z"),
    (re.compile(r"(?<=[a-z]{3})our(?=(?:s|ed|ing|able|ably|al|ful|hood|ites?)?(?![a-z]))"), "or"),
    (re.compile(r"(?<=[a-z]{2}[bt])re(?=s?(?![a-z]))"), "er"),
    (re.compile(r"(?<=[a-z]{2}log)ue(?=s?(?![a-z]))"), ""),
)


def american(word: str) -> str:
    """Return a word as it would be if it were British: not every word that looks so is.

    >>> american("serialisation"), american("behaviour"), american("analyse"), american("centre"), american("promise")
    ('serialization', 'behavior', 'analyze', 'center', 'promize')
    """
    for ending, meant in BRITISH:
        word = ending.sub(meant, word)
    return word


def key(name: str) -> str:
    """Return what a name has in common with itself in another convention.

    >>> key("resolve_redirects") == key("resolveRedirects")
    True
    """
    return name.replace("_", "").casefold()


def slips(name: str) -> int:
    """Return how many edits may separate what was typed from what was meant."""
    letters = len(key(name))
    return (letters >= SHORT) + (letters >= LONG)


def edits(typed: str, meant: str) -> int | None:
    """Count insertions, deletions, changes and swaps of neighbours between two names; None for more than slips."""
    from rapidfuzz.distance import OSA  # here: a search without a misspelt name needs it not

    most = slips(typed)
    count = OSA.distance(key(typed), key(meant), score_cutoff=most)
    return count if count <= most else None


def signs(typed: str, meant: str) -> int:
    """Count the edits between two names as they are written, with letter case and separators."""
    from rapidfuzz.distance import OSA

    return OSA.distance(typed, meant)


class Names:
    """Many names, to be asked which are near to one: under a millisecond for 50,000."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = list(names)
        keys = [key(name) for name in self._names]
        self._letters = np.array([_letters(one) for one in keys], dtype=np.uint64)
        self._lengths = np.array([len(one) for one in keys], dtype=np.int64)

    def near(self, typed: str) -> dict[str, int]:
        """Return the names within the slips of `typed`, with their edits."""
        most, asked = slips(typed), key(typed)
        # An edit changes the length by at most one and the set of letters by at most two: few names are left.
        may_be = np.abs(self._lengths - len(asked)) <= most
        may_be &= np.bitwise_count(self._letters ^ np.uint64(_letters(asked))) <= 2 * most
        counts = ((name, edits(typed, name)) for name in (self._names[place] for place in np.flatnonzero(may_be)))
        return {name: count for name, count in counts if count is not None}


def _letters(name: str) -> int:
    """Return the set of a name's letters as bits."""
    bits = 0
    for letter in name:
        bits |= 1 << (ord(letter) & 63)
    return bits
