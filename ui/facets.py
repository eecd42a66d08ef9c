"""The facets beside the results: a press writes a filter into the query, another takes it away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import streamlit as st

from indexer.types import Facets, Kind, RepoStatus
from ui import render
from ui.question import Qualifier, Question

TITLES: Final = {"repos": "Repository", "languages": "Language", "kinds": "Kind", "folders": "Folder"}
FIRST: Final = 7  # values shown at once, the rest behind a press
ROOT: Final = "."  # what the store calls files that are in no folder


def show(
    question: Question,
    repos: Sequence[RepoStatus],
    facets: Facets,
    *,
    more: bool,
    press: Callable[[Qualifier], None],
) -> None:
    """Draw the facets in the sidebar.

    facets: counts of what answers. more: there is more of everything than was counted. press: called with the
    filter of a facet that was pressed.
    """
    with st.sidebar:
        for field, title in TITLES.items():
            values = list(choices(field, question, repos, facets.get(field, {})))
            if len(values) < 2 and not any(question.holds(one) for one, _ in values):
                continue  # nothing to choose from
            with st.container(key=f"facet-{field}", gap=None):
                st.html(f'<h2 class="gs-facet">{title}</h2>')
                for qualifier, count in values[:FIRST]:
                    _value(question, qualifier, count, more=more, press=press)
                if len(values) > FIRST:
                    with st.expander(f"{len(values) - FIRST} more"):
                        for qualifier, count in values[FIRST:]:
                            _value(question, qualifier, count, more=more, press=press)


def choices(
    field: str, question: Question, repos: Sequence[RepoStatus], counts: Mapping[str, int]
) -> Iterator[tuple[Qualifier, int | None]]:
    """Yield the filters of one facet with how much each leaves; None where that was not counted.

    Those in force come first. Where one of the field is, the others are not among what was counted: they are
    offered all the same, since another value of the field is an alternative.
    """
    name, known = _known(field, repos)
    held = [one for one in question.qualifiers if one.name == name and not one.sign]
    counted = {_qualifier(name, value): count for value, count in counts.items() if (name, value) != ("path", ROOT)}
    for one in held:
        yield one, next((count for other, count in counted.items() if one.same(other)), None)
    others = dict.fromkeys([*counted, *(_qualifier(name, value) for value in known)] if held else counted)
    for one in others:
        if not any(one.same(other) for other in held):
            yield one, counted.get(one)


def _known(field: str, repos: Sequence[RepoStatus]) -> tuple[str, list[str]]:
    """Return the name that a field has in query text, and the values of it that the index is known to hold."""
    match field:
        case "repos":
            return "repo", [status.repo.name for status in repos]
        case "languages":
            return "lang", sorted({language for status in repos for language in status.languages})
        case "kinds":
            return "kind", [str(kind) for kind in Kind]
        case _:
            return "path", []


def _qualifier(name: str, value: str) -> Qualifier:
    return Qualifier("", name, f"{value}/**" if name == "path" else value)


def _value(
    question: Question, qualifier: Qualifier, count: int | None, *, more: bool, press: Callable[[Qualifier], None]
) -> None:
    held = question.holds(qualifier)
    value = qualifier.value.removesuffix("/**") if qualifier.name == "path" else qualifier.value
    counted = "" if count is None else f" :gray[{count:,}{'+' if more else ''}]"
    st.button(
        f"{render.label(value)}{counted}",
        key=f"facet-{qualifier}",
        type="tertiary",
        icon=":material/check:" if held else None,
        help="Take this filter away" if held else None,
        on_click=press,
        args=[qualifier],
    )
