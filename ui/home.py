"""Frame of every page: title, navigation, style, and the backend that the pages share."""

from pathlib import Path
from typing import Final

import streamlit as st

from ui.backend import shared_backend
from ui.upkeep import shared_upkeep

HERE: Final = Path(__file__).parent
ABOUT: Final = "Search your code and documents by meaning. Nothing leaves this machine. The HTTP API is at `/api/docs`."

st.set_page_config(
    page_title="gte-search",
    page_icon=str(HERE / "logo.svg"),
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"About": ABOUT},
)
st.logo(str(HERE / "logo.svg"), size="small")
st.html(HERE / "style.css")

if "backend" not in st.session_state:  # a test puts a fake there before the first run
    st.session_state["backend"] = shared_backend()
if "upkeep" not in st.session_state:
    st.session_state["upkeep"] = shared_upkeep()

page = st.navigation(
    [
        st.Page("views/search.py", title="Search", icon=":material/search:", default=True),
        st.Page("views/repositories.py", title="Repositories", icon=":material/folder_open:"),
        st.Page("views/status.py", title="Status", icon=":material/monitor_heart:"),
    ],
    position="top",
)
with st.container(key="page-script"):  # hidden by style.css
    # Our own constant file, and no data in it: what copies, opens the editor and focuses the query.
    st.html(f"<script>{(HERE / 'page.js').read_text('utf-8')}</script>", unsafe_allow_javascript=True)
page.run()
