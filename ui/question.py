"""What the user asks, and its form in the address bar: `?q=retry+lang:python&in=code`.

Filters stand in the text of the query as they are typed, so that what one sees is what is asked. A press on a
facet writes one there, another takes it away.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from indexer import languages, traces
from indexer.query import PIECE

PAGE: Final = 10  # results at first, and more at each press
MOST: Final = 200  # results on one page: who reads that far should add a filter
FIELDS: Final[Mapping[str, str]] = {"repos": "repo", "languages": "lang", "kinds": "kind", "paths": "path"}
"""Filter to its name in query text, and to a parameter that addresses of earlier versions had for it."""

TRAILING: Final = re.compile(r"(?:\s+-?(?:repo|lang|kind|path|symbol):(?:\"[^\"]*\"|\S+))+\s*$")
ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of a hit
MANY: Final = frozenset({"lang", "kind"})  # of whose values several may stand behind one name: `kind:section,page`


class Scope(StrEnum):
    """Which files a question is about."""

    ALL = "all"
    CODE = "code"
    DOCUMENTS = "documents"


DOCUMENTS: Final = tuple(one.name for one in languages.LANGUAGES if languages.is_document(one.name))
NOT_CODE: Final = tuple(name for name in DOCUMENTS if name != "notebook")  # which is both


class Qualifier(NamedTuple):
    """One filter in query text; of `lang:go,python` one for each value."""

    sign: str  # "" or "-"
    name: str  # as typed: "lang"
    value: str

    def __str__(self) -> str:
        """Write it as one types it."""
        value = f'"{self.value}"' if re.search(r"\s", self.value) else self.value
        return f"{self.sign}{self.name}:{value}"

    def same(self, other: "Qualifier") -> bool:
        """Tell whether both mean the same: `lang:py` and `lang:python` do."""
        return (self.sign, self.name, _meant(self)) == (other.sign, other.name, _meant(other))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query with its filters, where it looks, and how much of the answer is shown."""

    query: str = ""
    scope: Scope = Scope.ALL
    like: str = ""  # id of a hit whose relatives are asked for instead
    shown: int = PAGE

    @property
    def words(self) -> str:
        """The query without its filters."""
        return " ".join(PIECE.sub(lambda found: " " if found["field"] else found.group(), self.query).split())

    @property
    def qualifiers(self) -> list[Qualifier]:
        """The filters in the query, in order."""
        return [one for found in PIECE.finditer(self.query) if found["field"] for one in _of(found)]

    def holds(self, qualifier: Qualifier) -> bool:
        """Tell whether a filter is in the query."""
        return any(qualifier.same(one) for one in self.qualifiers)

    def toggled(self, qualifier: Qualifier) -> "Question":
        """Return the question with a filter written into its query, or taken away if it was there."""
        if self.holds(qualifier):
            return self.without(qualifier)
        return replace(self, query=f"{self.query.strip()} {qualifier}".strip(), like="", shown=PAGE)

    def without(self, qualifier: Qualifier) -> "Question":
        """Return the question with one filter taken away."""

        def keep(found: "re.Match[str]") -> str:
            if not found["field"]:
                return found.group()
            parts = _of(found)
            kept = [one for one in parts if not qualifier.same(one)]
            if len(kept) == len(parts):
                return found.group()
            return f"{found['sign']}{found['field']}:{','.join(one.value for one in kept)}" if kept else ""

        return replace(self, query=" ".join(PIECE.sub(keep, self.query).split()), like="", shown=PAGE)

    def asked(self) -> tuple[str, dict[str, list[str]]]:
        """Return what to search for: text, and filters beside it by the name of the argument.

        Nothing in a pasted trace is a filter, so those that the page wrote behind one are given beside it.
        """
        text, beside = self.query, dict[str, list[str]]()
        bare = TRAILING.sub("", text)
        if traces.read(bare).pasted:
            of_field = {name: field for field, name in FIELDS.items()}
            for one in self.qualifiers:
                if not one.sign and one.name in of_field:
                    beside.setdefault(of_field[one.name], []).append(one.value)
            return bare, beside
        if self.scope is Scope.CODE:
            text = f"{text} -lang:{','.join(NOT_CODE)}"
        if self.scope is Scope.DOCUMENTS and not any(one.name == "lang" and not one.sign for one in self.qualifiers):
            beside["languages"] = list(DOCUMENTS)
        return text, beside


def to_params(question: Question) -> dict[str, list[str]]:
    """Write a question as parameters of the address; what is as at first is left out."""
    params: dict[str, list[str]] = {}
    if question.query.strip():
        params["q"] = [question.query]
    if question.scope is not Scope.ALL:
        params["in"] = [question.scope.value]
    if question.like:
        params["like"] = [question.like]
    if question.shown != PAGE:
        params["n"] = [str(question.shown)]
    return params


def from_params(params: Mapping[str, Sequence[str]]) -> Question:
    """Read a question from parameters of the address; unknown ones are ignored, of a repeated one the last counts.

    Filters with a parameter of their own (`lang=python`) are written into the query.
    """
    last = {name: values[-1] for name, values in params.items() if values}
    scope = last.get("in", "")
    number = last.get("n", "")
    shown = int(number) if re.fullmatch(r"[0-9]{1,4}", number) else PAGE
    question = Question(
        query=last.get("q", ""),
        scope=Scope(scope) if scope in list(Scope) else Scope.ALL,
        like=last.get("like", "") if ID.fullmatch(last.get("like", "")) else "",
        shown=min(max(shown, PAGE), MOST),
    )
    for name in FIELDS.values():
        for value in distinct(params.get(name, ())):
            qualifier = Qualifier("", name, value)
            if not question.holds(qualifier):
                question = replace(question.toggled(qualifier), like=question.like, shown=question.shown)
    return question


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the non-empty values once each, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


def _of(found: "re.Match[str]") -> list[Qualifier]:
    value = found["value"].strip('"')
    values = [part for part in value.split(",") if part] if found["field"] in MANY else [value]
    return [Qualifier(found["sign"], found["field"], one) for one in values]


def _meant(qualifier: Qualifier) -> str:
    if qualifier.name == "lang":
        language = languages.by_name(qualifier.value)
        return language.name if language else qualifier.value
    return qualifier.value.lower() if qualifier.name == "kind" else qualifier.value
