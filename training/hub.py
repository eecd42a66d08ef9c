"""Datasets of the Hugging Face hub as sources: streamed at a fixed commit, no copy of the raw rows on disk."""

import hashlib
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Protocol

from training.data import Row
from training.errors import DataError
from training.rows import Malformed, to_row

PREFIX: Final = "hub:"
SHAPE: Final = "hub:OWNER/NAME[:CONFIG[:SPLIT]]"
_NAME: Final = re.compile(r"hub:(?P<repo>[\w.-]+/[\w.-]+)(?::(?P<config>[\w.+-]*))?(?::(?P<split>[\w.-]+))?", re.ASCII)
_EVERY: Final = 1000  # rows between two reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One table of rows on the hub."""

    repo: str  # "owner/name"
    config: str | None  # None: the only or default one
    split: str


class Catalogue(Protocol):
    """What is asked of the hub. Any exception counts as the hub's."""

    def revision(self, repo: str) -> str:
        """Return the commit that the dataset is at."""
        ...

    def stream(self, place: Place, revision: str) -> Iterable[Mapping[str, Any]]:
        """Return the rows in their order, without fetching all first."""
        ...


class Datasets:
    """The hub itself, through the packages `datasets` and `huggingface_hub`. No code of a dataset is ever run."""

    def revision(self, repo: str) -> str:
        """Return the commit that the dataset is at. Raises DataError where the package is missing."""
        if find_spec("datasets") is None:
            raise DataError(
                "a dataset of the hub takes the package `datasets` to read", hint="pip install 'gte-search[training]'"
            )
        from huggingface_hub import HfApi

        return str(HfApi().dataset_info(repo).sha)

    def stream(self, place: Place, revision: str) -> Iterable[Mapping[str, Any]]:
        """Return the rows, each a dictionary by column."""
        datasets = importlib.import_module("datasets")  # optional, and a second to import
        rows: Iterable[Mapping[str, Any]] = datasets.load_dataset(
            place.repo, place.config, split=place.split, revision=revision, streaming=True
        )
        return rows


@dataclass(frozen=True, slots=True)
class HubSource:
    """A dataset of the hub at one commit."""

    name: str
    place: Place
    revision: str
    catalogue: Catalogue

    @property
    def origin(self) -> str:
        """The name and commit."""
        return f"{PREFIX}{self.place.repo}:{self.place.config or ''}:{self.place.split}@{self.revision}"

    @property
    def size(self) -> int:
        """0: a stream does not tell."""
        return 0

    def digest(self) -> str:
        """Return the SHA-256 of name and commit, which fix the rows."""
        return hashlib.sha256(self.origin.encode()).hexdigest()

    def rows(self, read: Any) -> Iterator[Row | Malformed]:  # noqa: ANN401 - sources.OnRead, which imports this module
        """Yield every row in order. Raises DataError where the hub does not answer to the end."""
        number = 0
        try:
            for number, fields in enumerate(self.catalogue.stream(self.place, self.revision), start=1):
                yield to_row(dict(fields), f"{self.name}:{number}")
                if number % _EVERY == 0:
                    read(0, _EVERY)
        except DataError:
            raise
        except Exception as error:  # the clients let errors of their network libraries through as they are
            raise _unreachable(self.origin, error) from error
        read(0, number % _EVERY)


def find(text: str, catalogue: Catalogue) -> HubSource:
    """Return the source that `hub:OWNER/NAME[:CONFIG[:SPLIT]]` names; the split is `train` unless told.

    It is called NAME, NAME.CONFIG or NAME.CONFIG.SPLIT. Raises DataError for another shape, and where the hub has no
    such dataset or cannot be reached.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise DataError(f"`{text}` names no dataset of the hub", hint=f"the shape is {SHAPE}")
    place = Place(repo=match["repo"], config=match["config"] or None, split=match["split"] or "train")
    try:
        revision = catalogue.revision(place.repo)
    except DataError:
        raise
    except Exception as error:  # see HubSource.rows
        raise _unreachable(text, error) from error
    parts = [place.repo.partition("/")[2], match["config"] or "", match["split"] or ""]
    return HubSource(".".join(filter(None, parts)), place, revision, catalogue)


def _unreachable(name: str, error: Exception) -> DataError:
    why = (str(error) or type(error).__name__).splitlines()[0]
    return DataError(
        f"{name} cannot be read: {why}",
        hint="check spelling, network and login (`hf auth login`), or fetch its Parquet files by hand and name those",
    )
