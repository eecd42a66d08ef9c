"""What `streamlit run ui` starts: the page at `/`, the HTTP API at `/api`."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from indexer.api import create_app
from indexer.guard import LocalOnly
from ui.backend import shared_index

app = st.App("home.py", routes=[Mount("/api", app=create_app(shared_index))], middleware=[Middleware(LocalOnly)])
