"""Which chunks are worth encoding first, and showing first among equals: what defines and explains."""

from collections.abc import Mapping
from typing import Final

from indexer.types import Kind

KINDS: Final[Mapping[Kind, int]] = {
    Kind.FUNCTION: 0,
    Kind.METHOD: 0,
    Kind.CLASS: 0,
    Kind.SECTION: 0,
    Kind.PAGE: 0,
    Kind.MODULE: 1,
    Kind.CELL: 1,
    Kind.BLOCK: 2,
}
ASIDE_PENALTY: Final = 3  # any chunk of a test comes after every other one


def priority(kind: Kind, *, aside: bool) -> int:
    """Return the rank of a chunk, smaller first; `aside` is `indexer.aside.is_aside` of its path."""
    return KINDS[kind] + (ASIDE_PENALTY if aside else 0)
