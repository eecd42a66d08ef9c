"""Repositories and documents in, ranked hits out.

from indexer import open_index
with open_index() as index:
    for hit in index.search("where are uploads retried").hits:
        print(hit.path, hit.start, hit.symbol)
"""

from collections.abc import Mapping
from pathlib import Path

from embedder.types import Encoder, Reranker
from indexer.errors import IndexerError, SettingsError
from indexer.index import Index
from indexer.settings import Settings, load_settings
from indexer.types import (
    Chunk,
    Context,
    DuplicatesResult,
    Filter,
    Hit,
    Kind,
    Progress,
    RepoStatus,
    SearchResult,
    SimilarResult,
    SyncReport,
    Timings,
    Understood,
)

__all__ = [
    "Chunk",
    "Context",
    "DuplicatesResult",
    "Filter",
    "Hit",
    "Index",
    "IndexerError",
    "Kind",
    "Progress",
    "RepoStatus",
    "SearchResult",
    "Settings",
    "SimilarResult",
    "SyncReport",
    "Timings",
    "Understood",
    "load_settings",
    "open_index",
]


def open_index(
    path: Path | str | None = None,
    *,
    create: bool = False,
    flags: Mapping[str, object] | None = None,
    encoder: Encoder | None = None,
    reranker: Reranker | None = None,
) -> Index:
    """Open the index at `path`, or where the settings say.

    create: make an empty one where there is none, instead of raising StoreMissingError. flags: settings by
    name that override environment and files. encoder, reranker: used instead of those that the settings name.
    """
    from indexer.store import open_store  # here: SQLite and its neighbours load only when an index is opened

    settings = load_settings({**(flags or {}), **({"index": path} if path is not None else {})})
    if settings.store != "local":
        raise SettingsError(f"there is no store `{settings.store}`", hint="this version knows only `local`")
    return Index(open_store(settings.index, create=create), settings, encoder=encoder, reranker=reranker)
