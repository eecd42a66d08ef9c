"""The search page: a query, facets beside it, results below; all of it in the address bar."""

import time
from pathlib import Path
from typing import Final

import streamlit as st

from indexer.errors import StoreMissingError
from indexer.types import Hit, RepoStatus, SearchResult
from ui import facets, pace, render, results, why
from ui.backend import FAILURES, Backend
from ui.examples import examples
from ui.question import (
    DOCUMENTS,
    MOST,
    NOT_CODE,
    PAGE,
    Qualifier,
    Question,
    Scope,
    distinct,
    from_params,
    to_params,
)

BEYOND: Final = 30  # hits asked for beyond those shown: more of the same files are folded under these
RECENT: Final = 6  # queries that are offered again
REFRESH: Final = 3.0  # seconds between looks at how far indexing is
MOST_DROPS: Final = 5  # filters that are tried without, where all together leave nothing

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
</div>"""

KEYS: Final = """<div class="gs-keys"><table aria-label="Keys">
<tr><td><kbd>/</kbd></td><td>type a query</td></tr>
<tr><td><kbd>j</kbd> <kbd>k</kbd></td><td>next result, previous</td></tr>
<tr><td><kbd>Enter</kbd> <kbd>o</kbd></td><td>open it in the editor</td></tr>
<tr><td><kbd>y</kbd></td><td>copy its path</td></tr>
<tr><td><kbd>Esc</kbd></td><td>leave the query or the result</td></tr>
<tr><td><kbd>?</kbd></td><td>this list</td></tr>
</table></div>"""

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
    st.html('<h1 class="gs-hidden">Search</h1>')
    st.text_input(
        "Search",
        key="query",
        type="search",
        label_visibility="collapsed",
        placeholder="What are you looking for?",
        icon=":material/search:",
        on_change=_typed,
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
        st.page_link("views/repositories.py", label="Open Repositories", icon=":material/folder_open:")
        return
    tools = _tools()
    if _unfinished(repos):
        _coverage()
    if question.like:
        _similar(question, repos, backend, tools)
    elif question.words or question.qualifiers:
        _search(question, repos, backend, tools)
    else:
        _welcome(repos, backend)


# -- the question ---------------------------------------------------------------------------------------


def _current() -> Question:
    """Return what is asked: from the address where it changed (opened, shared, Back), else from the widgets.

    A widget that changed wins over the address: the browser may not have taken over the latest one yet.
    """
    state = st.session_state
    params = _params()
    if "query" in state:
        asked = Question(
            query=state["query"],
            scope=Scope(state.get("scope") or Scope.ALL),
            like=state.get("like", ""),
            shown=state.get("shown", PAGE),
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
    state["query"], state["scope"] = question.query, question.scope
    state["like"], state["shown"] = question.like, question.shown


def _typed() -> None:
    """Begin anew: what was typed, or where it is looked for, is another question."""
    st.session_state["like"], st.session_state["shown"] = "", PAGE


def _change(**changes: object) -> None:
    st.session_state.update(changes)


def _press(qualifier: Qualifier) -> None:
    _put(st.session_state["question"].toggled(qualifier))


def _remember(question: Question) -> None:
    """Keep the question in the address, for the way back from another page, and among the recent ones."""
    state = st.session_state
    before: Question | None = state.get("question")
    if before is None or (before.query, before.scope, before.like) != (question.query, question.scope, question.like):
        results.forget_opened()
    state["params"], state["question"] = to_params(question), question
    if state["params"] != _params():
        st.query_params.from_dict(state["params"])
    if question.query.strip():
        state["recent"] = list(distinct([question.query.strip(), *state.get("recent", [])]))[:RECENT]


# -- what is always there -------------------------------------------------------------------------------


def _tools() -> "st.delta_generator.DeltaGenerator":
    """Draw the line below the query; return the place in it for what only an answer has."""
    with st.container(horizontal=True, vertical_alignment="center", key="tools"):
        st.segmented_control(
            "Look in",
            list(Scope),
            key="scope",
            required=True,
            format_func=lambda scope: str(scope).capitalize(),
            label_visibility="collapsed",
            on_change=_typed,
        )
        place = st.container(horizontal=True, width="content", key="answer-tools")
        with st.popover("Keys and editor", icon=":material/keyboard:", key="keys", type="tertiary"):
            st.html(KEYS)
            st.html(render.editors())
    return place


def _unfinished(repos: list[RepoStatus]) -> bool:
    return any(one.pending or not one.complete for one in repos)


@st.fragment(run_every=REFRESH)
def _coverage() -> None:
    """Say how far the index is, and again while it gets further."""
    try:
        repos = st.session_state["backend"].repos()
    except FAILURES:  # the page itself says so at its next run
        return
    if not _unfinished(repos):
        st.rerun()
    speed: pace.Pace = st.session_state.setdefault("pace", pace.Pace())
    speed.note(time.monotonic(), sum(one.pending for one in repos))
    st.html(render.notice("info", covered(repos, pace.about(speed.seconds_left()))))


def covered(repos: list[RepoStatus], left: str) -> str:
    """Say how far the index is: `still indexing: text 100 %, meaning 42 %, about 3 min left`."""
    expected, files = sum(one.expected_files for one in repos), sum(one.files for one in repos)
    chunks, pending = sum(one.chunks for one in repos), sum(one.pending for one in repos)
    text = render.percent(files / expected if expected else 1.0)
    by_meaning = render.percent(max(0.0, 1 - pending / chunks) if chunks else 0.0)
    return ", ".join(part for part in (f"still indexing: text {text}", f"meaning {by_meaning}", left) if part)


# -- an answer ------------------------------------------------------------------------------------------


def _search(
    question: Question, repos: list[RepoStatus], backend: Backend, tools: "st.delta_generator.DeltaGenerator"
) -> None:
    try:
        with st.spinner("Searching"):
            result = _ask(question, backend, limit=question.shown + BEYOND)
    except FAILURES as error:
        st.html(render.notice("error" if question.words else "info", str(error), error.hint))
        return
    facets.show(question, repos, result.facets or {}, more=not result.total_is_exact, press=_press)
    if result.notice or not result.confident:
        st.html(render.notice("warning", result.notice or "no strong match; these are the nearest"))
    if line := render.understood(result.understood):
        st.html(line)
    if not result.hits:
        _offer_without_filters(question, backend)
        return
    with tools:
        results.offer_export(result)
    st.html(render.summary(result))
    scale = why.scale(result)
    groups = results.by_file(result.hits)
    results.show(
        groups[: question.shown],
        backend=backend,
        roots=_roots(repos),
        why=lambda hit: why.panel(hit, said=scale.strength(hit)),
        similar=_like,
    )
    _offer_more(question, len(groups) > question.shown or result.total > len(result.hits))


def _ask(question: Question, backend: Backend, *, limit: int) -> SearchResult:
    text, beside = question.asked()
    return backend.search(
        text,
        repos=beside.get("repos", ()),
        languages=beside.get("languages", ()),
        kinds=beside.get("kinds", ()),
        paths=beside.get("paths", ()),
        limit=limit,
    )


def _like(id: str) -> None:
    _change(like=id, shown=PAGE)


def _similar(
    question: Question, repos: list[RepoStatus], backend: Backend, tools: "st.delta_generator.DeltaGenerator"
) -> None:
    """Draw what is like a hit, in place of the results that it came from."""
    back = "Back to the results" if question.query.strip() else "Back"
    st.button(back, key="back", icon=":material/arrow_back:", type="tertiary", on_click=_change, kwargs={"like": ""})
    try:
        with st.spinner("Searching"):
            result = backend.similar(
                question.like, languages=_languages(question, repos), limit=question.shown + BEYOND
            )
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        return
    of = result.of[0]
    st.html(render.similar_to(of))
    if result.notice:
        st.html(render.notice("warning", result.notice))
    with tools:
        results.offer_export(result)
    groups = results.by_file(result.hits)
    best = max((hit.score for hit in result.hits), default=0.0)

    def related(hit: Hit) -> str:
        return why.panel(hit, said=why.closeness(hit, best=best))

    if result.copies:
        st.html(f'<h2 class="gs-group">The same elsewhere: {render.plural(len(result.copies), "copy", "copies")}</h2>')
        copies = results.by_file(result.copies)
        results.show(copies, backend=backend, roots=_roots(repos), why=lambda _: "", similar=_like)
        st.html('<h2 class="gs-group">Related</h2>' if groups else "")
    results.show(groups[: question.shown], backend=backend, roots=_roots(repos), why=related, similar=_like)
    _offer_more(question, len(groups) > question.shown or result.total > len(result.hits))


def _languages(question: Question, repos: list[RepoStatus]) -> list[str]:
    """Return the languages of a scope among those indexed; none where all count."""
    indexed = sorted({language for status in repos for language in status.languages})
    match question.scope:
        case Scope.CODE:
            return [name for name in indexed if name not in NOT_CODE]
        case Scope.DOCUMENTS:
            return list(DOCUMENTS)
        case Scope.ALL:
            return []


def _roots(repos: list[RepoStatus]) -> dict[str, Path]:
    return {status.repo.name: status.repo.root for status in repos}


def _offer_more(question: Question, there_is: bool) -> None:
    if there_is and question.shown < MOST:
        st.button("Load more", key="more", on_click=_change, kwargs={"shown": min(question.shown + PAGE, MOST)})


def _offer_without_filters(question: Question, backend: Backend) -> None:
    """Offer to drop each filter, with what that would find; why there is no hit is told by the answer's notice."""
    ways = [(str(one), question.without(one)) for one in question.qualifiers[:MOST_DROPS]]
    if question.scope is not Scope.ALL:
        ways.append((f"only {question.scope}", Question(query=question.query)))
    if len(ways) > 1:
        ways.append(("all filters", Question(query=question.words)))
    found: list[tuple[SearchResult, str, Question]] = []
    for name, other in ways:
        try:
            found.append((_ask(other, backend, limit=1), name, other))
        except FAILURES:  # as where nothing but the filter was asked for
            continue
    helping = sorted((one for one in found if one[0].total), key=lambda one: -one[0].total)
    if not helping:
        if ways:
            st.html('<p class="gs-help">There is nothing without the filters either.</p>')
        return
    st.html('<p class="gs-help">A filter hides what there is. Search again without it:</p>')
    with st.container(horizontal=True, key="drops"):
        for answer, name, other in helping:
            st.button(
                f"{render.label(name)} :gray[{render.counted(answer)}]",
                key=f"drop-{name}",
                icon=":material/close:",
                on_click=_put,
                args=[other],
            )


# -- before a question ----------------------------------------------------------------------------------


def _welcome(repos: list[RepoStatus], backend: Backend) -> None:
    """Show what can be asked, and what was."""
    files, chunks = sum(one.files for one in repos), sum(one.chunks for one in repos)
    where = render.plural(len(repos), "repository", "repositories")
    held = f"{where}, {render.plural(files, 'file')}, {render.plural(chunks, 'chunk')} to search"
    st.html(f'<p class="gs-summary">{held}</p>')
    _offer("Recent", "recent", st.session_state.get("recent", []))
    place = st.container(key="examples")
    st.html(HELP)
    known = st.session_state.get("examples")
    if known is None or known[0] != (files, chunks):  # last of all: the first search loads the model
        known = st.session_state["examples"] = ((files, chunks), examples(backend))
    with place:
        _offer("Try", "example", known[1])


def _offer(title: str, name: str, queries: list[str]) -> None:
    if not queries:
        return
    st.html(f'<p class="gs-summary">{title}</p>')
    with st.container(horizontal=True, key=f"{name}-queries"):
        for query in queries:
            st.button(render.label(query[:80]), key=f"{name}-{query}", on_click=_put, args=[Question(query=query)])


main()
