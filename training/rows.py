"""What a raw row may look like, and what is wrong with one that is none. The same for every kind of source."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from training.data import Row

PAIRS: Final = (  # columns that hold query and positive; of several the first that a row has both of
    ("query", "positive"),
    ("anchor", "positive"),
    ("query", "answer"),
    ("query", "passage"),
    ("query", "document"),
    ("question", "answer"),
    ("question", "passage"),
    ("title", "abstract"),
    ("title", "body"),
    ("sentence1", "sentence2"),
    ("sentence_A", "sentence_B"),
    ("text1", "text2"),
)
SYMMETRIC: Final = frozenset({"sentence1", "sentence_A", "text1"})  # such pairs may be judged, and judged unlike
JUDGEMENTS: Final = ("label", "score", "similarity_score", "relatedness_score")
NEGATIVES: Final = ("negatives", "negative", "hard_negatives")  # a text or a list of them; also negative_1, ...
SCORES: Final = "scores"  # a teacher's, of the positive and of each negative
_NUMBERED: Final = re.compile(r"negative_\d+")
_KNOWN: Final = frozenset({*(name for pair in PAIRS for name in pair), *JUDGEMENTS, *NEGATIVES, SCORES})


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something in a source that is no row."""

    where: str  # "file:line", 1-based; for sources without lines the number of the row
    why: str


def known_columns(columns: Iterable[str]) -> list[str]:
    """Those of the columns that `to_row` looks at, in their order: a reader may leave out the others."""
    return [name for name in columns if name in _KNOWN or _NUMBERED.fullmatch(name)]


def to_row(fields: object, where: str) -> Row | Malformed:
    """Make a row from named values. A missing query, positive or list of negatives is an empty one."""
    if not isinstance(fields, dict):
        return Malformed(where, "not an object with names and values")
    pair = next((pair for pair in PAIRS if pair[0] in fields and pair[1] in fields), None)
    if pair is None:
        if PAIRS[0][0] not in fields and PAIRS[0][1] not in fields:
            return Malformed(where, f"none of the column pairs {', '.join(map('/'.join, PAIRS))}")
        pair = PAIRS[0]
    if pair[0] in SYMMETRIC and any(name in fields for name in JUDGEMENTS):
        return Malformed(where, f"{pair[0]} and {pair[1]} with a judgement: not every pair is a positive one")
    query, positive = (fields.get(name) for name in pair)
    if not isinstance(query, str | None) or not isinstance(positive, str | None):
        return Malformed(where, f"{pair[0]} or {pair[1]} is no string")
    negatives = _negatives(fields)
    if negatives is None:
        return Malformed(where, "negatives are no list of strings")
    scores = fields.get(SCORES) or []
    if not isinstance(scores, list) or not all(type(score) in (int, float) for score in scores):
        return Malformed(where, f"{SCORES} are no list of numbers")
    if scores and len(scores) != 1 + len(negatives):
        return Malformed(where, f"{len(scores)} {SCORES} for one positive and {len(negatives)} negatives")
    return Row(query or "", positive or "", tuple(negatives), tuple(map(float, scores)))


def _negatives(fields: Mapping[str, Any]) -> list[str] | None:
    found: list[Any] = []
    for name, value in fields.items():
        if name in NEGATIVES or _NUMBERED.fullmatch(name):
            if isinstance(value, list):
                found += value
            elif value is not None:
                found.append(value)
    return found if all(isinstance(each, str) for each in found) else None
