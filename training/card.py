"""The model card: what a checkpoint is, what it was trained on and how, what it scores, and what it is not for.

Pure: facts in, Markdown out, with the YAML head that the Hugging Face hub reads.
"""

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from embedder.files import Layout
from training.errors import RunError
from training.recipe import STAGES

PAPER: Final = "https://arxiv.org/abs/2308.03281"
TAGS: Final = ("sentence-transformers", "feature-extraction", "sentence-similarity", "code-search", "gte")
LIMITS: Final = (
    "English prose, and code in the languages of the training data. Other languages were not trained.",
    "Texts beyond {max_tokens} tokens are cut: split long files and documents into sections or functions.",
    "A cosine orders texts for one query; it is no probability, and one threshold does not fit every query.",
    "What the training data says and leaves out, the vectors repeat. Do not decide about people with them.",
)
KEPT: Final = " The training data keeps the licences named above."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """How a checkpoint came to be; empty for one that was not trained here."""

    recipe: Mapping[str, Any] = field(default_factory=dict)  # recipe.json
    stage: str | None = None  # that the checkpoint is of; the stages before it are done
    steps: int = 0  # of that stage
    pairs: int = 0  # rows seen in that stage
    seconds: float = 0.0  # of training that stage

    @property
    def licence(self) -> str:
        """What the recipe says of the weights, as the hub spells it: in small letters."""
        return str(self.recipe.get("licence", "Apache-2.0")).lower()

    @property
    def stages(self) -> dict[str, Mapping[str, Any]]:
        """The settings of the stages that were trained, in order."""
        names = STAGES[: STAGES.index(self.stage) + 1] if self.stage in STAGES else ()
        return {name: self.recipe[name] for name in names if name in self.recipe}

    def elastic(self, layout: Layout) -> dict[str, tuple[int, ...]]:
        """Return which shorter vectors (from the longest) and prefixes of the layers the last stage trained too."""
        last: Mapping[str, Any] = self.stages.get(self.stage or "", {})
        found = {}
        if last.get("dims"):
            found["elastic_dims"] = tuple(sorted({layout.config.hidden, *last["dims"]}, reverse=True))
        if last.get("layers"):
            found["elastic_layers"] = tuple(sorted({layout.config.layers, *last["layers"]}))
        return found

    def uses(self, source: str) -> bool:
        """Tell whether any stage drew rows of a source."""
        left_out = [stage.get("exclude", ()) for stage in self.stages.values()]
        return not left_out or not all(any(fnmatch.fnmatchcase(source, p) for p in patterns) for patterns in left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """One source of training rows."""

    name: str
    rows: int | None = None  # that training may draw; None where nobody counted
    licence: str | None = None  # SPDX identifier, or a few words where several hold


@dataclass(frozen=True, slots=True, kw_only=True)
class CardData:
    """What only its maker knows of a model."""

    sources: tuple[DataSource, ...] = ()
    base_model: str | None = None  # name on the hub of what training started from
    licence: str | None = None  # of the weights, as the hub spells it; None: the recipe's
    languages: tuple[str, ...] = ("en",)
    notes: tuple[str, ...] = field(default=())  # more limits, a sentence each

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "CardData":
        """Join JSON files: later ones add to and replace what earlier ones say.

        `{"sources": {NAME: {"rows": int, "licence": str}}, "base_model", "licence", "languages", "notes"}`, every
        key optional: the manifest.json of prepared data is such a file. A NAME with `*` in it describes the sources
        of the files before that it matches. Raises RunError where a file is missing or shaped otherwise.
        """
        sources: dict[str, dict[str, Any]] = {}
        facts: dict[str, Any] = {}
        for path in paths:
            raw = read_json(path)
            facts |= {key: raw[key] for key in ("base_model", "licence", "languages", "notes") if key in raw}
            for pattern, said in _sources(raw, path):
                matched = [name for name in sources if fnmatch.fnmatchcase(name, pattern)]
                for name in matched if "*" in pattern else [pattern]:
                    sources.setdefault(name, {}).update(said)
        return cls(
            sources=tuple(DataSource(name=name, **said) for name, said in sorted(sources.items())),
            base_model=facts.get("base_model"),
            licence=facts.get("licence"),
            languages=tuple(facts.get("languages", ("en",))),
            notes=tuple(facts.get("notes", ())),
        )


def read_json(path: Path) -> Mapping[str, Any]:
    """Parse a JSON file that holds an object. Raises RunError naming it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read {path}: {error}", hint="give a JSON file, or leave the option out") from error
    if not isinstance(raw, dict):
        raise RunError(f"{path} holds no JSON object", hint="give a file that `gte-train` wrote")
    return raw


def render(
    layout: Layout,
    *,
    trained: Trained,
    results: Mapping[str, Any] | None,
    data: CardData,
    merge: str | None = None,
) -> str:
    """Return the card of an exported folder as Markdown.

    results: evaluation.json of `gte-train evaluate`.
    merge: a sentence on whose weights were mixed.
    """
    licence = data.licence or trained.licence
    parts = [
        _head(data, licence),
        f"# {layout.name}\n\n{_about(layout, trained, data)}",
        _use(layout, trained.elastic(layout)),
        _section("Training data", _data([source for source in data.sources if trained.uses(source.name)])),
        _section("Training", _training(trained, merge)),
        _section("Measured", _measured(results)),
        _section("Intended use and limits", _limits(layout, data)),
        _section("Licence", f"The weights: {licence}." + (KEPT if data.sources else "")),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(data: CardData, licence: str) -> str:
    """Return the YAML that the hub reads. JSON strings are YAML, so nothing has to be escaped another way."""
    lines = ["---", f"license: {json.dumps(licence)}", "language:", *_items(data.languages)]
    lines += ["library_name: sentence-transformers", "pipeline_tag: sentence-similarity", "tags:", *_items(TAGS)]
    if data.base_model:
        lines += [f"base_model: {json.dumps(data.base_model)}"]
    return "\n".join([*lines, "---"])


def _items(values: Iterable[str]) -> list[str]:
    return [f"- {json.dumps(value)}" for value in values]


def _about(layout: Layout, trained: Trained, data: CardData) -> str:
    config = layout.config
    start = f", started from [{data.base_model}](https://huggingface.co/{data.base_model})" if data.base_model else ""
    what = f"{_architecture(layout)} of {config.layers} layers"
    how = f" and trained with GTE's contrastive stages ([arXiv 2308.03281]({PAPER}))" if trained.stage else ""
    return (
        f"Text and code to vectors, for search by meaning: {what}{start}{how}, "
        f"written by gte-search.\n\n"
        f"| vector | longest input | pooling | similarity | prefixes |\n|---|---|---|---|---|\n"
        f"| {config.hidden} numbers | {layout.max_tokens} tokens | {layout.pooling.value} | cosine | "
        f"{_prefixes(layout)} |"
    )


def _architecture(layout: Layout) -> str:
    return {
        "bert": "a BERT encoder",
        "roberta": "a RoBERTa encoder",
        "xlm-roberta": "an XLM-RoBERTa encoder",
        "mpnet": "an MPNet encoder",
        "distilbert": "a DistilBERT encoder",
        "modernbert": "a ModernBERT encoder",
    }.get(layout.config.kind, "an encoder")


def _prefixes(layout: Layout) -> str:
    if not layout.query_prefix and not layout.passage_prefix:
        return "none"
    return f"`{layout.query_prefix}` before queries, `{layout.passage_prefix}` before passages"


def _use(layout: Layout, elastic: Mapping[str, tuple[int, ...]]) -> str:
    text = f"""## Use

```python
import embedder  # of gte-search

encoder = embedder.load("FOLDER")
vectors = encoder.encode(["where are failed uploads retried"], role="query")
```

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("FOLDER")  # on a GPU: model_kwargs={{"dtype": "float16"}}
vectors = model.encode(["where are failed uploads retried"])
```

FOLDER is where this file stands. For `{layout.name}` both give the same vectors."""
    dims, layers = elastic.get("elastic_dims"), elastic.get("elastic_layers")
    if dims:
        text += f"\n\nThe first {_listed(dims)} numbers of a vector, scaled to unit length again, are vectors too."
    if layers:
        text += f"\n\nThe first {_listed(layers)} layers alone, pooled in the same way, are a faster model."
    return text


def _listed(numbers: Sequence[int]) -> str:
    *some, last = map(str, numbers)
    return f"{', '.join(some)} or {last}" if some else last


def _data(sources: Sequence[DataSource]) -> str:
    if not sources:
        return ""
    rows = [(source.name, _count(source.rows), source.licence or "not stated") for source in sources]
    total = sum(source.rows or 0 for source in sources)
    return _table(("source", "pairs", "licence"), [*rows, (f"all {len(sources)}", _count(total), "")], numbers=(1,))


def _training(trained: Trained, merge: str | None) -> str:
    parts = []
    if trained.stage:
        parts.append(
            f"Recipe `{trained.recipe.get('name', 'unnamed')}`; the last stage, `{trained.stage}`, ran "
            f"{trained.steps:,} steps over {trained.pairs:,} pairs in {trained.seconds / 3600:.1f} hours of computing."
        )
    if merge:
        parts.append(merge)
    settings = [setting for stage, table in trained.stages.items() for setting in _flat(table, f"{stage}.")]
    if settings:
        parts.append(_table(("setting", "value"), settings))
    return "\n\n".join(parts)


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield each setting that is not empty with its path, such as `finetune.rate`."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif value not in (None, [], ()):
            yield f"`{prefix}{key}`", value if isinstance(value, str) else json.dumps(value)


def _measured(results: Mapping[str, Any] | None) -> str:
    """Return means and sets against models; the best of a row stands in bold."""
    if results is None:
        return ""
    try:
        means: dict[str, dict[str, float | None]] = results["means"]
        scores = {(found["model"], found["set"]): found["score"] for found in results["results"]}
        measures = {found["set"]: found["measure"] or "" for found in results["results"]}
        titles = dict.fromkeys(name for found in means.values() for name in found)
        rows = [(f"**mean: {name}**", "", *_scores([means[model].get(name) for model in means])) for name in titles]
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError("the results are no evaluation.json", hint="give the one `gte-train evaluate` wrote") from error
    for name, measure in measures.items():
        rows.append((name, measure, *_scores([scores.get((model, name)) for model in means])))
    return _table(("", "measure", *means), rows, numbers=range(2, len(means) + 2)) + "\n\nScores are times 100."


def _scores(values: Sequence[float | None]) -> list[str]:
    shown = ["" if value is None else f"{100 * value:.1f}" for value in values]
    best = max((float(text) for text in shown if text), default=0.0)  # as shown: 50.04 and 50.01 are equal here
    several = sum(map(bool, shown)) > 1
    return [f"**{text}**" if several and text and float(text) == best else text for text in shown]


def _limits(layout: Layout, data: CardData) -> str:
    use = "Search over source code and documents, on one machine or many; finding duplicates; grouping texts."
    limits = (*(limit.format(max_tokens=layout.max_tokens) for limit in LIMITS), *data.notes)
    return use + "\n\n" + "\n".join(f"- {limit}" for limit in limits)


# -- Markdown --------------------------------------------------------------------------------------------


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Return a Markdown table; `numbers` are the columns set to the right."""
    rule = ["--:" if column in numbers else "---" for column in range(len(head))]
    lines = [" | ".join(cells) for cells in (head, rule, *([_cell(cell) for cell in row] for row in rows))]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _sources(raw: Mapping[str, Any], path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    sources = raw.get("sources", {})
    if not isinstance(sources, dict) or not all(isinstance(said, dict) for said in sources.values()):
        raise RunError(f"{path}: `sources` is no table of names", hint='write {"sources": {"NAME": {"rows": 1}}}')
    for name, said in sources.items():
        found = {key: said[key] for key in ("rows", "licence") if key in said}
        yield name, found | ({"rows": said["kept"]} if "kept" in said else {})  # a manifest counts both
