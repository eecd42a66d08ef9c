"""Which words of a query a text holds, by how its own words begin."""

import math
from collections.abc import Mapping, Sequence

from indexer.ranking import weights
from indexer.ranking.evidence import Ranked, and_also


def with_held(ranked: Sequence[Ranked], worth: Mapping[tuple[str, ...], float]) -> list[Ranked]:
    """Add the share of the query's words that each chunk holds. worth: beginnings of each word to its rarity."""
    everything = math.fsum(worth.values())
    if not everything:
        return list(ranked)
    result = []
    for one in ranked:
        chunk = one.chunk
        text = f"{chunk.path} {chunk.symbol or ''} {chunk.title or ''} {chunk.text}"
        low = _lower(text)
        pairs = [(text, low)]  # and, of an identifier, the whole without separators
        if "_" in text:
            pairs.append((text.replace("_", ""), low.replace("_", "")))
        share = math.fsum(value for beginnings, value in worth.items() if _holds(pairs, beginnings)) / everything
        result.append(and_also(one, "held", weights.WEIGHTS["held"] * share) if share else one)
    return result


def akin(one: str, other: str) -> bool:
    """Tell whether a form of one stem is the beginning of a form of the other."""
    return one == other or (
        one[0] == other[0]  # which settles most
        and min(len(one), len(other)) >= weights.SHORTEST_BEGINNING
        and any(a.startswith(b) or b.startswith(a) for a in beginnings(one) for b in beginnings(other))
    )


def beginnings(stem: str) -> tuple[str, ...]:
    """Return what the forms of a stem begin with, which is mostly the stem.

    Snowball writes "queri" for "query" and "queries", and "use" for "uses" and "using".
    """
    if stem.endswith("i"):
        return stem, f"{stem[:-1]}y"
    if stem.endswith("e"):
        return stem, f"{stem[:-1]}ing"
    return (stem,)


def _holds(pairs: Sequence[tuple[str, str]], beginnings: Sequence[str]) -> bool:
    """Tell whether a word of a text begins in one of these ways. pairs: the text in its forms, and in lower case."""
    for cased, low in pairs:
        for beginning in beginnings:
            if beginning in low and _begins_word(beginning, cased, low):
                return True
    return False


def _lower(text: str) -> str:
    """Return the text in lower case, each letter in its place."""
    return text.replace("\u0130", "i").lower()  # this one would become two


def _begins_word(beginning: str, text: str, low: str) -> bool:
    """Tell whether a word of the text, or a part of an identifier, begins so; much faster than to split it.

    low: the text in lower case.
    """
    at = low.find(beginning)
    while at >= 0:
        if at == 0 or not text[at - 1].isalpha():
            return True
        if text[at].isupper() and (not text[at - 1].isupper() or text[at + 1 : at + 2].islower()):
            return True  # "Server" in "fileServer" and in "HTTPServer"
        at = low.find(beginning, at + 1)
    return False
