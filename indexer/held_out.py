"""Part of a repository's training rows, kept back as an evaluation set that tells whether training on the others helps.

The set is laid out as BEIR lays out retrieval, which `gte-train evaluate --data DIR` reads:

    DIR/code/held_out/corpus.jsonl.gz   every function of the repository: {"_id", "title", "text", "lang"}
    DIR/code/held_out/queries.jsonl     what the held ones say of themselves: {"_id", "text"}
    DIR/code/held_out/qrels.tsv         query's id, function's id, 1
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indexer.errors import InputError
from indexer.pairs import Function, Pair, folded, without_space

PLACE: Final = Path("code") / "held_out"  # `code` tells `gte-train evaluate` what the set is about


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Rows to train on, and a set to measure on that none of them answers."""

    training: tuple[Pair, ...]
    corpus: Mapping[str, Function]  # by id; functions that differ in white space alone are one
    queries: Mapping[str, str]  # by id
    judged: Mapping[str, tuple[str, ...]]  # query's id -> ids of the functions that say it of themselves


def hold_out(functions: Sequence[Function], pairs: Sequence[Pair], *, count: int, seed: int = 0) -> HeldOut:
    """Keep `count` queries of `pairs` back, with every function that says the same of itself.

    functions: all of the repository. seed: other seeds, other queries. Which ones are drawn depends on their words
    alone, so that most stay held while the repository changes. A row is left out of training where its query or its
    function equals a held one but for case, white space and punctuation.
    Raises InputError where no row would be left to train on.
    """
    texts = {folded(pair.query): pair.query for pair in reversed(pairs)}  # the first spelling of each
    if count >= len(texts):
        raise InputError(
            f"{len(texts):,} descriptions are too few to hold {count:,} out",
            hint="hold fewer out; a fifth of them leaves enough to train on",
        )
    held = sorted(texts, key=lambda query: hashlib.sha256(f"{seed} {query}".encode()).digest())[:count]
    names = {query: f"q{number}" for number, query in enumerate(held, start=1)}
    ids: dict[str, str] = {}
    corpus: dict[str, Function] = {}
    for each in functions:
        text = without_space(each.text)
        if text not in ids:
            # Two repositories may have a function at the same place.
            ids[text] = f"{each.place} {hashlib.sha256(text.encode()).hexdigest()[:8]}"
            corpus[ids[text]] = each
    judged: dict[str, dict[str, None]] = {name: {} for name in names.values()}
    answers: set[str] = set()
    for each in functions:
        name = names.get(folded(each.query))
        if name is not None:
            judged[name][ids[without_space(each.text)]] = None
            answers.add(folded(each.text))
    return HeldOut(
        training=tuple(
            pair for pair in pairs if folded(pair.query) not in names and folded(pair.positive) not in answers
        ),
        corpus=corpus,
        queries={name: texts[query] for query, name in names.items()},
        judged={name: tuple(found) for name, found in judged.items()},
    )


def write(held: HeldOut, folder: Path) -> Path:
    """Write the set below `folder`, in place of an earlier one; return where it lies."""
    place = folder / PLACE
    place.mkdir(parents=True, exist_ok=True)
    corpus = ({"_id": id, "title": "", "text": each.text, "lang": each.lang} for id, each in held.corpus.items())
    _put(place / "corpus.jsonl.gz", gzip.compress(_lines(corpus), mtime=0))  # equal functions, equal bytes
    _put(place / "queries.jsonl", _lines({"_id": id, "text": text} for id, text in held.queries.items()))
    qrels = (f"{query}\t{function}\t1\n" for query, found in held.judged.items() for function in found)
    _put(place / "qrels.tsv", "".join(qrels).encode())
    return place


def summary(held: HeldOut, place: Path) -> Iterable[str]:
    """Yield lines that say what was kept back and what is left."""
    yield f"held out {len(held.queries):,} descriptions, to be found among {len(held.corpus):,} functions: {place}"
    yield f"{len(held.training):,} pairs left to train on"


def _lines(rows: Iterable[Mapping[str, str]]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _put(path: Path, data: bytes) -> None:
    """Write a file that appears under its name when it is whole."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
