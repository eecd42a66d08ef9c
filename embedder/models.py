"""The table of models known by name: where each comes from and what its checkpoint leaves unsaid.

What a checkpoint folder declares itself (`modules.json` and its companions) goes before this table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

DEFAULT_MODEL: Final = "gte-mini"
DEFAULT_CLASSIFIER: Final = "gte-large-mnli-anli"


class Pooling(StrEnum):
    """How the states of the tokens become one vector. The values are the names sentence-transformers uses."""

    MEAN = "mean"  # average over the real tokens
    CLS = "cls"  # state of the first token


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model that can be asked for by name."""

    name: str  # what people call it; begins the fingerprint
    hub: str | None  # "owner/name" on the Hugging Face hub; None: not published there
    licence: str  # SPDX identifier of the weights
    dim: int | None  # length of a vector; None for a classifier, which gives labels
    max_tokens: int  # special tokens included
    pooling: Pooling = Pooling.MEAN
    query_prefix: str = ""
    passage_prefix: str = ""
    aliases: tuple[str, ...] = ()  # other names that lead to the same weights
    bundled: bool = False  # comes with this package, in weights/NAME


MODELS: Final[tuple[KnownModel, ...]] = (
    # trained by the `training` room; its card stands beside its weights
    KnownModel(name="gte-mini", hub=None, licence="Apache-2.0", dim=384, max_tokens=256, bundled=True),
    KnownModel(
        name="all-MiniLM-L6-v2",
        hub="sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
        dim=384,
        max_tokens=256,
        aliases=("minilm", "all-minilm"),
    ),
    KnownModel(name="gte-small", hub="thenlper/gte-small", licence="MIT", dim=384, max_tokens=512),
    KnownModel(name="gte-base", hub="thenlper/gte-base", licence="MIT", dim=768, max_tokens=512),
    KnownModel(name="gte-large", hub="thenlper/gte-large", licence="MIT", dim=1024, max_tokens=512),
    # copies of the originals above, under the originals' licence
    KnownModel(
        name="barisaydin/gte-base",
        hub="barisaydin/gte-base",
        licence="MIT",
        dim=768,
        max_tokens=512,
        aliases=("barisaydin-gte-base",),
    ),
    KnownModel(
        name="barisaydin/gte-large",
        hub="barisaydin/gte-large",
        licence="MIT",
        dim=1024,
        max_tokens=512,
        aliases=("barisaydin-gte-large",),
    ),
    KnownModel(
        name="thenlper-get-large",  # the letters are swapped in the hub's own name
        hub="dhairya0907/thenlper-get-large",
        licence="MIT",
        dim=1024,
        max_tokens=512,
        aliases=("thenlper-gte-large", "dhairya0907/thenlper-gte-large"),
    ),
    # long texts
    KnownModel(
        name="gte-base-en-v1.5",
        hub="Alibaba-NLP/gte-base-en-v1.5",
        licence="Apache-2.0",
        dim=768,
        max_tokens=8192,
        pooling=Pooling.CLS,
    ),
    KnownModel(
        name="gte-large-en-v1.5",
        hub="Alibaba-NLP/gte-large-en-v1.5",
        licence="Apache-2.0",
        dim=1024,
        max_tokens=8192,
        pooling=Pooling.CLS,
    ),
    KnownModel(
        name="gte-modernbert-base",
        hub="Alibaba-NLP/gte-modernbert-base",
        licence="Apache-2.0",
        dim=768,
        max_tokens=8192,
        pooling=Pooling.CLS,
    ),
    # gte-small with its weights already in int8
    KnownModel(name="gte-small-ct2-int8", hub="jncraton/gte-small-ct2-int8", licence="MIT", dim=384, max_tokens=512),
    # labels for texts, by natural-language inference: for load_classifier
    KnownModel(name="gte-large-mnli-anli", hub="mjwong/gte-large-mnli-anli", licence="MIT", dim=None, max_tokens=512),
)


def _names(model: KnownModel) -> set[str]:
    return {name.lower() for name in (model.name, model.hub, *model.aliases) if name}


_BY_NAME: Final[Mapping[str, KnownModel]] = MappingProxyType({name: m for m in MODELS for name in _names(m)})


def known(name: str) -> KnownModel | None:
    """Return the model called `name` (its name, hub id or an alias; case does not matter), or None."""
    return _BY_NAME.get(name.lower())


class Asked(NamedTuple):
    """A model as someone asked for it."""

    name: str
    digest: str | None = None  # the first hexadecimal digits of its digest, where a fingerprint was given
    layers: int | None = None  # the fingerprint names vectors of the first so many layers
    dim: int | None = None  # and of so many numbers
    int8: bool = False  # and of int8 weights


_FINGERPRINT: Final = re.compile(
    r"(?P<name>.+)@(?P<digest>[0-9a-f]{8})(\+(?P<layers>\d+)layers)?(\+(?P<dim>\d+)d)?(?P<int8>\+int8)?"
)


def asked(text: str) -> Asked:
    """Read a name or a fingerprint: an index names its model by fingerprint, and people paste that.

    >>> asked("gte-small@9f3c1a2b+int8")
    Asked(name='gte-small', digest='9f3c1a2b', layers=None, dim=None, int8=True)
    >>> asked("gte-mini@9f3c1a2b+3layers+128d")
    Asked(name='gte-mini', digest='9f3c1a2b', layers=3, dim=128, int8=False)
    >>> asked("thenlper/gte-small").digest
    """
    match = _FINGERPRINT.fullmatch(text)
    if match is None:
        return Asked(text)
    layers, dim = (int(match[part]) if match[part] else None for part in ("layers", "dim"))
    return Asked(match["name"], match["digest"], layers, dim, match["int8"] is not None)
