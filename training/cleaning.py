"""Which raw rows become training rows: the rules of `prepare`, and the count of what they drop."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from training.data import Row
from training.rows import Malformed
from training.screen import Overlap, Screen

BATCH: Final = 2048  # rows screened together: about a megabyte of text
MALFORMED_SHOWN: Final = 20  # lines of a source that the report names
MALFORMED: Final = "malformed line"
RULES: Final = 1  # raised whenever other rows come out, so that folders of older rules are not gone on with


@dataclass(slots=True)
class Tally:
    """What happened to the rows of one source."""

    rows: int = 0  # lines read, blank ones aside
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)  # rows, by reason
    negatives_dropped: Counter[str] = field(default_factory=Counter)  # texts, by reason
    malformed: list[Malformed] = field(default_factory=list)  # the first few


def clean(rows: Iterable[Row | Malformed], screen: Screen, tally: Tally) -> Iterator[Row]:
    """The rows worth training on, in their order; of equal pairs the first. Every drop is counted in `tally`."""
    seen: set[bytes] = set()
    batch: list[Row] = []
    for row in rows:
        tally.rows += 1
        reason = _flaw(row, seen)
        if reason is not None:
            tally.dropped[reason] += 1
            if isinstance(row, Malformed) and len(tally.malformed) < MALFORMED_SHOWN:
                tally.malformed.append(row)
        elif isinstance(row, Row):
            batch.append(row)
            if len(batch) == BATCH:
                yield from _screened(batch, screen, tally)
                batch = []
    yield from _screened(batch, screen, tally)


def _flaw(row: Row | Malformed, seen: set[bytes]) -> str | None:
    if isinstance(row, Malformed):
        return MALFORMED
    if not row.query.strip():
        return "no query"
    if not row.positive.strip():
        return "no positive"
    if row.query.strip() == row.positive.strip():
        return "query equals positive"
    # the length keeps two pairs apart whose texts are cut at different places
    pair = f"{len(row.query)} {row.query}{row.positive}".encode("utf-8", "surrogatepass")
    key = hashlib.blake2b(pair, digest_size=16).digest()
    if key in seen:
        return "duplicate pair"
    seen.add(key)
    return None


def _screened(batch: list[Row], screen: Screen, tally: Tally) -> Iterator[Row]:
    texts = [text for row in batch for text in (row.query, row.positive, *row.negatives)]
    overlaps = iter(screen.overlaps(texts))
    for row in batch:
        of_query, of_positive = next(overlaps), next(overlaps)
        of_negatives = [next(overlaps) for _ in row.negatives]
        overlap = of_query or of_positive
        if overlap is None and screen.is_pair(row.query, row.positive):
            overlap = Overlap.PAIR
        if overlap is not None:
            tally.dropped[overlap.value] += 1
        else:
            tally.kept += 1
            yield _without_bad_negatives(row, of_negatives, tally) if row.negatives else row


def _without_bad_negatives(row: Row, overlaps: list[Overlap | None], tally: Tally) -> Row:
    kept: dict[str, int] = {}  # text to its number
    for number, (text, overlap) in enumerate(zip(row.negatives, overlaps, strict=True)):
        if overlap is not None:
            reason = overlap.value
        elif not text.strip():
            reason = "empty"
        elif text.strip() == row.positive.strip():
            reason = "equals the positive"
        elif text in kept:
            reason = "duplicate"
        else:
            kept[text] = number
            continue
        tally.negatives_dropped[reason] += 1
    scores = tuple(row.scores[i] for i in (0, *(number + 1 for number in kept.values()))) if row.scores else ()
    return Row(row.query, row.positive, tuple(kept), scores)
