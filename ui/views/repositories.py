"""The repositories page: what is indexed and how far it is behind its folder; index more, update, remove."""

import time
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any, Final

import streamlit as st

from indexer.errors import StoreMissingError
from indexer.inventory import Inventory
from indexer.types import Job, RepoStatus
from ui import holdings, render
from ui.backend import FAILURES, Backend
from ui.upkeep import Compared, Plan, Upkeep, later, ready

REFRESH: Final = 1.0  # seconds between two looks at what goes on
OLD: Final = 60.0  # seconds after which folders are looked at again, when the page is drawn


def main() -> None:
    """Draw the page."""
    backend: Backend = st.session_state["backend"]
    running = any(job.running for job in backend.jobs())
    _form(backend, running=running)
    _planned(backend, running=running)
    _compare(running=running)
    # Redraws itself while something goes on; the form above is left alone, so typing is not disturbed.
    waiting = running or not all(map(ready, _asked()))
    st.fragment(_held, run_every=REFRESH if waiting else None)(backend, drawn_running=running, waiting=waiting)


def _form(backend: Backend, *, running: bool) -> None:
    with st.form("index", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input(
            "Folder, file or git address to index",
            key="index-path",
            placeholder="~/projects/site, or https://github.com/owner/name",
            autocomplete="off",
            help="A git address (https or ssh) is cloned into the folder of the index, without its history",
        )
        pressed = st.form_submit_button("Index", type="primary", disabled=running, icon=":material/add:")
        preview = st.form_submit_button(
            "Preview", icon=":material/preview:", help="Count the files and forecast time and size; nothing is indexed"
        )
    if pressed:
        _start(backend, path)
    if preview:
        upkeep: Upkeep = st.session_state["upkeep"]
        st.session_state["plan"] = (path, later(partial(upkeep.plan, path)))


def _start(backend: Backend, path: str) -> None:
    try:
        backend.start_indexing(path)
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
    else:
        _drop_plan()
        st.rerun()


def _planned(backend: Backend, *, running: bool) -> None:
    """Draw what a run would do, where that was asked for."""
    if "plan" in st.session_state:
        _, asked = st.session_state["plan"]
        done = ready(asked)
        st.fragment(_plan, run_every=None if done else REFRESH)(backend, drawn_done=done, running=running)


def _plan(backend: Backend, *, drawn_done: bool, running: bool) -> None:
    if "plan" not in st.session_state:
        return
    path: str
    asked: Future[list[Plan]]
    path, asked = st.session_state["plan"]
    if not drawn_done and asked.done():
        st.rerun()  # the whole page: to stop the clock
    with st.container(border=True, key="plan"):
        plans = _plans(asked) if asked.done() else []
        if not asked.done():
            st.html('<p class="gs-summary" role="status">Counting files, reading and encoding a sample of them</p>')
        for plan in plans:
            st.html(holdings.plan(plan))
        with st.container(horizontal=True):
            if plans and st.button("Index it", key="plan-start", type="primary", disabled=running):
                _start(backend, path)
            st.button("Close", key="plan-close", on_click=_drop_plan)


def _plans(asked: "Future[list[Plan]]") -> list[Plan]:
    """Return what a run would do; tell why where that cannot be told."""
    try:
        return asked.result()
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        return []


def _drop_plan() -> None:
    st.session_state.pop("plan", None)


def _compare(*, running: bool) -> None:
    """Look at the folders where that was long ago; not while a run reads them."""
    state = st.session_state
    if not running and ("compared" not in state or time.monotonic() - state["compared-at"] > OLD):
        upkeep: Upkeep = state["upkeep"]
        state["compared"], state["compared-at"] = later(upkeep.compared), time.monotonic()


def _asked() -> "list[Future[Any]]":
    """Return what was asked about the repositories: how they stand to their folders, and their files."""
    state = st.session_state
    compared = [state["compared"]] if "compared" in state else []
    return [*compared, *([state["files"][1]] if "files" in state else [])]


def _look_again() -> None:
    st.session_state.pop("compared", None)
    st.session_state.pop("files", None)


def _compared() -> Compared | None:
    """Return what the folders were seen to be; None where that is not known, or cannot be."""
    asked: Future[Compared] | None = st.session_state.get("compared")
    return asked.result() if asked and asked.done() and not asked.exception() else None


def _held(backend: Backend, *, drawn_running: bool, waiting: bool) -> None:
    """Draw runs and repositories."""
    jobs = backend.jobs()
    running = any(job.running for job in jobs)
    if drawn_running and not running:
        _look_again()
    unasked = not running and "compared" not in st.session_state
    if unasked or waiting != (running or not all(map(ready, _asked()))):
        st.rerun()  # the whole page: to ask, to stop the clock and free the form, or to start it for what was asked
    try:
        repos = backend.repos()
    except StoreMissingError:
        repos = []
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        repos = []
    for job in jobs:
        _job(backend, job, repos, running=running)
    if not repos and not jobs:
        st.html(
            render.notice(
                "info", "nothing is indexed yet", "type the path of a folder above, or the address of a repository"
            )
        )
    compared = _compared()
    for status in repos:
        _repository(backend, status, compared, running=running)
    if repos:
        with st.container(horizontal=True, vertical_alignment="center", key="index-size"):
            st.html(holdings.disk(compared) if compared else '<p class="gs-summary">Looking at the folders</p>')
            st.button("Look again", key="look-again", type="tertiary", disabled=running, on_click=_look_again)


def _job(backend: Backend, job: Job, repos: list[RepoStatus], *, running: bool) -> None:
    """Draw a run: how far it is, or how it ended."""
    with st.container(border=True, key=f"job-{job.id}"):
        if job.running:
            if job.address and job.progress is None:
                st.html(holdings.cloning(job.address))
            else:
                st.html(render.progress(job.path, _status_of(job, repos)) + holdings.pace(job))
            st.button("Stop", key=f"stop-{job.id}", on_click=backend.cancel, args=[job.id])
            return
        start = job.address or str(job.path)
        what = f"`{job.address}`" if job.address else str(job.path)
        if job.cancelled:
            st.html(render.notice("info", f"{what}: stopped", "what was written stays; a new run goes on from it"))
        elif job.returncode == 0:
            st.html(render.notice("info", f"{what}: indexed"))
        else:
            said = "the end of its log:" if job.log else "it wrote nothing; run `index-repo` on it in a terminal"
            st.html(render.notice("error", f"{what}: indexing failed with status {job.returncode}", said))
        if job.log and not job.cancelled:
            with st.expander("Log", expanded=job.returncode != 0):
                st.code(job.log, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            label = "Continue" if job.cancelled else "Try again"
            if job.returncode and st.button(label, key=f"again-{job.id}", type="primary", disabled=running):
                backend.dismiss(job.id)
                _start(backend, start)
            st.button("Dismiss", key=f"dismiss-{job.id}", on_click=backend.dismiss, args=[job.id])


def _status_of(job: Job, repos: list[RepoStatus]) -> RepoStatus | None:
    """Find the repository that a run writes: the innermost whose root holds the path."""
    holding = [one for one in repos if job.path == one.repo.root or one.repo.root in job.path.parents]
    return max(holding, key=lambda one: len(one.repo.root.parts), default=None)


def _repository(backend: Backend, status: RepoStatus, compared: Compared | None, *, running: bool) -> None:
    name = status.repo.name
    seen = compared.repos.get(name) if compared else None
    with st.container(border=True, key=f"repo-{name}"):
        fresh = holdings.freshness(seen) if seen and _same(seen.status, status) else ""
        st.html(render.repository(status, now=time.time()) + fresh)
        if st.session_state.get("removing") == name:
            _confirm(backend, status)
            return
        with st.container(horizontal=True):
            # Not for files that were named one by one: an update would index all of their folder.
            label = "Update" if status.complete and not status.pending else "Continue"
            if status.repo.whole and st.button(
                label, key=f"update-{name}", disabled=running, help="Index what changed since, and what is left"
            ):
                _start(backend, str(status.repo.root))
            st.button(
                "Files", key=f"files-{name}", on_click=_toggle_files, args=[name], help="What became of each file"
            )
            st.button("Remove", key=f"remove-{name}", disabled=running, on_click=_ask_removal, args=[name])
        _files(name)


def _same(one: RepoStatus, other: RepoStatus) -> bool:
    """Tell whether nothing was indexed between two looks; a watch that found nothing to do only moves the time."""
    return replace(one, indexed_at=0.0, pending=0) == replace(other, indexed_at=0.0, pending=0)


def _files(name: str) -> None:
    """Draw the files of a repository, where they were asked for."""
    shown: tuple[str, Future[Inventory]] | None = st.session_state.get("files")
    if shown is None or shown[0] != name:
        return
    if not shown[1].done():
        st.html('<p class="gs-summary" role="status">Listing the files</p>')
        return
    try:
        st.html(holdings.inventory(shown[1].result()))
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))


def _toggle_files(name: str) -> None:
    upkeep: Upkeep = st.session_state["upkeep"]
    shown: tuple[str, Future[Inventory]] | None = st.session_state.pop("files", None)
    if shown is None or shown[0] != name:
        st.session_state["files"] = (name, later(partial(upkeep.inventory, name)))


def _ask_removal(name: str | None) -> None:
    st.session_state["removing"] = name


def _confirm(backend: Backend, status: RepoStatus) -> None:
    """Ask a second time: what is removed has to be indexed again to come back."""
    name = status.repo.name
    chunks = render.plural(status.chunks, "chunk")
    cloned = backend.is_clone(status.repo)
    files = "so does the clone that was made for the index" if cloned else "the files on disk stay as they are"
    st.html(render.notice("warning", f"remove {name} from the index?", f"{chunks} go; {files}"))
    with st.container(horizontal=True):
        if st.button("Remove from the index", key=f"confirm-{name}", type="primary"):
            try:
                backend.remove(name)
            except FAILURES as error:
                st.html(render.notice("error", str(error), error.hint))
            else:
                _ask_removal(None)
                _look_again()
                st.rerun()
        st.button("Keep", key=f"keep-{name}", on_click=_ask_removal, args=[None])


main()
