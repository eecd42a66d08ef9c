"""What `streamlit run ui` starts: the page at `/`, the HTTP API at `/api`, and what keeps the index fresh."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from indexer import access, load_settings, serving
from indexer.access import Authorised
from indexer.api import announced, create_app
from indexer.guard import LocalOnly
from ui.backend import shared_index, shared_jobs
from ui.watching import watching

TOKEN: Final = serving.new_token()
HOST: Final = str(st.get_option("server.address"))
ACCESS: Final = access.of(load_settings(), HOST)
if ACCESS.beyond and not ACCESS.token:
    raise SystemExit(f"error: {HOST} is beyond this machine\nhint: set GTE_SEARCH_TOKEN, or listen on 127.0.0.1")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Run what lasts as long as the server."""
    settings = load_settings()
    with (
        announced(settings, host=HOST, port=int(st.get_option("server.port")), token=TOKEN),
        watching(settings),
        closing(shared_jobs()),
    ):
        yield


app = st.App(
    "home.py",
    routes=[Mount("/api", app=create_app(shared_index, jobs_of=shared_jobs(), token=TOKEN, access=ACCESS))],
    middleware=[
        Middleware(LocalOnly, beyond=ACCESS.beyond, hosts=ACCESS.hosts),
        Middleware(Authorised, token=ACCESS.token, announced=TOKEN, page=True),
    ],
    lifespan=lifespan,
)
