"""Which lines of a hit to mark."""

import math
from collections import Counter

from indexer import tokens
from indexer.query import Query
from indexer.ranking import weights
from indexer.types import Chunk


def matching_lines(query: Query, chunk: Chunk) -> tuple[tuple[int, int], ...]:
    """Line ranges of the chunk that hold what the query quotes, else its words.

    Of lines with words those worth half its best line, at most weights.MOST_MATCHES. A word counts for as much as it is
    rare in the chunk: what stands in every line marks none.
    """
    if exact := _exact_lines(query, chunk):
        return exact
    asked = set(query.tokens)
    lines = [asked.intersection(tokens.split(line)) for line in chunk.text.split("\n")]
    holders = Counter(word for held in lines for word in held)
    rarity = {word: math.log(1 + len(lines) / count) for word, count in holders.items()}
    # By `fsum` over what a set holds in no order: the same query must always mark the same lines.
    worth = [math.fsum(rarity[word] for word in held) for held in lines]
    enough = max(worth) / 2
    ranges: list[tuple[int, int]] = []
    for line, value in enumerate(worth, chunk.start):
        if not value or value < enough:
            continue
        if ranges and ranges[-1][1] == line - 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))

    def best_line(found: tuple[int, int]) -> float:
        return max(worth[found[0] - chunk.start : found[1] - chunk.start + 1])

    return tuple(sorted(sorted(ranges, key=best_line, reverse=True)[: weights.MOST_MATCHES]))


def _exact_lines(query: Query, chunk: Chunk) -> tuple[tuple[int, int], ...]:
    """Line ranges that hold a wanted pattern, in order, without overlap."""
    found = sorted({place for pattern in query.wanted for place in pattern.lines(chunk.text)})
    ranges: list[tuple[int, int]] = []
    for first, last in found:
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(ranges[-1][1], last)
        else:
            ranges.append((first, last))
    return tuple((chunk.start + first, min(chunk.start + last, chunk.end)) for first, last in ranges)
