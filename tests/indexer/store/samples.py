"""Made-up repositories, and what an answer about them must be, computed the slow and obvious way."""

import hashlib
import random
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from embedder.types import Vectors
from indexer.store import Store
from indexer.tokens import split
from indexer.types import Candidate, Chunk, Field, FileState, Filter, IndexedFile, Kind, Repo, Terms

DIM: Final = 16
MODEL: Final = "model-a"
EVERYTHING: Final = Filter()

GLOBS: Final[Mapping[str, Callable[[str], bool]]] = {
    "*.py": lambda path: path.endswith(".py"),
    "src/": lambda path: "src" in path.split("/")[:-1],
    "/docs/**": lambda path: path.startswith("docs/"),
    "src/**/a*.md": lambda path: path.startswith("src/") and path.split("/")[-1][0] == "a" and path.endswith(".md"),
    "/main.py": lambda path: path == "main.py",
    "nowhere/*": lambda path: False,
}
"""Globs with what git takes them to mean, for paths of the sample."""


def a_repo(name: str = "alpha") -> Repo:
    return Repo(name=name, root=Path("/somewhere") / name, remote="https://host/x", branch="main", commit="c0ffee")


def a_chunk(text: str = "x = 1", **changes: object) -> Chunk:
    fields: dict[str, object] = {
        "repo": "alpha",
        "path": PurePosixPath("src/a.py"),
        "start": 1,
        "end": 1 + text.count("\n"),
        "page": None,
        "kind": Kind.FUNCTION,
        "language": "python",
        "symbol": None,
        "signature": None,
        "docstring": None,
        "title": None,
        "text": text,
        "passage": f"header\n{text}",
        **changes,
    }
    fields.setdefault("id", str(uuid.uuid5(uuid.NAMESPACE_URL, repr(sorted(fields.items())))))
    return Chunk(**fields)  # type: ignore[arg-type]  # the fields above, by name


def a_file(path: str = "src/a.py", chunks: Iterable[Chunk] = (), *, content: str = "") -> IndexedFile:
    digest = hashlib.blake2b(content.encode(), digest_size=16).digest()
    state = FileState(path=PurePosixPath(path), digest=digest, size=len(content), mtime_ns=1_700_000_000_123_456_789)
    return IndexedFile(state=state, language="python", chunks=tuple(chunks))


def one_chunk_files(texts: Mapping[str, str], *, repo: str = "alpha") -> list[IndexedFile]:
    """Return a file of one chunk for each path and text."""
    return [
        a_file(path, [a_chunk(text, path=PurePosixPath(path), repo=repo)], content=text) for path, text in texts.items()
    ]


def unit_vectors(count: int, *, seed: int = 0, dim: int = DIM) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def flat_vectors(count: int, *, seed: int = 0, dim: int = DIM) -> Vectors:
    """Return unit vectors that differ in few directions most, as those of texts do."""
    directions = unit_vectors(20, dim=dim)  # the same whatever the seed
    vectors = unit_vectors(count, seed=seed + 1, dim=20) @ directions + 0.2 * unit_vectors(
        count, seed=seed + 2, dim=dim
    )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def encode_pending(store: Store, *, model: str = MODEL, seed: int = 0) -> dict[bytes, Vectors]:
    """Give every pending passage a random vector; return them by key, as the store should hold them."""
    pending = store.pending(model, limit=1_000_000)
    vectors = unit_vectors(len(pending), seed=seed)
    store.put_vectors(model, [one.key for one in pending], vectors)
    return {one.key: vector for one, vector in zip(pending, vectors, strict=True)}


def sample_files(repo: str, rng: random.Random, *, files: int) -> list[IndexedFile]:
    """Return files with chunks of every kind; some texts are the same in several files and repositories."""
    paths = rng.sample([f"{folder}{stem}.{end}" for folder in FOLDERS for stem in STEMS for end in ("py", "md")], files)
    return [a_file(path, list(_chunks(repo, path, rng)), content=str(rng.random())) for path in paths]


FOLDERS = ("", "src/", "src/core/", "docs/", "tests/", "tools/src/")
STEMS = ("main", "alpha", "beta", "session", "README")
WORDS = (
    "retry",
    "upload",
    "session",
    "proxy",
    "token",
    "merge",
    "parse",
    "walk",
    "index",
    "vector",
    "chunk",
    "search",
    "rank",
    "filter",
    "store",
)


def _chunks(repo: str, path: str, rng: random.Random) -> Iterable[Chunk]:
    line = 1
    for number in range(rng.randint(1, 5)):
        text = f"shared {rng.randrange(8)}" if rng.random() < 0.3 else " ".join(rng.choices(WORDS, k=6))
        symbol = rng.choice([None, "send", "Session.send", "requests.Session.send", "Retry", "ns.Retry", "Resend"])
        kind = rng.choice(list(Kind))
        yield a_chunk(
            text,
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{repo}/{path}/{number}")),
            repo=repo,
            path=PurePosixPath(path),
            start=line,
            end=line + 3,
            kind=kind,
            language="python" if path.endswith(".py") else "markdown",
            symbol=symbol,
            title="Guide > Install" if kind is Kind.SECTION else None,
            page=number if kind is Kind.PAGE else None,
        )
        line += 4


def ids(candidates: Iterable[Candidate]) -> list[str]:
    return [candidate.id for candidate in candidates]


class World:
    """A store and what was put into it."""

    def __init__(self, store: Store, chunks: list[Chunk], vectors: dict[bytes, Vectors]) -> None:
        self.store = store
        self.chunks = chunks
        self.vectors = vectors


# -- what must come out ----------------------------------------------------------------------------


def is_under(chunk: Chunk, where: Filter) -> bool:
    """Tell whether a chunk is under a filter, as `Filter` and `Terms` say."""
    return all(_fields(chunk, where.only, empty=True)) and not any(_fields(chunk, where.without, empty=False))


def _fields(chunk: Chunk, terms: Terms, *, empty: bool) -> list[bool]:
    return [
        chunk.repo in terms.repos if terms.repos else empty,
        chunk.language in terms.languages if terms.languages else empty,
        chunk.kind in terms.kinds if terms.kinds else empty,
        any(GLOBS[glob](str(chunk.path)) for glob in terms.paths) if terms.paths else empty,
        any(symbol_score(chunk, name) > 0 for name in terms.symbols) if terms.symbols else empty,
    ]


def symbol_score(chunk: Chunk, name: str) -> int:
    have, asked = (chunk.symbol or "").lower().split("."), name.lower().split(".")
    if chunk.symbol is None or have[-len(asked) :] != asked:
        return 0
    if have == asked:
        return 3
    return 2 if len(asked) > 1 else 1


def exact_scores(
    chunks: Iterable[Chunk], vectors: Mapping[bytes, Vectors], query: Vectors, where: Filter
) -> dict[str, float]:
    """Return the cosine of every chunk under the filter that has a vector."""
    return {
        chunk.id: float(vectors[chunk.key] @ query)
        for chunk in chunks
        if chunk.key in vectors and is_under(chunk, where)
    }


def holders(chunks: Iterable[Chunk], tokens: Sequence[str], where: Filter, *, field: Field | None = None) -> set[str]:
    """Return the ids of the chunks under the filter that hold any of the tokens, in a field or in `lexical`'s text."""
    asked = set(tokens)
    return {chunk.id for chunk in chunks if asked & _all_tokens(chunk, field) and is_under(chunk, where)}


def _all_tokens(chunk: Chunk, field: Field | None) -> set[str]:
    texts = {
        Field.SYMBOL: chunk.symbol,
        Field.SIGNATURE: chunk.signature,
        Field.TITLE: chunk.title,
        Field.BODY: chunk.text,
        Field.PATH: str(chunk.path),
    }
    if field is Field.TITLE:
        texts[Field.TITLE] = f"{chunk.title or ''} {chunk.docstring or ''}"
    chosen = texts.values() if field is None else [texts[field]]
    return {token for text in chosen if text for token in split(text)}
