"""The repositories page: what is indexed, index more, remove."""

import time
from typing import Final

import streamlit as st

from indexer.errors import StoreMissingError
from indexer.types import Job, RepoStatus
from ui import render
from ui.backend import FAILURES, Backend

REFRESH: Final = 1.0  # seconds between two looks at a run


def main() -> None:
    """Draw the page."""
    backend: Backend = st.session_state["backend"]
    running = any(job.running for job in backend.jobs())
    _form(backend, running=running)
    # Redraws itself while something runs; the form above is left alone, so typing is not disturbed.
    st.fragment(_held, run_every=REFRESH if running else None)(backend, drawn_running=running)


def _form(backend: Backend, *, running: bool) -> None:
    with st.form("index", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input(
            "Folder or file to index", key="index-path", placeholder="~/projects/site", autocomplete="off"
        )
        pressed = st.form_submit_button("Index", type="primary", disabled=running, icon=":material/add:")
    if pressed:
        _start(backend, path)


def _start(backend: Backend, path: str) -> None:
    try:
        backend.start_indexing(path)
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
    else:
        st.rerun()


def _held(backend: Backend, *, drawn_running: bool) -> None:
    """Draw runs and repositories."""
    jobs = backend.jobs()
    running = any(job.running for job in jobs)
    if drawn_running and not running:
        st.rerun()  # the whole page: to stop the clock and to free the form
    try:
        repos = backend.repos()
    except StoreMissingError:
        repos = []
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        repos = []
    for job in jobs:
        _job(backend, job, repos)
    if not repos and not jobs:
        st.html(render.notice("info", "nothing is indexed yet", "type the path of a folder above"))
    for status in repos:
        _repository(backend, status, running=running)


def _job(backend: Backend, job: Job, repos: list[RepoStatus]) -> None:
    """Draw a run: how far it is, or how it ended."""
    with st.container(border=True, key=f"job-{job.id}"):
        if job.running:
            st.html(render.progress(job.path, _status_of(job, repos)))
            st.button("Stop", key=f"stop-{job.id}", on_click=backend.cancel, args=[job.id])
            return
        if job.cancelled:
            st.html(render.notice("info", f"{job.path}: stopped", "what was written stays; index it again to go on"))
        elif job.returncode == 0:
            st.html(render.notice("info", f"{job.path}: indexed"))
        else:
            said = "the end of its log:" if job.log else "it wrote nothing; run `index-repo` on it in a terminal"
            st.html(render.notice("error", f"{job.path}: indexing failed with status {job.returncode}", said))
        if job.log and not job.cancelled:
            with st.expander("Log", expanded=job.returncode != 0):
                st.code(job.log, language=None, wrap_lines=True)
        st.button("Dismiss", key=f"dismiss-{job.id}", on_click=backend.dismiss, args=[job.id])


def _status_of(job: Job, repos: list[RepoStatus]) -> RepoStatus | None:
    """Find the repository that a run writes: the innermost whose root holds the path."""
    holding = [one for one in repos if job.path == one.repo.root or one.repo.root in job.path.parents]
    return max(holding, key=lambda one: len(one.repo.root.parts), default=None)


def _repository(backend: Backend, status: RepoStatus, *, running: bool) -> None:
    name = status.repo.name
    with st.container(border=True, key=f"repo-{name}"):
        st.html(render.repository(status, now=time.time()))
        if st.session_state.get("removing") == name:
            _confirm(backend, status)
            return
        with st.container(horizontal=True):
            # Not for files that were named one by one: an update would index all of their folder.
            if status.repo.whole and st.button(
                "Update", key=f"update-{name}", disabled=running, help="Index what changed since"
            ):
                _start(backend, str(status.repo.root))
            st.button("Remove", key=f"remove-{name}", disabled=running, on_click=_ask_removal, args=[name])


def _ask_removal(name: str | None) -> None:
    st.session_state["removing"] = name


def _confirm(backend: Backend, status: RepoStatus) -> None:
    """Ask a second time: what is removed has to be indexed again to come back."""
    name = status.repo.name
    chunks = render.plural(status.chunks, "chunk")
    st.html(
        render.notice("warning", f"remove {name} from the index?", f"{chunks} go; the files on disk stay as they are")
    )
    with st.container(horizontal=True):
        if st.button("Remove from the index", key=f"confirm-{name}", type="primary"):
            try:
                backend.remove(name)
            except FAILURES as error:
                st.html(render.notice("error", str(error), error.hint))
            else:
                _ask_removal(None)
                st.rerun()
        st.button("Keep", key=f"keep-{name}", on_click=_ask_removal, args=[None])


main()
