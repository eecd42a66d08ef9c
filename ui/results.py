"""The hits of an answer on the page: a card each, hits of one file together, and what can be done with them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from indexer.types import Hit, Lines
from ui import export, render
from ui.backend import FAILURES, Backend

STEP: Final = 10  # lines around a hit at the first press; each further one doubles them
MOST_AROUND: Final = 160


def by_file(hits: Iterable[Hit]) -> list[list[Hit]]:
    """Group hits by their file, in the order of the best of each."""
    groups: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        groups.setdefault((hit.repo, str(hit.path)), []).append(hit)
    return list(groups.values())


def show(
    groups: Sequence[Sequence[Hit]],
    *,
    backend: Backend,
    roots: Mapping[str, Path],
    why: Callable[[Hit], str],
    similar: Callable[[str], None],
) -> None:
    """Draw groups of hits, the best of each open.

    roots: folder by repository. why: markup that says why a hit was found. similar: what a press on "Similar" calls,
    with the id of the hit.
    """
    opened: set[str] = st.session_state.setdefault("opened", set())
    for first, *others in groups:
        _one(first, others, backend=backend, roots=roots, why=why, similar=similar)
        if others and first.id in opened:
            with st.container(key=f"more-of-{first.id}"):
                for hit in others:
                    _one(hit, (), backend=backend, roots=roots, why=why, similar=similar)


def _one(
    hit: Hit,
    others: Sequence[Hit],
    *,
    backend: Backend,
    roots: Mapping[str, Path],
    why: Callable[[Hit], str],
    similar: Callable[[str], None],
) -> None:
    lines: dict[str, int] = st.session_state.setdefault("lines", {})
    around = lines.get(hit.id, 0)
    with st.container(key=f"hit-{hit.id}", gap=None):
        st.html(render.card(hit, root=roots.get(hit.repo), why=why(hit), around=_lines(backend, hit, around)))
        with st.container(horizontal=True, key=f"under-{hit.id}", gap=None):
            st.button("Similar", key=f"similar-{hit.id}", type="tertiary", on_click=similar, args=[hit.id])
            if around < MOST_AROUND:
                st.button(
                    "More lines" if around else "Lines around",
                    key=f"around-{hit.id}",
                    type="tertiary",
                    on_click=partial(lines.__setitem__, hit.id, max(STEP, around * 2)),
                )
            if around:
                st.button("Fewer lines", key=f"less-{hit.id}", type="tertiary", on_click=_fewer, args=[hit.id])
            if others:
                is_open = hit.id in st.session_state["opened"]
                st.button(
                    f"Hide {len(others)} more in this file" if is_open else f"+{len(others)} more in this file",
                    key=f"others-{hit.id}",
                    type="tertiary",
                    on_click=partial(_toggle, hit.id),
                )


def _lines(backend: Backend, hit: Hit, around: int) -> Lines | None:
    """Return a hit with lines around it; None where none are asked for or can be had, which is then said."""
    if not around:
        return None
    try:
        context = backend.context(hit.id, around=around)
    except FAILURES as error:
        st.html(render.notice("error", str(error), error.hint))
        return None
    if context is None:
        st.html(render.notice("warning", "this was indexed anew meanwhile", "search again"))
        return None
    return context.lines


def _fewer(id: str) -> None:
    lines: dict[str, int] = st.session_state["lines"]
    lines.pop(id, None)


def _toggle(id: str) -> None:
    opened: set[str] = st.session_state["opened"]
    opened.symmetric_difference_update({id})


def forget_opened() -> None:
    """Close what was opened: another question is asked."""
    st.session_state["opened"], st.session_state["lines"] = set(), {}


def offer_export(answer: export.Answer) -> None:
    """Offer the hits of an answer as files."""
    with st.popover("Export", icon=":material/download:", key="export", type="tertiary"):
        for kind in export.FORMATS:
            st.download_button(
                kind.name,
                data=partial(kind.write, answer),
                file_name=f"gte-search.{kind.suffix}",
                mime=kind.mime,
                key=f"export-{kind.suffix}",
                on_click="ignore",
                type="tertiary",
            )
