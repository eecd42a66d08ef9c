"""What search quality is measured on: labelled queries over repositories, text retrieval sets, names of definitions."""

import json
import random
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.quality_indexes import Corpus, Shelf, weighted
from indexer.evaluation import labels, run
from indexer.evaluation.labels import Labelled, Place
from indexer.evaluation.run import Report
from indexer.index import Index
from indexer.types import Chunk, Kind
from training import measures
from training.evaluation import sets
from training.evaluation.sets import Retrieval, Task

DEPTH: Final = 50  # hits asked of a text set: several may be pieces of one document
LINE: Final = 100  # characters of a line of a document, as people wrap theirs
LETTERS: Final = "jqxz"  # of the names of documents: no word of a query is in them, so that paths say nothing
SYMBOLS: Final = 500
SEED: Final = 5
DEFINING: Final = (Kind.FUNCTION, Kind.METHOD, Kind.CLASS)
SHORTEST_TYPO: Final = 4  # letters of a name that gets a typo: of `get` too little is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One way to search."""

    name: str
    model: str | None = None  # None: an index without vectors
    weights: Mapping[str, float] = field(default_factory=dict)  # changes to those of `ranking`
    rerank: str | None = None  # a cross-encoder that puts the best hits in order


# -- labelled queries over repositories ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSearch:
    """The code-search benchmark, as far as its repositories are there."""

    queries: Sequence[Labelled]
    corpora: Mapping[str, Corpus]  # by repository
    missing: Sequence[str]  # repositories that are not there; their queries are left out


def code_search(split: Path, repos: Path, *, names: Sequence[str] = ()) -> CodeSearch:
    """Read the split. repos: folder with a folder a repository. names: only these repositories."""
    corpora, missing = {}, []
    for spec in json.loads((split / "repos.json").read_text(encoding="utf-8")):
        name, prefix = spec["name"], (spec["benchmark_root"] or "").strip("/")
        root = repos / name / prefix
        if names and name not in names:
            continue
        if not root.is_dir() or not any(root.iterdir()):
            missing.append(name)
            continue
        corpora[name] = Corpus(name=name, root=root, prefix=f"{prefix}/" if prefix else "")
    queries = [one for one in labels.read(split / "queries.jsonl") if one.repo in corpora]
    return CodeSearch(queries=queries, corpora=corpora, missing=missing)


def measure_code(task: CodeSearch, shelf: Shelf, setup: Setup) -> Report:
    """Ask every query in the index of its repository."""
    if setup.model:
        shelf.ask_ahead([one.query for one in task.queries], setup.model)

    def search(one: Labelled) -> list[Place]:
        corpus = task.corpora[one.repo or ""]
        found = shelf.index(corpus, setup.model, setup.rerank).search(one.query, vectors=setup.model is not None)
        return [Place(path=corpus.prefix + str(hit.path), start=hit.start, end=hit.end) for hit in found.hits]

    with weighted(setup.weights):
        return run.evaluate(task.queries, search)


# -- text retrieval sets ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSet:
    """A retrieval set, its documents written as files."""

    name: str
    content: Retrieval
    corpus: Corpus


def text_sets(data: Path, shelf: Shelf, *, names: Sequence[str] = ()) -> list[TextSet]:
    """Read the text retrieval sets below `data`, and write what is not written yet."""
    found = []
    for place in sets.find(data):
        if place.task is Task.RETRIEVAL and place.suite is sets.Suite.TEXT and (not names or place.name in names):
            content = sets.read(place)
            assert isinstance(content, Retrieval)
            root = shelf.folder / "corpora" / f"{place.name}-{sets.digest(place)[:12]}"
            _write(content, root)
            found.append(TextSet(name=place.name, content=content, corpus=Corpus(name=place.name, root=root)))
    return found


def _write(content: Retrieval, root: Path) -> None:
    """Write a file a document; the folder appears when all are there."""
    if root.is_dir():
        return
    part = root.with_name(f"{root.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(content.documents):
        (part / document_name(number)).write_text(f"{wrapped(text)}\n", encoding="utf-8", errors="replace")
    part.rename(root)


def document_name(number: int) -> str:
    """Return the file name of a document by its place in the corpus.

    >>> document_name(0), document_name(6)
    ('jjjjjjjj.txt', 'jjjjjjqx.txt')
    """
    digits = [number // 4**place % 4 for place in range(7, -1, -1)]
    return "".join(LETTERS[digit] for digit in digits) + ".txt"


def wrapped(text: str) -> str:
    """Break lines between words, so that none is longer than LINE unless one word is."""
    lines = []
    for line in text.splitlines():
        while len(line) > LINE and (cut := line.rfind(" ", 1, LINE + 1)) > 0:
            lines.append(line[:cut])
            line = line[cut + 1 :]
        lines.append(line)
    return "\n".join(lines)


def measure_text(one: TextSet, shelf: Shelf, setup: Setup) -> list[float]:
    """Return NDCG@10 of each query; a document takes the rank of its best piece."""
    index = shelf.index(one.corpus, setup.model, setup.rerank)
    if setup.model:
        shelf.ask_ahead(one.content.queries, setup.model)
    ids = {document_name(number): id for number, id in enumerate(one.content.document_ids)}
    scores = []
    with weighted(setup.weights):
        for id, query in zip(one.content.query_ids, one.content.queries, strict=True):
            hits = index.search(plain(query), limit=DEPTH, vectors=setup.model is not None).hits
            ranked = list(dict.fromkeys(ids[str(hit.path)] for hit in hits))
            scores.append(measures.ndcg(ranked, one.content.judged[id], 10))
    return scores


def plain(query: str) -> str:
    """Take out what would be an operator: a question of a set is meant as it stands."""
    return query.replace(":", " ").replace('"', " ")


# -- definitions by name ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A definition and the name that it is asked for by."""

    repo: str
    path: str  # in the corpus
    symbol: str  # qualified
    asked: str  # its own name if the repository defines it once, else the qualified one


def drawn(definitions: Mapping[str, Sequence[Definition]], count: int, *, seed: int = SEED) -> list[Definition]:
    """Draw definitions, of every repository about as many; all of them where there are fewer than `count`."""
    generator = random.Random(seed)
    shuffled = {repo: generator.sample(list(all_of), len(all_of)) for repo, all_of in sorted(definitions.items())}
    found: list[Definition] = []
    while len(found) < count and any(shuffled.values()):
        for left in shuffled.values():
            if left and len(found) < count:
                found.append(left.pop())
    return found


def definitions_of(index: Index, repo: str) -> list[Definition]:
    """Return what a repository defines and can be asked for by one name, tests and examples among it."""
    return definitions(repo, _chunks(index, repo))


def definitions(repo: str, chunks: Sequence[Chunk]) -> list[Definition]:
    """Return the definitions of chunks whose name, or else qualified name, says which one is meant."""
    places = {(str(one.path), one.symbol) for one in chunks if one.symbol and one.kind in DEFINING}
    whole = Counter(symbol.lower() for _, symbol in places if symbol)
    last = Counter(_last(symbol).lower() for _, symbol in places if symbol)
    found = []
    for path, symbol in sorted(places, key=str):
        assert symbol
        if not _is_name(_last(symbol)):
            continue  # an operator, or a name that no query can hold
        if last[_last(symbol).lower()] == 1:
            found.append(Definition(repo=repo, path=path, symbol=symbol, asked=_last(symbol)))
        elif whole[symbol.lower()] == 1 and "." in symbol:
            found.append(Definition(repo=repo, path=path, symbol=symbol, asked=symbol))
    return found


def _chunks(index: Index, repo: str) -> list[Chunk]:
    store = index._store
    return [chunk for path in sorted(store.files(repo)) for chunk in store.file_chunks(repo, path)]


def _last(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _is_name(text: str) -> bool:
    return bool(text) and text.replace("_", "a").isalnum() and text.isascii() and not text[0].isdigit()


def misspelt(name: str, known: Callable[[str], bool], generator: random.Random) -> str | None:
    """Return a name with one letter swapped with the next, dropped, put in or replaced, in its last part.

    known: tells of a name whether something else is called so, in lower case; such a name would be no typo. None where
    the last part is too short.
    """
    before, dot, last = name.rpartition(".")
    if len(last) < SHORTEST_TYPO:
        return None
    for _ in range(100):
        at = generator.randrange(1, len(last))  # the first letter is seldom wrong
        letter = generator.choice(string.ascii_lowercase)
        edited = {
            "swap": last[: at - 1] + last[at] + last[at - 1] + last[at + 1 :],
            "drop": last[:at] + last[at + 1 :],
            "insert": last[:at] + letter + last[at:],
            "replace": last[:at] + letter + last[at + 1 :],
        }[generator.choice(("swap", "drop", "insert", "replace"))]
        if edited.lower() != last.lower() and not known(edited.lower()):
            return before + dot + edited
    return None


def measure_symbols(
    chosen: Sequence[Definition], asked: Sequence[str], corpora: Mapping[str, Corpus], shelf: Shelf, setup: Setup
) -> list[float]:
    """Return for each definition 1 if the first hit for what was asked is it, else 0."""
    if setup.model:
        shelf.ask_ahead(asked, setup.model)
    scores = []
    with weighted(setup.weights):
        for one, query in zip(chosen, asked, strict=True):
            index = shelf.index(corpora[one.repo], setup.model)
            hits = index.search(query, limit=1, vectors=setup.model is not None).hits
            scores.append(float(bool(hits) and (str(hits[0].path), hits[0].symbol) == (one.path, one.symbol)))
    return scores


def typos(definitions: Mapping[str, Sequence[Definition]], *, seed: int = SEED) -> Mapping[Definition, str]:
    """Return a misspelt name of every definition whose name is long enough."""
    generator = random.Random(seed)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for repo, all_of in definitions.items():
        names[repo] = {part.lower() for one in all_of for part in one.symbol.split(".")}
    found = {}
    for repo, all_of in sorted(definitions.items()):
        for one in all_of:
            if wrong := misspelt(one.asked, names[repo].__contains__, generator):
                found[one] = wrong
    return found
