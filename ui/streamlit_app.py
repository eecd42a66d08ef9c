"""What `streamlit run ui` starts: the page at `/`, the HTTP API at `/api`, and what keeps the index fresh."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from indexer import load_settings, loopback, serving
from indexer.api import announced, create_app
from indexer.guard import LocalOnly
from ui.backend import shared_index
from ui.watching import watching

TOKEN: Final = serving.new_token()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Run what lasts as long as the server."""
    settings = load_settings()
    address, port = str(st.get_option("server.address")), int(st.get_option("server.port"))
    host = address if loopback.contains(address) else settings.host
    with announced(settings, host=host, port=port, token=TOKEN), watching(settings):
        yield


app = st.App(
    "home.py",
    routes=[Mount("/api", app=create_app(shared_index, token=TOKEN))],
    middleware=[Middleware(LocalOnly)],
    lifespan=lifespan,
)
