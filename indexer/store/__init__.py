"""Where chunks and vectors are kept and asked for."""

from pathlib import Path

from indexer.store.base import Store

__all__ = ["Store", "open_store"]


def open_store(location: str | Path, *, create: bool = False) -> Store:
    """Open the store in the folder `location`; `create` makes folder and store where they are missing.

    Raises StoreMissingError, StoreVersionError, StoreDamagedError, StoreFullError, StoreBusyError.
    """
    from indexer.store.local import LocalStore  # here: one store does not load what another needs

    return LocalStore(Path(location), create=create)
