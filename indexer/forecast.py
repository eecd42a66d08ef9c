"""What an index run would do, without doing it: counts, time and disk, measured on a sample."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedder.types import Encoder
from indexer import ingest, languages, reading, walk
from indexer.errors import DocumentError
from indexer.settings import Settings
from indexer.targets import Target
from indexer.types import Chunk, Skipped

SAMPLE_FILES: Final = 24  # spread over the whole list, so that a folder of tests does not stand for everything
SAMPLE_CHUNKS: Final = 48
STORE_FACTOR: Final = 3.0  # bytes on disk a byte of chunk text: the text, its words, their index (docs/indexing.md)
BYTES_A_NUMBER: Final = 2  # vectors are stored in half precision
ROW_BYTES: Final = 400  # what a chunk's row and its indexes take beside its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a run over one target would find and cost."""

    root: Path
    files: tuple[walk.Found, ...]
    skipped: tuple[Skipped, ...]
    languages: Counter[str]
    chunks: int  # estimated from the sample
    text_seconds: float
    vector_seconds: float | None  # None: no encoder at hand to measure with
    disk_bytes: int


def forecast(target: Target, *, settings: Settings, encoder: Encoder | None) -> Forecast:
    """Walk the target, parse a sample of its files and encode a sample of their chunks.

    Raises PathError where nothing is found.
    """
    items = list(ingest.find(target, settings=settings, known={}, explain=True))
    files = [item for item in items if isinstance(item, walk.Found)]
    skipped = tuple(item for item in items if isinstance(item, Skipped))
    if not files:
        raise ingest.nothing_to_index(target, skipped)
    step = max(1, len(files) // SAMPLE_FILES)
    sample = files[::step][:SAMPLE_FILES]
    started = time.perf_counter()
    chunks: list[Chunk] = []
    for file in sample:
        try:
            chunks.extend(reading.index_file(file, walk.read(file), repo="", settings=settings).chunks)
        except DocumentError:
            continue  # the run itself reports it; a forecast only counts less
    seconds = time.perf_counter() - started
    scale = _ratio(sum(file.size for file in files), sum(file.size for file in sample))
    count = round(len(chunks) * scale)
    text_bytes = sum(len(chunk.text.encode()) for chunk in chunks) * scale
    return Forecast(
        root=target.root,
        files=tuple(files),
        skipped=skipped,
        languages=Counter(languages.of_path(file.path).name for file in files),
        chunks=count,
        text_seconds=seconds * scale,
        vector_seconds=_seconds_a_chunk(chunks, encoder) * count if encoder and chunks else None,
        disk_bytes=round(
            text_bytes * STORE_FACTOR + count * (ROW_BYTES + BYTES_A_NUMBER * (encoder.dim if encoder else 0))
        ),
    )


def _seconds_a_chunk(chunks: Sequence[Chunk], encoder: Encoder) -> float:
    step = max(1, len(chunks) // SAMPLE_CHUNKS)
    passages = [chunk.passage for chunk in chunks[::step][:SAMPLE_CHUNKS]]
    encoder.encode(passages[:1], role="passage")  # the first call pays for set-up
    started = time.perf_counter()
    encoder.encode(passages, role="passage")
    return (time.perf_counter() - started) / len(passages)


def _ratio(whole: int, part: int) -> float:
    return whole / part if part else 0.0
