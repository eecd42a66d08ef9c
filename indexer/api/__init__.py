"""The HTTP door: requests to Index calls, results to JSON. The page's process mounts it under `/api`."""

from indexer.api.app import create_app
from indexer.api.server import announced, serve

__all__ = ["announced", "create_app", "serve"]
