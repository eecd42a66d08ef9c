"""Opens a page without a server, on a fake Backend."""

import html
import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.ui.fake_upkeep import FakeUpkeep
from ui.backend import Backend
from ui.upkeep import Upkeep

HOME = Path(__file__).parents[2] / "ui" / "home.py"
SECONDS = 30  # generous: the machine may be busy


def open_page(
    backend: Backend, upkeep: Upkeep | None = None, /, *, page: str = "", **params: str | list[str]
) -> AppTest:
    """Open the search page with these parameters of the address, or another page, and return it drawn."""
    app = AppTest.from_file(HOME, default_timeout=SECONDS)
    app.session_state["backend"] = backend
    app.session_state["upkeep"] = upkeep or FakeUpkeep()
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(page).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> list[str]:
    """Return what our own markup says, piece by piece, without tags, styles and scripts."""
    bodies = [str(piece.value) for piece in app.html]
    shown = [body for body in bodies if not body.startswith(("<script>", "<style>"))]
    return [" ".join(html.unescape(re.sub("<[^>]*>", " ", body)).split()) for body in shown]


def cards(app: AppTest) -> list[str]:
    """Return the place of each result card, in order."""
    found = (re.match(r'<article class="gs-card" aria-label="([^"]*)"', str(piece.value)) for piece in app.html)
    return [one[1] for one in found if one]
