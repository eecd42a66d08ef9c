"""Which definitions and passages are copies of each other, or nearly: groups, most lines to save first.

Near copies are found by their shingles (runs of tokens), without vectors: a vector says that two functions do
the like, and only the overlap of their tokens that one is written over from the other. The join is exact. A
set that shares a share t of all its shingles with another shares one of its rarest (1 - t) with it ("prefix
filter", Chaudhuri, Ganti and Kaushik, ICDE 2006), so only those are looked up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import ceil
from pathlib import PurePosixPath
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer import copies
from indexer.aside import is_aside
from indexer.types import Chunk, Copy, DuplicateGroup, DuplicatesResult, Kind

SHINGLE: Final = 4  # tokens; of fewer, code of the same make looks alike, of more, one changed name counts too much
FEWEST_TOKENS: Final = 30  # of a copy worth telling: below it stand getters, imports and closing brackets
MOST_HOLDERS: Final = 200  # pieces that a shingle is looked up for; what more hold is a habit of the language
MIN_LINES: Final = 5
THRESHOLD: Final = 0.7  # overlap of shingles (Jaccard)

Shingles = npt.NDArray[np.uint64]
File = tuple[str, PurePosixPath]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A whole definition or passage. Positional and plain: there are as many as chunks."""

    place: Copy
    order: int  # among the pieces of its file
    digest: bytes
    shingles: Shingles  # distinct


@dataclass(frozen=True, slots=True)
class _Group:
    pieces: tuple[_Piece, ...]  # in the order of their places
    similarity: float


def duplicates(
    chunks: Iterable[Chunk],
    *,
    under: tuple[str, PurePosixPath] | None = None,
    min_lines: int = MIN_LINES,
    threshold: float = THRESHOLD,
    tests: bool = True,
    limit: int = 50,
) -> DuplicatesResult:
    """Group what is copied among `chunks`, which come by repository, path and line.

    under: repository and file or folder (or "."); groups without a copy there are left out. min_lines: of the
    shorter copies. threshold: share of common runs of tokens from which on two are near copies, above 0, at
    most 1, which leaves exact ones. tests: whether tests, examples and vendored code are compared too; groups
    with fewer than two copies outside of these come last. Imports do not count.
    """
    pieces = [
        piece
        for piece in _pieces(chunks)
        if piece.place.end - piece.place.start + 1 >= min_lines and (tests or not is_aside(piece.place.path))
    ]
    groups = [_shown(group) for group in _joined(_grouped(pieces, threshold))]
    if under is not None:
        groups = [group for group in groups if any(_is_under(copy, *under) for copy in group.copies)]
    groups.sort(key=lambda group: (group.aside, -group.lines, group.copies[0].repo, str(group.copies[0].path)))
    return DuplicatesResult(
        compared=len(pieces),
        total=len(groups),
        lines=sum(group.lines for group in groups),
        groups=tuple(groups[:limit]),
    )


# -- chunks to pieces -----------------------------------------------------------------------------------


def _pieces(chunks: Iterable[Chunk]) -> Iterator[_Piece]:
    """Put the chunks of a definition together again, and count its tokens."""
    numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers))
    order, file = 0, None
    for whole in _wholes(chunks):
        first, last = whole[0], whole[-1]
        if file != (first.repo, first.path):
            file, order = (first.repo, first.path), 0
        order += 1
        tokens = list(chain.from_iterable(map(_tokens, whole)))
        if len(tokens) < FEWEST_TOKENS:
            continue
        place = Copy(
            id=first.id,
            repo=first.repo,
            path=first.path,
            start=first.start,
            end=last.end,
            page=first.page,
            kind=first.kind,
            language=first.language,
            symbol=first.symbol,
            title=first.title,
        )
        yield _Piece(place, order, copies.digest(tokens), _shingles([numbers[token] for token in tokens]))


def _tokens(chunk: Chunk) -> list[str]:
    text = copies.without_imports(chunk.text) if chunk.kind in (Kind.MODULE, Kind.BLOCK) else chunk.text
    return copies.tokens_of(text, chunk.language)


def _wholes(chunks: Iterable[Chunk]) -> Iterator[list[Chunk]]:
    whole: list[Chunk] = []
    for chunk in chunks:
        if whole and not _continues(whole[-1], chunk):
            yield whole
            whole = []
        whole.append(chunk)
    if whole:
        yield whole


def _continues(before: Chunk, chunk: Chunk) -> bool:
    """Tell whether a chunk is the next piece of the same definition or passage."""
    same = (before.repo, before.path, before.kind, before.symbol, before.title, before.signature, before.page)
    if same != (chunk.repo, chunk.path, chunk.kind, chunk.symbol, chunk.title, chunk.signature, chunk.page):
        return False
    # Only a definition or a section is one thing; what is left of a module is many, and lines are windows.
    return before.kind not in (Kind.MODULE, Kind.BLOCK) and chunk.docstring is None and chunk.start <= before.end + 1


def _shingles(tokens: Sequence[int]) -> Shingles:
    """Return the distinct hashes of runs of SHINGLE tokens."""
    numbers = np.array(tokens, dtype=np.uint64)
    runs = np.zeros(len(numbers) - SHINGLE + 1, dtype=np.uint64)
    for step in range(SHINGLE):
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + numbers[step : step + len(runs)] + np.uint64(1)
    return np.unique(runs)


# -- pieces to groups -----------------------------------------------------------------------------------


def _grouped(pieces: Sequence[_Piece], threshold: float) -> list[_Group]:
    """Group exact copies, then near ones around the piece that is like most others.

    Around one piece, not in chains: in a chain of near copies the ends have nothing in common.
    """
    exact: defaultdict[bytes, list[_Piece]] = defaultdict(list)
    for piece in pieces:
        exact[piece.digest].append(piece)
    classes = list(exact.values())
    near: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for one, other, overlap in _similar([same[0].shingles for same in classes], threshold):
        near[one][other] = near[other][one] = overlap
    groups, taken = [], set()
    for centre in sorted(range(len(classes)), key=lambda one: (-len(near[one]), one)):
        members = [other for other in near[centre] if other not in taken]
        if centre in taken or (not members and len(classes[centre]) < 2):
            continue
        taken |= {centre, *members}
        together = [piece for one in (centre, *members) for piece in classes[one]]
        together.sort(key=lambda piece: (piece.place.repo, str(piece.place.path), piece.place.start))
        groups.append(_Group(tuple(together), min((near[centre][one] for one in members), default=1.0)))
    return groups


def _similar(sets: Sequence[Shingles], threshold: float) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of sets whose overlap (Jaccard) is at least `threshold`, with it."""
    if threshold >= 1 or not sets:
        return
    _, where, counts = np.unique(np.concatenate(sets), return_inverse=True, return_counts=True)
    ends = np.cumsum([len(one) for one in sets])
    by_size = sorted(range(len(sets)), key=lambda one: (len(sets[one]), one))
    holders: defaultdict[int, list[int]] = defaultdict(list)
    numbered: dict[int, npt.NDArray[np.intp]] = {}
    for one in by_size:
        size = len(sets[one])
        ids = where[ends[one] - size : ends[one]]
        rarest_first = ids[np.lexsort((ids, counts[ids]))]
        prefix = rarest_first[: size - ceil(threshold * size) + 1]
        candidates: set[int] = set()
        for shingle in prefix[counts[prefix] > 1].tolist():
            if counts[shingle] <= MOST_HOLDERS:
                candidates.update(holders[shingle])
                holders[shingle].append(one)
        numbered[one] = ids
        for other in sorted(candidates):
            if len(sets[other]) < threshold * size:
                continue
            common = len(np.intersect1d(ids, numbered[other], assume_unique=True))
            overlap = common / (size + len(sets[other]) - common)
            if overlap >= threshold:
                yield one, other, overlap


def _joined(groups: Sequence[_Group]) -> list[_Group]:
    """Make one group of those whose pieces follow each other in the same files: a copied file is one finding."""
    starts = {_places(group): number for number, group in enumerate(groups)}
    following: dict[int, int] = {}
    for number, group in enumerate(groups):
        after = tuple((file, order + 1) for file, order in _places(group))
        if after in starts and len({file for file, _ in after}) == len(after):  # not within one file
            following[number] = starts[after]
    joined = []
    for first in sorted(set(range(len(groups))) - set(following.values())):
        run = [first]
        while run[-1] in following:
            run.append(following[run[-1]])
        joined.append(_one(groups[number] for number in run) if len(run) > 1 else groups[first])
    return joined


def _places(group: _Group) -> tuple[tuple[File, int], ...]:
    return tuple(((piece.place.repo, piece.place.path), piece.order) for piece in group.pieces)


def _one(run: Iterable[_Group]) -> _Group:
    """Stretch each piece over those that follow it."""
    run = list(run)
    pieces = []
    for row in zip(*(group.pieces for group in run), strict=True):
        symbols = {piece.place.symbol for piece in row} | {piece.place.title for piece in row}
        first = row[0].place
        shared = first if len(symbols - {None}) == 1 else replace(first, symbol=None, title=None)
        pieces.append(replace(row[0], place=replace(shared, end=row[-1].place.end)))
    return _Group(tuple(pieces), min(group.similarity for group in run))


def _shown(group: _Group) -> DuplicateGroup:
    places = tuple(piece.place for piece in group.pieces)
    lengths = [place.end - place.start + 1 for place in places]
    return DuplicateGroup(
        copies=places,
        similarity=group.similarity,
        lines=sum(lengths) - max(lengths),
        aside=sum(not is_aside(place.path) for place in places) < 2,
    )


def _is_under(copy: Copy, repo: str, path: PurePosixPath) -> bool:
    return copy.repo == repo and (copy.path == path or path in copy.path.parents)
