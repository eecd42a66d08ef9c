"""Small evaluation sets on disk, about a few subjects that share words."""

import gzip
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

SUBJECTS = {
    "parsing": "parse token grammar tree node syntax string reader",
    "network": "socket packet server client retry timeout address port",
    "storage": "file disk block write flush cache page index",
    "drawing": "line colour circle canvas shape pixel width brush",
}
COMMON = "the a of and value when is this returns given".split()


def text(subject: str, generator: random.Random, *, words: int = 6) -> str:
    return " ".join(generator.choices(SUBJECTS[subject].split() + COMMON, k=words))


def texts(count: int, seed: int) -> list[tuple[str, str]]:
    """Return (subject, text), the subjects in turn."""
    generator = random.Random(seed)
    subjects = list(SUBJECTS)
    return [(name := subjects[number % len(subjects)], text(name, generator)) for number in range(count)]


def write_lines(path: Path, rows: Iterable[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(lines, encoding="utf-8")


def write_table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")


def retrieval(folder: Path, *, lang: str | None = None, documents: int = 150) -> None:
    extra = {"lang": lang} if lang else {}
    corpus = texts(documents, 1)
    write_lines(
        folder / "corpus.jsonl.gz",
        [
            {"_id": f"d{n}", "title": f"About {name}" if n % 3 else "", "text": body, **extra}
            for n, (name, body) in enumerate(corpus)
        ],
    )
    queries = texts(20, 2)
    write_lines(folder / "queries.jsonl", [{"_id": f"q{n}", "text": body} for n, (_, body) in enumerate(queries)])
    generator = random.Random(3)
    judged = [("query-id", "corpus-id", "score")]
    for n, (name, _) in enumerate(queries[:18]):  # two stay without a judgement
        same = [number for number, (other, _) in enumerate(corpus) if other == name]
        judged += [(f"q{n}", f"d{number}", str(generator.choice([0, 1, 2]))) for number in generator.sample(same, 4)]
        judged.append((f"q{n}", "gone", "1"))  # a judged document that the corpus lacks
    write_table(folder / "qrels.tsv", judged)


def graded(folder: Path, *, labels: bool = False) -> None:
    left, right = texts(60, 4), texts(60, 5)
    generator = random.Random(6)
    rows = []
    for n, ((a, one), (_, other)) in enumerate(zip(left, right, strict=True)):
        alike = n % 2 == 0
        shown = other if alike else text(generator.choice(sorted(set(SUBJECTS) - {a})), generator)
        rows.append((int(alike) if labels else round(4 * alike + generator.random(), 1), one, shown))
    write_table(folder / "pairs.tsv", rows)


def labelled(folder: Path, *, train: bool) -> None:
    write_table(folder / "test.tsv", texts(80, 7))
    if train:
        write_table(folder / "train.tsv", texts(200, 8))


def reranking(folder: Path) -> None:
    rows = []
    for name, query in texts(12, 9):
        generator = random.Random(query)
        others = sorted(set(SUBJECTS) - {name})
        good = [text(name, generator) for _ in range(2)]
        bad = [text(generator.choice(others), generator) for _ in range(5)]
        rows.append({"query": query, "positive": good, "negative": [*bad, good[0], ""]})  # a tie, and an empty text
    write_lines(folder / "rerank.jsonl", [*rows, {"query": "nothing to order", "positive": ["a"], "negative": []}])


def everything(root: Path) -> Path:
    """Write one set of each task, laid out in two suites, and return the root."""
    retrieval(root / "code" / "eval" / "functions", lang="python")
    retrieval(root / "text" / "eval" / "passages")
    graded(root / "text" / "eval" / "alike")
    graded(root / "text" / "eval" / "same", labels=True)
    labelled(root / "text" / "eval" / "subjects", train=True)
    labelled(root / "text" / "eval" / "clusters", train=False)
    reranking(root / "text" / "eval" / "answers")
    return root
