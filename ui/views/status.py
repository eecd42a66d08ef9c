"""The status page: what answers here, how fast, and whether everything that a search needs is well."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Final

import streamlit as st

from indexer.doctor import Check
from indexer.errors import StoreMissingError
from indexer.terminal import size
from ui import health, holdings, render, timings
from ui.backend import FAILURES
from ui.upkeep import Upkeep, later, ready

REFRESH: Final = 1.0  # seconds between two looks at checks that go on
SIZES: Final = frozenset({"bytes", "bytes_database", "bytes_vector_index"})


def main() -> None:
    """Draw the page."""
    upkeep: Upkeep = st.session_state["upkeep"]
    _checks(upkeep)
    st.fragment(_timings)()
    try:
        facts = upkeep.facts()
    except StoreMissingError:
        st.html(render.notice("info", "nothing is indexed yet", "add a folder on the page Repositories"))
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
    else:
        _part("Model", facts.model)
        _part("Index", {_words(name): _value(name, value) for name, value in facts.store.items()})
        _part("This machine", facts.machine)


def _part(title: str, rows: Mapping[str, object]) -> None:
    st.html(f'<h2 class="gs-part">{title}</h2>{holdings.facts(rows)}')


def _words(name: str) -> str:
    return name.replace("_", " ").replace("bytes ", "size of ").replace("bytes", "size on disk")


def _value(name: str, value: str | int) -> str:
    if name in SIZES and isinstance(value, int):
        return size(value)
    return f"{value:,}" if isinstance(value, int) else value


def _timings() -> None:
    st.html('<h2 class="gs-part">Latest searches</h2>')
    if recent := timings.recent():
        st.html(health.timings(recent))
        st.button("Refresh", key="timings-again", type="tertiary", icon=":material/refresh:")
    else:
        st.html('<p class="gs-summary">No search was made on this page since it was started.</p>')


def _checks(upkeep: Upkeep) -> None:
    st.html('<h2 class="gs-part">Checks</h2>')
    if st.button("Run the checks", key="check", icon=":material/stethoscope:", help="The same as `gte-search doctor`"):
        st.session_state["checks"] = later(upkeep.checks)
    if "checks" in st.session_state:
        done = ready(st.session_state["checks"])
        st.fragment(_checked, run_every=None if done else REFRESH)(drawn_done=done)
    else:
        st.html('<p class="gs-summary">They read the whole index once and load the model: some seconds.</p>')


def _checked(*, drawn_done: bool) -> None:
    asked: Future[list[Check]] = st.session_state["checks"]
    if not asked.done():
        st.html('<p class="gs-summary" role="status">Checking</p>')
        return
    if not drawn_done:
        st.rerun()  # the whole page: to stop the clock
    try:
        checks = asked.result()
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        return
    failed = sum(not one.ok for one in checks)
    said = f"{render.plural(failed, 'check')} of {len(checks)} found something" if failed else "all is well"
    st.html(
        f'<p class="gs-summary" role="status">{said[:1].upper()}{said[1:]}.</p>{"".join(map(health.check, checks))}'
    )


main()
