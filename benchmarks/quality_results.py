"""Another tool's answers to the code-search benchmark, from a file in the benchmark's own format.

One JSON object a line, the best result first; paths count from the top of the repository, lines may be left out:

    {"repo": "click", "query": "progress bars", "results": [{"path": "src/termui.py", "start": 1, "end": 60}]}
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from indexer.errors import LabelsError
from indexer.evaluation import labels, run
from indexer.evaluation.labels import Labelled, Place
from indexer.evaluation.run import Report

FORM: Final = 'a line is like {"repo": "click", "query": "progress bars", "results": [{"path": "src/termui.py"}]}'

Answers = Mapping[tuple[str, str], Sequence[Place]]
"""The results of a query, best first, by repository and query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What another tool's answers come to."""

    report: Report
    unanswered: int  # queries without a line in the file; each scores 0


def read(path: Path) -> Answers:
    """Read a file of results. Raises LabelsError naming the file and line that is wrong."""
    found: dict[tuple[str, str], list[Place]] = {}
    for number, line in _lines(path):
        try:
            asked, places = _answer(json.loads(line))
            if asked in found:
                raise ValueError("an earlier line has the same repository and query")
        except KeyError as error:
            raise LabelsError(f"{path}:{number}: `{error.args[0]}` is missing", hint=FORM) from error
        except (ValueError, RecursionError) as error:  # of JSON and of UTF-8 too
            raise LabelsError(f"{path}:{number}: {error}", hint=FORM) from error
        found[asked] = places
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield number (from 1) and bytes of each line that is not blank; only a line feed ends one."""
    try:
        with path.open("rb") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except OSError as error:
        raise LabelsError(f"cannot read {path}: {error.strerror}", hint="name a file of results") from error


def _answer(row: Any) -> tuple[tuple[str, str], list[Place]]:  # noqa: ANN401  # whatever the line holds
    """Raises KeyError for what is missing, ValueError for what is of the wrong kind."""
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    repo, query, results = row["repo"], row["query"], row["results"]
    if not isinstance(repo, str) or not isinstance(query, str):
        raise ValueError("`repo` or `query` is not a text")
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise ValueError("`results` is not a list of objects")
    return (repo, query), [_place(one) for one in results]


def _place(result: Mapping[str, Any]) -> Place:
    path, lines = result["path"], (result.get("start"), result.get("end"))
    if not isinstance(path, str):
        raise ValueError("the `path` of a result is not a text")
    if any(line is not None and (isinstance(line, bool) or not isinstance(line, int)) for line in lines):
        raise ValueError("`start` or `end` of a result is not a number of a line")
    if (lines[0] is None) != (lines[1] is None):
        raise ValueError("a result has only one of `start` and `end`")
    return Place(path=labels.normal_path(path), start=lines[0], end=lines[1])


def measure(queries: Sequence[Labelled], answers: Answers) -> Scored:
    """Score the answers to these queries; those to others, as of a repository that is not there, count nothing.

    Raises LabelsError where none of the queries is answered: the file is of something else.
    """
    asked = [(one.repo or "", one.query) for one in queries]
    unanswered = sum(key not in answers for key in asked)
    if unanswered == len(asked):
        raise LabelsError("no line is about a query of the benchmark", hint="repositories and queries must be the same")
    report = run.evaluate(queries, lambda one: answers.get((one.repo or "", one.query), []))
    return Scored(report=report, unanswered=unanswered)
