"""The search page: a query, filters beside it, results below; all of it in the address bar."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from indexer.errors import StoreMissingError
from indexer.types import Kind, RepoStatus, SearchResult
from ui import render
from ui.backend import FAILURES, Backend
from ui.question import FIELDS, Question, distinct, from_params, split_globs, to_params

PAGE: Final = 10  # results at first, and more at each press
MOST: Final = 200  # results on one page: who reads that far should add a filter
RECENT: Final = 6  # queries that are offered again
LABELS: Final = {"repos": "Repository", "languages": "Language", "kinds": "Kind", "paths": "Path"}

HELP: Final = """<div class="gs-help">
<p>Describe what you look for, name a symbol or a file, or paste an error message or a stack trace.</p>
<table>
<tr><td><code>where are failed uploads retried</code></td><td>by meaning and by words</td></tr>
<tr><td><code>Session.send</code></td><td>a symbol, whole or its last parts</td></tr>
<tr><td><code>"gave up after"</code> <code>/retr(y|ies)/</code></td><td>exact text, or a regular expression</td></tr>
<tr><td><code>lang:python kind:function retry</code></td><td>filters: <code>repo:</code> <code>lang:</code>
<code>kind:</code> <code>path:</code> <code>symbol:</code></td></tr>
<tr><td><code>retry -path:tests/**</code></td><td>a minus excludes</td></tr>
</table>
<p>Press <code>/</code> to type a new query.</p>
</div>"""

NO_INDEX: Final = (
    "Nothing is indexed yet",
    "run `index-repo PATH` in a terminal, or add a folder on the page Repositories; "
    "its text is searchable as soon as it is read",
)


def main() -> None:
    """Draw the page."""
    backend: Backend = st.session_state["backend"]
    question = _current()
    _remember(question)
    st.text_input(
        "Search",
        key="query",
        type="search",
        label_visibility="collapsed",
        placeholder="What are you looking for?",
        icon=":material/search:",
    )
    try:
        repos = backend.repos()
    except StoreMissingError:
        repos = []
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        return
    if not repos:
        st.html(render.notice("info", *NO_INDEX))
        st.page_link("pages/repositories.py", label="Open Repositories", icon=":material/folder_open:")
        return
    result = _answer(backend, question)
    _filters(question, repos, result)
    if not question.query.strip():
        _welcome(repos)
    elif result:
        _results(question, repos, result)


def _current() -> Question:
    """Return what is asked: from the address where it changed (opened, shared, Back), else from the widgets.

    A widget that changed wins over the address: the browser may not have taken over the latest one yet.
    """
    state = st.session_state
    params = _params()
    if "query" in state:
        asked = Question(
            query=state["query"],
            repos=tuple(state.get("repos", ())),
            languages=tuple(state.get("languages", ())),
            kinds=tuple(state.get("kinds", ())),
            paths=split_globs(state.get("path", "")),
        )
        if params == state.get("params") or asked != state.get("question"):
            return asked
    elif not params and "question" in state:  # back from another page, which forgets the widgets
        question: Question = state["question"]
        _put(question)
        return question
    question = from_params(params)
    _put(question)
    return question


def _params() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _put(question: Question) -> None:
    """Set the widgets to a question; only before they are drawn, or in a callback."""
    state = st.session_state
    state["query"] = question.query
    state["repos"], state["languages"] = list(question.repos), list(question.languages)
    state["kinds"], state["path"] = list(question.kinds), ", ".join(question.paths)


def _answer(backend: Backend, question: Question) -> SearchResult | None:
    """Search; None where nothing is asked or it failed, which is then shown."""
    if not question.query.strip():
        return None
    try:
        with st.spinner("Searching"):
            return backend.search(
                question.query,
                repos=question.repos,
                languages=question.languages,
                kinds=question.kinds,
                paths=question.paths,
                limit=st.session_state["shown"],
            )
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        return None


def _filters(question: Question, repos: list[RepoStatus], result: SearchResult | None) -> None:
    """Draw the filters, each value with how many chunks it leaves."""
    facets = (result.facets if result else None) or {}
    known = {
        "repos": [status.repo.name for status in repos],
        "languages": sorted({language for status in repos for language in status.languages}),
        "kinds": [str(kind) for kind in Kind],
    }
    with st.sidebar:
        for field, values in known.items():
            chosen: tuple[str, ...] = getattr(question, field)
            counts = facets.get(field, {})
            # Set again although unchanged: a label with a new count is a new option to the browser.
            st.session_state[field] = list(chosen)
            st.multiselect(
                LABELS[field],
                _by_count(distinct([*chosen, *counts, *values]), counts),
                key=field,
                format_func=partial(_with_count, counts),
                placeholder="All",
            )
        st.text_input(
            LABELS["paths"], key="path", placeholder="src/**, *.md", help="Globs as in .gitignore, separated by commas"
        )
        if question.filters:
            st.button("Clear filters", key="clear", on_click=_put, args=[Question(query=question.query)])


def _by_count(values: tuple[str, ...], counts: Mapping[str, int]) -> list[str]:
    return sorted(values, key=lambda value: -counts.get(value, 0))


def _with_count(counts: Mapping[str, int], value: str) -> str:
    return f"{value} ({counts[value]:,})" if value in counts else value


def _results(question: Question, repos: list[RepoStatus], result: SearchResult) -> None:
    if result.pending_vectors:
        st.html(render.notice("info", _pending(repos)))
    if result.notice or not result.confident:
        st.html(render.notice("warning", result.notice or "no strong match; these are the nearest"))
    if line := render.understood(result.understood):
        st.html(line)
    if not result.hits:
        _offer_without_filters(question)
        return
    st.html(render.summary(result))
    roots: dict[str, Path] = {status.repo.name: status.repo.root for status in repos}
    for hit in result.hits:
        st.html(render.card(hit, root=roots.get(hit.repo)))
    shown = len(result.hits)
    if shown >= st.session_state["shown"] and shown < MOST and (result.total > shown or not result.total_is_exact):
        st.button("Load more", key="more", on_click=_more)


def _more() -> None:
    st.session_state["shown"] += PAGE


def _pending(repos: list[RepoStatus]) -> str:
    """Say how far the index is: `still indexing: text 100 %, meaning 42 %`."""
    expected, files = sum(one.expected_files for one in repos), sum(one.files for one in repos)
    chunks, pending = sum(one.chunks for one in repos), sum(one.pending for one in repos)
    text = render.percent(files / expected if expected else 1.0)
    by_meaning = render.percent(max(0.0, 1 - pending / chunks) if chunks else 0.0)
    return f"still indexing: text {text}, meaning {by_meaning}"


def _offer_without_filters(question: Question) -> None:
    """Offer to drop each filter; why there is no hit is told by the answer's notice."""
    if not question.filters:
        return
    st.html('<p class="gs-help">A filter may hide what you look for. Search again without it:</p>')
    with st.container(horizontal=True):
        for field, value in question.filters:
            st.button(
                render.label(f"{FIELDS[field]}: {value}"),
                key=f"drop-{field}-{value}",
                icon=":material/close:",
                on_click=_put,
                args=[question.without(field, value)],
            )


def _welcome(repos: list[RepoStatus]) -> None:
    """Show what can be asked, and what was."""
    files, chunks = sum(one.files for one in repos), sum(one.chunks for one in repos)
    where = f"{len(repos)} {'repository' if len(repos) == 1 else 'repositories'}"
    held = f"{where}, {render.plural(files, 'file')}, {render.plural(chunks, 'chunk')} to search"
    st.html(f'<p class="gs-summary">{held}</p>')
    recent: list[str] = st.session_state.get("recent", [])
    if recent:
        with st.container(horizontal=True, key="recent-queries"):
            for query in recent:
                st.button(render.label(query[:80]), key=f"recent-{query}", on_click=_put, args=[Question(query=query)])
    st.html(HELP)


def _remember(question: Question) -> None:
    """Keep the question in the address, for the way back from another page, and among the recent ones."""
    state = st.session_state
    if state.get("question") != question:
        state["shown"] = PAGE
    state["params"], state["question"] = to_params(question), question
    if state["params"] != _params():
        st.query_params.from_dict(state["params"])
    if question.query.strip():
        state["recent"] = list(distinct([question.query.strip(), *state.get("recent", [])]))[:RECENT]


main()
