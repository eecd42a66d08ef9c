"""A recipe: everything that decides what a run computes, read from TOML. An unknown key is an error."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from training.errors import RecipeError
from training.losses import LossName

Precision = Literal["auto", "float32", "bfloat16", "float16"]
STAGES: Final = ("pretrain", "finetune")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Distillation:
    """Follow a teacher's similarities on some sources."""

    teacher: str  # what `embedder.load` takes
    sources: tuple[str, ...] = ("*",)  # patterns of their names
    weight: float = 1.0  # of this loss beside the contrastive one
    temperature: float = 0.05  # of the student's cosines
    teacher_temperature: float = 0.05  # lower where the teacher's cosines lie in a narrow band


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of training. Lengths count special tokens."""

    steps: int
    batch: int  # rows a step, over all processes
    rate: float  # highest learning rate
    temperature: float = 0.01
    loss: LossName = LossName.IMPROVED
    alpha: float = 0.5  # sources are drawn with p proportional to boost * rows^alpha
    runs: Mapping[str, int] = field(default_factory=dict)  # pattern of sources -> neighbours that stay together
    exclude: tuple[str, ...] = ()  # patterns of sources that are left out
    boost: Mapping[str, float] = field(default_factory=dict)  # pattern of sources -> factor of their chance
    query_tokens: int = 128
    passage_tokens: int = 128
    negatives: int = 0  # hard negatives a row
    margins: float = 0.0  # weight of the loss on a cross-encoder's margins, where rows carry its scores
    dims: tuple[int, ...] = ()  # shorter prefixes of the vector that are trained too (Matryoshka)
    layers: tuple[int, ...] = ()  # shorter prefixes of the layers that are trained too
    prefix_weight: float = 1.0  # of each such prefix, beside 1 for the whole
    dropout: float = 0.1
    warmup: float = 0.05  # share of the steps
    weight_decay: float = 0.01
    clip: float = 1.0  # longest gradient
    replay: bool = True  # gradient caching: memory independent of the batch, a third more time
    chunk_tokens: int = 16384  # padded tokens that go through the model at once
    save_every: int = 1000  # steps
    seed: int = 0
    distillation: Distillation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A model's stages."""

    name: str
    start: str  # what `embedder.load` takes: the checkpoint that training starts from
    licence: str = "Apache-2.0"  # of the result
    pretrain: Stage | None = None
    finetune: Stage | None = None

    def stage(self, name: str) -> Stage:
        """Return a stage by name. Raises RecipeError where the recipe has none."""
        found: Stage | None = getattr(self, name)
        if found is None:
            raise RecipeError(f"recipe `{self.name}` has no stage `{name}`", hint=f"add a table [{name}] to it")
        return found


def known() -> list[str]:
    """Return the names of the recipes that come with the package."""
    return sorted(path.name.removesuffix(".toml") for path in files("training").joinpath("recipes").iterdir())


def read(name_or_path: str, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe: the name of one that comes with the package, or a TOML file.

    changes: dotted key to value, such as {"pretrain.steps": 10}, applied before anything is checked.
    Raises RecipeError.
    """
    if name_or_path in known():
        text = files("training").joinpath("recipes", f"{name_or_path}.toml").read_text(encoding="utf-8")
    else:
        try:
            text = Path(name_or_path).read_text(encoding="utf-8")
        except OSError as error:
            raise RecipeError(
                f"there is no recipe `{name_or_path}`: {error.strerror}",
                hint=f"name a TOML file or one of: {', '.join(known())}",
            ) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name_or_path}: {error}", hint="correct the file") from error
    for key, value in (changes or {}).items():
        *parents, last = key.split(".")
        table = raw
        for parent in parents:
            table = table.setdefault(parent, {})
        table[last] = value
    return parse(raw, where=name_or_path)


def parse(raw: Mapping[str, Any], *, where: str) -> Recipe:
    """Build a recipe from its tables. Raises RecipeError naming the key."""
    tables = dict(raw)
    for name in STAGES:
        if name in tables:
            stage = dict(tables[name])
            if "distillation" in stage:
                stage["distillation"] = _build(Distillation, stage["distillation"], f"{where}: {name}.distillation")
            tables[name] = _checked(_build(Stage, stage, f"{where}: {name}"), f"{where}: {name}")
    return _build(Recipe, tables, where)


def as_json(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as tables that `parse` reads."""
    found = asdict(recipe)
    for name in STAGES:
        if found[name] is None:
            del found[name]
        elif found[name]["distillation"] is None:
            del found[name]["distillation"]
    return found


def _build(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    types = {item.name: str(item.type) for item in fields(kind)}  # type: ignore[arg-type]  # each is a dataclass
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            raise RecipeError(f"{where}: unknown key `{key}`", hint=f"known keys: {', '.join(types)}")
        values[key] = _value(value, types[key], f"{where}.{key}")
    try:
        return kind(**values)
    except TypeError as error:  # a key without a default is missing
        raise RecipeError(f"{where}: {error}", hint="add the missing key") from error


def _value(value: Any, wanted: str, where: str) -> Any:  # noqa: ANN401  # any TOML value
    if wanted == "LossName":
        if value not in list(LossName):
            raise RecipeError(f"{where} is {value!r}", hint=f"use one of: {', '.join(LossName)}")
        return LossName(value)
    if wanted.startswith("tuple"):
        inner = int if "int" in wanted else str
        if not isinstance(value, list | tuple) or not all(type(item) is inner for item in value):
            raise RecipeError(f"{where} is {value!r}, not a list of {inner.__name__}", hint="correct the value")
        return tuple(value)
    plain = SCALARS.get(wanted.removesuffix(" | None"))
    if plain is None:  # a table that is built already, or a mapping
        return value
    if plain is float and type(value) is int:
        return float(value)
    if type(value) is not plain and not (value is None and wanted.endswith("| None")):
        raise RecipeError(f"{where} is {value!r}, not of type {plain.__name__}", hint="correct the value")
    return value


SCALARS: Final[Mapping[str, type]] = {"int": int, "float": float, "str": str, "bool": bool}


def _checked(stage: Stage, where: str) -> Stage:
    for key in ("steps", "batch", "rate", "temperature", "query_tokens", "passage_tokens", "chunk_tokens"):
        if getattr(stage, key) <= 0:
            raise RecipeError(f"{where}.{key} is {getattr(stage, key)}, not above 0", hint="correct the value")
    return stage
