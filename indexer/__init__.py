"""Repositories and documents in, ranked hits out.

from indexer import open_index
with open_index() as index:
    for hit in index.search("where are uploads retried").hits:
        print(hit.path, hit.start, hit.symbol)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from embedder.types import Encoder, Reranker
    from indexer.client import Client
    from indexer.errors import IndexerError
    from indexer.index import Index
    from indexer.settings import Settings, load_settings
    from indexer.types import (
        Chunk,
        Context,
        DuplicatesResult,
        Filter,
        Hit,
        Job,
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
    "Client",
    "Context",
    "DuplicatesResult",
    "Filter",
    "Hit",
    "Index",
    "IndexerError",
    "Job",
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


_HOMES: Final = {
    "Client": "indexer.client",
    "Index": "indexer.index",
    "IndexerError": "indexer.errors",
    "Settings": "indexer.settings",
    "load_settings": "indexer.settings",
}  # of the rest: indexer.types


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: a command that asks a running server needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value: object = getattr(import_module(_HOMES.get(name, "indexer.types")), name)
    globals()[name] = value
    return value


def open_index(
    path: "Path | str | None" = None,
    *,
    create: bool = False,
    flags: "Mapping[str, object] | None" = None,
    encoder: "Encoder | None" = None,
    reranker: "Reranker | None" = None,
) -> "Index":
    """Open the index at `path`, or where the settings say.

    create: make an empty one where there is none, instead of raising StoreMissingError. flags: settings by
    name that override environment and files. encoder, reranker: used instead of those that the settings name.
    """
    from indexer.errors import SettingsError
    from indexer.index import Index
    from indexer.settings import load_settings
    from indexer.store import open_store

    settings = load_settings({**(flags or {}), **({"index": path} if path is not None else {})})
    if settings.store != "local":
        raise SettingsError(f"there is no store `{settings.store}`", hint="this version knows only `local`")
    return Index(open_store(settings.index, create=create), settings, encoder=encoder, reranker=reranker)
