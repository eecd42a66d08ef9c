"""Hits to as much of them as fits into a number of tokens."""

from collections.abc import Sequence
from typing import Final, TypeVar

from indexer.mcp.budget import cost, shares, window
from indexer.mcp.shape import Answer, Found, Piece
from indexer.types import Hit

LEAST: Final = 40  # tokens of its text, without which a hit tells an agent too little

P = TypeVar("P", bound=Answer)


def piece(hit: Hit) -> Piece:
    """Say where a chunk is."""
    return Piece(
        id=hit.id,
        repo=hit.repo,
        path=str(hit.path),
        start=hit.start,
        end=hit.end,
        page=hit.page,
        kind=hit.kind.value,
        language=hit.language,
        symbol=hit.symbol,
        title=hit.title,
    )


def found(hits: Sequence[Hit], tokens: int) -> tuple[list[Found], int]:
    """Return hits whose JSON takes at most about `tokens`, with texts cut where need be, and how many had no room.

    The first has room whatever it takes, with LEAST of its text. Of the others the last are left out before any text
    falls below LEAST.
    """
    whole = [_found(hit) for hit in hits]
    heads = [cost(one.model_copy(update={"text": ""}).model_dump_json()) for one in whole]
    texts = [cost(one.text) for one in whole]
    kept = len(whole)
    while kept > 1 and sum(heads[:kept]) + sum(min(LEAST, one) for one in texts[:kept]) > tokens:
        kept -= 1
    room = shares(texts[:kept], max(LEAST, tokens - sum(heads[:kept])))
    return [_cut(one, most) for one, most in zip(whole[:kept], room, strict=True)], len(whole) - kept


def first(answers: Sequence[P], tokens: int) -> list[P]:
    """Return as many as fit."""
    kept: list[P] = []
    for one in answers:
        tokens -= cost(one.model_dump_json())
        if tokens < 0:
            break
        kept.append(one)
    return kept


def _found(hit: Hit) -> Found:
    return Found(
        **piece(hit).model_dump(),
        score=round(hit.score, 4),
        matches=list(hit.matches),
        stale=hit.stale,
        text=hit.text,
        text_start=hit.start,
    )


def _cut(one: Found, tokens: int) -> Found:
    focus = one.matches[0] if one.matches else None
    part = window(one.text, start=one.start, tokens=tokens, focus=focus)
    if not part.cut:
        return one
    return one.model_copy(update={"text": part.text, "text_start": part.start, "cut": True})
