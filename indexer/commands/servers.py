"""What `gte-search ui` and `gte-search serve` share."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.commands import arguments

if TYPE_CHECKING:
    from indexer.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a server."""
    parser.add_argument("--host", help="address to listen on; beyond this machine only with a token")
    parser.add_argument("--port", type=int, help="port to listen on")
    arguments.add_rerank(parser)
    arguments.add_common(parser)


def settings(options: argparse.Namespace) -> "Settings":
    """Return the settings, handed on to the server, which reads its own from the environment.

    A cross-encoder is tried here, so that no request waits for its conversion or its error.
    """
    import embedder
    from indexer.settings import load_settings

    _export(options)
    found = load_settings(arguments.flags(options))
    if found.rerank:
        embedder.load_reranker(found.rerank)
    return found


def _export(options: argparse.Namespace) -> None:
    import embedder

    for name in ("index", "model", "rerank", "store"):
        value = getattr(options, name)
        if value:
            # The page runs in another folder.
            made = embedder.absolute_name(value) if name in ("model", "rerank") else value
            os.environ[f"GTE_SEARCH_{name.upper()}"] = str(Path(value).absolute()) if name == "index" else made
