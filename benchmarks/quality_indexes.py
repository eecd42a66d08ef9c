"""Indexes for measurements of search quality: built once, kept, and asked quickly.

What is measured is the real index, as `index-repo` makes it, in a folder of its own a corpus. An index is found again
by what is in the corpus, by the code that wrote it and by the model; a change of query understanding or ranking builds
nothing. Vectors are kept beside the indexes by model and text, so that a change of parser or store encodes only the
passages that it changed.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

import embedder
import indexer
from embedder import Encoder, Reranker, Role, Scores, Vectors
from indexer import ranking, repository
from indexer.index import Index
from indexer.settings import Settings
from indexer.store import open_store
from indexer.store.base import Store
from indexer.types import Chunk
from training.evaluation.vectors import Kept, file_name

READING: Final = frozenset(  # modules of the indexer that have no say in what an index holds
    """access api asking cli client commands context detach doctor duplicates evaluation forecast guard held_out index
    jobs lookup loopback mcp models opener page pairs patterns problem progress query ranking request search serving
    similar spelling syncing terminal traces watch wire""".split()
)
READING_STORE: Final = frozenset({"cache", "catalogue", "filters", "paths", "queries", "reports"})

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A folder that is indexed for itself."""

    name: str  # of the repository in its index
    root: Path
    prefix: str = ""  # of the paths of hits, so that they count from where the labels do: "" or ending in "/"


class Remembered:
    """An encoder whose vectors are kept on disk."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self.kept = Kept(encoder, folder)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # name, dim, max_tokens, fingerprint and count_tokens
        return getattr(self._encoder, name)

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        """Return [n, dim] unit rows, encoding what was never seen."""
        return self.kept.vectors(texts, role)


class Timed:
    """A cross-encoder that scores the same query and passages once, and keeps how long each took."""

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker
        self._scores: dict[tuple[str, ...], Scores] = {}
        self.milliseconds: list[float] = []  # of each query

    @property
    def name(self) -> str:
        """What a person calls the model."""
        return self._reranker.name

    def score(self, query: str, passages: Sequence[str]) -> Scores:
        """Return the score of each passage [n]."""
        asked = (query, *passages)
        if asked not in self._scores:
            started = time.perf_counter()
            self._scores[asked] = self._reranker.score(query, passages)
            self.milliseconds.append((time.perf_counter() - started) * 1000)
        return self._scores[asked]


class Remembering:
    """A store that answers from memory what it was asked before. For an index that nobody writes meanwhile.

    A second pass over the same queries, with other weights, costs nothing but the ranking.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answers: dict[Any, Any] = {}
        self._chunks: dict[str, Chunk | None] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the store has
        method = getattr(self._store, name)
        if name in ("close", "writing", "each", "holding") or not callable(method):  # an iterator is read once
            return method

        def answer(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # what the method takes and returns
            key = (name, _frozen(given), _frozen(named))
            if key not in self._answers:
                self._answers[key] = method(*given, **named)
            return self._answers[key]

        return answer

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Return the chunks of those ids that exist; kept one by one, since queries share most of them."""
        missing = [id for id in ids if id not in self._chunks]
        if missing:
            found = self._store.chunks(missing)
            self._chunks.update({id: found.get(id) for id in missing})
        return {id: chunk for id in ids if (chunk := self._chunks[id]) is not None}


def _frozen(value: Any) -> Any:  # noqa: ANN401  # any argument
    """Return the value in a form that can be a key."""
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes())
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if isinstance(value, set | frozenset):
        return frozenset(map(_frozen, value))
    if isinstance(value, Mapping):
        return tuple((key, _frozen(one)) for key, one in value.items())
    return value


def usual_folder() -> Path:
    """Return where a Shelf is kept unless told: in the user's cache."""
    return embedder.default_cache_dir() / "search-quality"


class Shelf:
    """The indexes of one folder, and the vectors beside them. May be deleted at any time."""

    def __init__(
        self,
        folder: Path,
        *,
        load: Callable[[str], Encoder] = embedder.load,
        load_reranker: Callable[[str], Reranker] = embedder.load_reranker,
        say: Say = lambda _: None,
    ) -> None:
        """Take a folder, made where it is missing. load, load_reranker: return the model of a name."""
        self.folder = folder
        self._load = load
        self._load_reranker = load_reranker
        self._say = say
        self._encoders: dict[str, Remembered] = {}
        self._rerankers: dict[str, Timed] = {}
        self._open: dict[tuple[str, str, str], Index] = {}

    def close(self) -> None:
        """Close every index."""
        for index in self._open.values():
            index.close()
        self._open.clear()

    def encoder(self, model: str) -> Remembered:
        """Load an encoder, once."""
        if model not in self._encoders:
            self._encoders[model] = Remembered(self._load(model), self.folder / "vectors")
        return self._encoders[model]

    def reranker(self, model: str) -> Timed:
        """Load a cross-encoder, once."""
        if model not in self._rerankers:
            self._rerankers[model] = Timed(self._load_reranker(model))
        return self._rerankers[model]

    def index(self, corpus: Corpus, model: str | None = None, rerank: str | None = None) -> Index:
        """Return the index of a corpus, built where it is not there; without `model` one that has no vectors.

        rerank: a cross-encoder that puts the best hits in order.
        """
        key = (str(corpus.root), model or "", rerank or "")
        if key not in self._open:
            encoder = cast(Encoder, self.encoder(model)) if model else embedder.FakeEncoder()
            folder = self._built(corpus, model)
            store = cast(Store, Remembering(open_store(folder)))
            reranker = self.reranker(rerank) if rerank else None
            self._open[key] = Index(store, Settings(index=folder), encoder=encoder, reranker=reranker)
        return self._open[key]

    def ask_ahead(self, queries: Sequence[str], model: str) -> None:
        """Encode all queries at once: one by one each would be a file of its own in the memory."""
        self.encoder(model).encode(queries, role="query")

    def _built(self, corpus: Corpus, model: str | None) -> Path:
        content = f"{file_name(corpus.name)}-{_digest(corpus)}"
        text = self.folder / "indexes" / content / "text"
        if not text.is_dir():
            self._say(f"{corpus.name}: reading")
            with _appearing(text) as part, _index(part, embedder.FakeEncoder(), create=True) as index:
                index.sync([corpus.root], name=corpus.name, vectors=False)
        if model is None:
            return text
        encoder = self.encoder(model)
        folder = text.with_name(file_name(encoder.fingerprint))
        if not folder.is_dir():
            with _appearing(folder) as part:
                shutil.copytree(text, part)
                self._encode(part, encoder, corpus)
                with _index(part, cast(Encoder, encoder)) as index:
                    index.sync([corpus.root])
        return folder

    def _encode(self, folder: Path, encoder: Remembered, corpus: Corpus) -> None:
        """Fill the memory with what the index will ask of it, in blocks of one length."""
        store = open_store(folder)
        passages = [one.passage for one in store.pending(encoder.fingerprint, limit=10**9)]
        store.close()
        missing, done = len(encoder.kept.missing(passages, "passage")), 0

        def tell(block: Sequence[str]) -> None:
            nonlocal done
            done += len(block)
            self._say(f"{corpus.name}: {done:,} of {missing:,} passages encoded by {encoder.name}")

        encoder.kept.vectors(passages, "passage", tell)


def _index(folder: Path, encoder: Encoder, *, create: bool = False) -> Index:
    return Index(open_store(folder, create=create), Settings(index=folder), encoder=encoder)


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Give a name to write under; the folder is there when it is whole."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    yield part
    part.rename(folder)


def _digest(corpus: Corpus) -> str:
    """Return what decides the text of an index: the corpus's files and the code that reads and writes them."""
    whole = hashlib.blake2b(digest_size=8)
    whole.update(str(corpus.root.resolve()).encode("utf-8", "surrogateescape"))
    for root, files in ((corpus.root, _files(corpus.root)), (CODE, _writing())):
        for path in files:
            name = path.relative_to(root).as_posix().encode("utf-8", "surrogateescape")
            whole.update(name + b"\0" + hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
    return whole.hexdigest()


CODE: Final = Path(indexer.__file__).parent


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def _writing() -> list[Path]:
    """Return the files of the indexer that decide what an index holds."""
    found = []
    for path in _files(CODE):
        room, *inner = path.relative_to(CODE).with_suffix("").parts
        reading = room in READING or (room == "store" and inner and inner[0] in READING_STORE)
        if path.suffix in (".py", ".scm") and not reading:
            found.append(path)
    return found


def outside_git(root: Path) -> bool:
    """Tell whether a folder is in no work tree of git, whose ignore rules and name an index would take over."""
    return repository.locate(root).toplevel is None


# -- weights ---------------------------------------------------------------------------------------------------------


@contextmanager
def weighted(changes: Mapping[str, float]) -> Iterator[None]:
    """Rank with other weights while the block runs; a number of `ranking.weights` in capitals is changed too.

    For this process and one thread. Raises KeyError for a name that is none.
    """
    kept: dict[str, Any] = {"WEIGHTS": ranking.weights.WEIGHTS}
    weights = dict(ranking.weights.WEIGHTS)
    numbers: dict[str, float] = {}
    for name, value in changes.items():
        if name in weights:
            weights[name] = value
        elif name.isupper() and isinstance(getattr(ranking.weights, name, None), int | float):
            numbers[name], kept[name] = value, getattr(ranking.weights, name)
        else:
            raise KeyError(name)
    try:
        for name, changed in {"WEIGHTS": weights, **numbers}.items():
            setattr(ranking.weights, name, changed)
        yield
    finally:
        for name, value in kept.items():
            setattr(ranking.weights, name, value)


def only(*signals: str) -> dict[str, float]:
    """Return changes that leave nothing but some signals, each with weight 1."""
    return {**dict.fromkeys(ranking.weights.WEIGHTS, 0.0), **dict.fromkeys(signals, 1.0)}
