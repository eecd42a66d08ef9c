"""What the user asks, and its form in the address bar: `?q=retry&lang=python&path=src/**`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

FIELDS: Final[Mapping[str, str]] = {"repos": "repo", "languages": "lang", "kinds": "kind", "paths": "path"}
"""Filter to its name in the address bar, the same as in query text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query and its filters; values of one filter are alternatives."""

    query: str = ""
    repos: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()  # gitignore-style globs

    @property
    def filters(self) -> list[tuple[str, str]]:
        """Every filter in force, as (field, value)."""
        return [(field, value) for field in FIELDS for value in getattr(self, field)]

    def without(self, field: str, value: str) -> "Question":
        """Return the question with one filter value dropped."""
        kept: Any = tuple(one for one in getattr(self, field) if one != value)
        return replace(self, **{field: kept})


def to_params(question: Question) -> dict[str, list[str]]:
    """Write a question as parameters of the address; empty fields are left out."""
    params = {"q": [question.query]} if question.query.strip() else {}
    for field, value in question.filters:
        params.setdefault(FIELDS[field], []).append(value)
    return params


def from_params(params: Mapping[str, Sequence[str]]) -> Question:
    """Read a question from parameters of the address; unknown ones are ignored, of `q` the last counts."""
    queries = params.get("q") or [""]
    filters: Any = {field: distinct(params.get(name, ())) for field, name in FIELDS.items()}
    return Question(query=queries[-1], **filters)


def split_globs(text: str) -> tuple[str, ...]:
    """Read what was typed into the path field: globs separated by commas."""
    return distinct(part.strip() for part in text.split(","))


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the non-empty values once each, in order."""
    return tuple(dict.fromkeys(value for value in values if value))
