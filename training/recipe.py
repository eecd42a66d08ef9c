"""A recipe: everything that decides what a run computes, read from TOML. An unknown key is an error."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from training.errors import RecipeError
from training.loss_name import LossName

Precision = Literal["auto", "float32", "bfloat16", "float16"]
STAGES: Final = ("pretrain", "finetune")  # in the order they are trained
SHARES: Final = ("dropout", "warmup")
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
    losses: Mapping[str, LossName] = field(default_factory=dict)  # pattern of sources -> their loss instead
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

    def loss_of(self, source: str) -> LossName:
        """Return the loss of a source: that of the first pattern that matches its name, else `loss`."""
        return next((loss for pattern, loss in self.losses.items() if fnmatchcase(source, pattern)), self.loss)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A model's stages."""

    name: str
    start: str  # what `embedder.load` takes: the checkpoint that training starts from
    licence: str = "Apache-2.0"  # of the weights; the model card states it
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
    names = [path.name for path in files("training").joinpath("recipes").iterdir()]
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


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
        except UnicodeDecodeError as error:
            raise RecipeError(f"{name_or_path} is no text: {error}", hint="name a TOML file") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name_or_path}: {error}", hint="correct the file") from error
    for key, value in (changes or {}).items():
        *parents, last = key.split(".")
        table = raw
        for parent in parents:
            table = _table(table.setdefault(parent, {}), f"{name_or_path}: {parent}")
        table[last] = value
    return parse(raw, where=name_or_path)


def parse(raw: Mapping[str, Any], *, where: str) -> Recipe:
    """Build a recipe from its tables. Raises RecipeError naming the key."""
    tables = dict(raw)
    for name in STAGES:
        if name in tables:
            here = f"{where}: {name}"
            stage = dict(_table(tables[name], here))
            if "distillation" in stage:
                distillation = _build(Distillation, _table(stage["distillation"], f"{here}.distillation"), here)
                stage["distillation"] = _checked(distillation, f"{here}.distillation")
            tables[name] = _checked(_build(Stage, stage, here), here)
            if tables[name].margins and not tables[name].negatives:
                raise RecipeError(f"{here}.margins has no negatives to work on", hint="set `negatives` above 0")
    return _build(Recipe, tables, where)


def as_json(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as tables that `parse` reads, made of what JSON has."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    for name in STAGES:
        if found[name] is None:
            del found[name]
        elif found[name]["distillation"] is None:
            del found[name]["distillation"]
    return found


def _build(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    types = {item.name: item.type for item in fields(kind)}  # type: ignore[arg-type]  # each is a dataclass
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            raise RecipeError(f"{where}: unknown key `{key}`", hint=f"known keys: {', '.join(types)}")
        values[key] = _value(value, types[key], f"{where}.{key}")
    try:
        return kind(**values)
    except TypeError as error:  # a key without a default is missing
        raise RecipeError(f"{where}: {error}", hint="add the missing key") from error


def _value(value: Any, wanted: Any, where: str) -> Any:  # noqa: ANN401  # any TOML value, any type of a field
    if wanted is LossName:
        if value not in list(LossName):
            raise RecipeError(f"{where} is {value!r}", hint=f"use one of: {', '.join(LossName)}")
        return LossName(value)
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)[0]
        if not isinstance(value, list) or not all(type(item) is inner for item in value):
            raise RecipeError(f"{where} is {value!r}, not a list of {inner.__name__}", hint="correct the value")
        return tuple(value)
    if get_origin(wanted) is Mapping:
        inner = get_args(wanted)[1]
        return {key: _value(each, inner, f"{where}.{key}") for key, each in _table(value, where).items()}
    if wanted is float and type(value) is int:
        return float(value)
    if wanted in (int, float, str, bool) and type(value) is not wanted:
        raise RecipeError(f"{where} is {value!r}, not of type {wanted.__name__}", hint="correct the value")
    return value


def _table(value: Any, where: str) -> dict[str, Any]:  # noqa: ANN401  # any TOML value
    if not isinstance(value, dict):
        raise RecipeError(f"{where} is {value!r}, not a table", hint="write it as a table of keys and values")
    return value


def _checked(table: T, where: str) -> T:
    """Refuse numbers out of their range, naming the key."""
    for key, least in LEAST.items():
        found = getattr(table, key, ())
        values = found.values() if isinstance(found, Mapping) else found if isinstance(found, tuple) else (found,)
        if not all(value >= least for value in values):  # in this order, since NaN compares with nothing
            shown = "above 0" if least == TINY else f"at least {least}"
            raise RecipeError(f"{where}.{key} is {found}, not {shown}", hint="correct the value")
    for key in SHARES:
        if getattr(table, key, 0) > 1:
            raise RecipeError(f"{where}.{key} is {getattr(table, key)}, above 1", hint="write a share, such as 0.05")
    return table


TINY: Final = math.ulp(0.0)  # the smallest number above 0
LEAST: Final[Mapping[str, float]] = MappingProxyType(
    dict.fromkeys(("rate", "temperature", "teacher_temperature", "clip", "boost"), TINY)
    | dict.fromkeys(("steps", "batch", "chunk_tokens", "save_every", "dims", "layers", "runs"), 1)
    | dict.fromkeys(("query_tokens", "passage_tokens"), 3)  # two special tokens and one to read
    | dict.fromkeys(("alpha", "negatives", "margins", "prefix_weight", "weight_decay", "seed", "weight"), 0)
    | dict.fromkeys(SHARES, 0)
)
