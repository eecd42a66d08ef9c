"""Every model over every set: each result is written as soon as it is known, and not computed again.

Below the output folder: `results/MODEL/SET.json`, one result each; `vectors/`, see `vectors.Kept`.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from embedder.types import Encoder, Role
from training.atomic import write_json
from training.errors import DataError
from training.evaluation import sets, tasks
from training.evaluation.lexical import Bm25
from training.evaluation.progress import Progress
from training.evaluation.scorers import Dense, Scorer, symmetric_role
from training.evaluation.sets import Content, Place, Retrieval, Suite, Task
from training.evaluation.vectors import Kept, file_name
from training.progress import clock_time

BM25: Final = "bm25"  # the name of the baseline
LETTERS: Final = 4  # characters of a token, about; for the estimate of the time left


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model to measure."""

    label: str  # heads its column
    fingerprint: str  # equal only where all results are
    encoder: Encoder | None = None  # None is BM25
    dim: int | None = None  # leading numbers of a vector that are used; None for all
    symmetric: Role = "query"  # of texts compared as equals

    @classmethod
    def of(
        cls, encoder: Encoder, *, dim: int | None = None, symmetric: Role | None = None, label: str | None = None
    ) -> "Model":
        """Describe an encoder. symmetric: None asks `symmetric_role`. Raises DataError where it is shorter than dim."""
        if dim is not None and not 1 <= dim <= encoder.dim:
            raise DataError(
                f"`{encoder.name}` has vectors of {encoder.dim} numbers, and {dim} were asked for",
                hint=f"ask for 1 to {encoder.dim} with --dim, or leave it out",
            )
        dim = None if dim == encoder.dim else dim
        suffix = f" [{dim}]" if dim else ""
        return cls(
            label=(label or encoder.name) + suffix,
            fingerprint=encoder.fingerprint + (f"-{dim}" if dim else ""),
            encoder=encoder,
            dim=dim,
            symmetric=symmetric or symmetric_role(encoder.name),
        )


BASELINE: Final = Model(label=BM25, fingerprint=BM25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one set says of one model; what it is stored as."""

    version: int  # of the definitions
    model: str  # label; not compared when looked up
    fingerprint: str
    symmetric: str
    set: str
    suite: Suite
    task: Task
    digest: str  # of the set's files
    measure: str | None  # name of the main measure; None where the model cannot be measured
    score: float | None
    interval: tuple[float, float] | None  # 95 percent, of retrieval and reranking
    measures: Mapping[str, float]
    seconds: float  # with encoding what was not kept


def evaluate(
    models: Sequence[Model], places: Sequence[Place], *, out: Path, again: bool = False, progress: Progress
) -> Iterator[Result]:
    """Yield the result of each model on each set, from `out` where it stands there.

    again: compute results anew; vectors are kept all the same. Raises DataError for a damaged set or folder.
    """
    digests = {place.name: sets.digest(place) for place in places}
    contents: dict[str, Content] = {}
    for model in models:
        done = {
            place.name: stored
            for place in places
            if not again and (stored := _stored(out, model, place, digests[place.name])) is not None
        }
        pending = [place for place in places if place.name not in done]
        for place in pending:
            if place.name not in contents:  # all are read before hours are spent: a damaged one is told at once
                contents[place.name] = content = sets.read(place)
                if isinstance(content, Retrieval) and content.ambiguous:
                    left_out = ", ".join(content.ambiguous)
                    progress.note(f"{place.name}: these ids stand for several queries and are left out: {left_out}")
        scorer = _scorer(model, pending, contents, out / "vectors", progress)
        for place in places:
            result = done.get(place.name)
            if result is None:
                result = _measure(model, place, contents[place.name], digests[place.name], scorer, progress)
                _store(out, model, result)
            yield result


def _scorer(
    model: Model, pending: Sequence[Place], contents: Mapping[str, Content], folder: Path, progress: Progress
) -> Scorer:
    if model.encoder is None:
        progress.start(model.label, [], longest=1)
        return Bm25()
    kept = Kept(model.encoder, folder, dim=model.dim)
    todo: dict[tuple[Role, str], None] = {}
    for place in pending:
        queries, passages, equals = tasks.texts(contents[place.name], task=place.task)
        roles: tuple[tuple[Role, Sequence[str]], ...] = (
            ("query", queries),
            ("passage", passages),
            (model.symmetric, equals),
        )
        for role, texts in roles:
            todo |= dict.fromkeys((role, text) for text in kept.missing(texts, role))
    progress.start(model.label, [text for _, text in todo], longest=model.encoder.max_tokens * LETTERS)
    return Dense(kept, symmetric=model.symmetric, on_encoded=progress.encoded)


def _measure(model: Model, place: Place, content: Content, digest: str, scorer: Scorer, progress: Progress) -> Result:
    start = time.monotonic()
    progress.begin(place.name)
    outcome = tasks.run(content, scorer, task=place.task, suite=place.suite)
    measure = tasks.MAIN[place.task]
    result = Result(
        version=tasks.VERSION,
        model=model.label,
        fingerprint=model.fingerprint,
        symmetric=model.symmetric,
        set=place.name,
        suite=place.suite,
        task=place.task,
        digest=digest,
        measure=measure if outcome else None,
        score=outcome.measures[measure] if outcome else None,
        interval=outcome.interval if outcome else None,
        measures=outcome.measures if outcome else {},
        seconds=round(time.monotonic() - start, 2),
    )
    if outcome:
        score = f"{measure} {outcome.measures[measure]:.4f}"
        progress.note(f"{model.label}: {place.name}, {score}, {clock_time(result.seconds)}")
    return result


# -- results on disk -------------------------------------------------------------------------------------------------


def _path(out: Path, model: Model, name: str) -> Path:
    return out / "results" / file_name(model.fingerprint) / f"{file_name(name)}.json"


def _stored(out: Path, model: Model, place: Place, digest: str) -> Result | None:
    """Return the result that stands in `out`, or None where none does or it is of other data or definitions."""
    path = _path(out, model, place.name)
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        interval = raw["interval"]
        result = Result(
            **{
                **raw,
                "model": model.label,
                "suite": Suite(raw["suite"]),
                "task": Task(raw["task"]),
                "interval": tuple(interval) if interval else None,
            }
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"cannot read the result {path}: {error}", hint="delete the file: it is computed anew"
        ) from error
    known = (result.version, result.fingerprint, result.symmetric, result.suite, result.task, result.digest)
    same = known == (tasks.VERSION, model.fingerprint, model.symmetric, place.suite, place.task, digest)
    return result if same else None


def _store(out: Path, model: Model, result: Result) -> None:
    write_json(_path(out, model, result.set), asdict(result))
