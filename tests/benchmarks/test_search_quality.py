import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import search_quality
from benchmarks.quality_indexes import Corpus, Remembering, Shelf, only, weighted
from benchmarks.quality_suites import Definition, definitions, document_name, drawn, misspelt, plain, wrapped
from embedder import Role, Vectors
from embedder.fake import FakeEncoder
from indexer import Index, open_index, ranking
from indexer.store import open_store
from indexer.types import Filter

SPLIT = [
    {"query": "try again after a failed upload", "relevant": [{"path": "src/upload.py", "start": 15, "end": 21}]},
    {"query": "accept connections", "relevant": [{"path": "src/server.go", "start": None, "end": None}]},
]


@pytest.fixture
def data(tmp_path: Path, tree: Path) -> Path:
    """The layout of the shared data, with one repository and one text set."""
    split = tmp_path / "data" / "bench" / "code-search"
    split.mkdir(parents=True)
    specs = [
        {"name": "project", "language": "python", "benchmark_root": "src", "sources": []},
        {"name": "gone", "language": "c", "benchmark_root": None, "sources": []},
    ]
    (split / "repos.json").write_text(json.dumps(specs), "utf-8")
    rows = [{"repo": "project", "language": "python", "category": "semantic", "secondary": []} | row for row in SPLIT]
    rows.append(rows[0] | {"repo": "gone", "language": "c"})
    (split / "queries.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    texts = tmp_path / "data" / "text" / "eval" / "animals"
    texts.mkdir(parents=True)
    documents = {
        "d1": "cats purr and sleep all day",
        "d2": "dogs bark at the postman",
        "d3": "fish: they swim in water",
    }
    (texts / "corpus.jsonl").write_text(
        "\n".join(json.dumps({"_id": id, "text": text}) for id, text in documents.items()), "utf-8"
    )
    (texts / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "lang: who barks at a postman"}), "utf-8")
    (texts / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\n", "utf-8")
    return tmp_path / "data"


def arguments(data: Path, tree: Path, tmp_path: Path, *more: str) -> list[str]:
    paths = {"--data": data, "--repos": tree.parent, "--work": tmp_path / "work", "--out": tmp_path / "out.json"}
    return [*(part for name, path in paths.items() for part in (name, str(path))), "--model", "fake", *more]


def test_all_suites_are_measured_and_tabled(
    data: Path, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search_quality.main(arguments(data, tree, tmp_path, "--ablate")) == 0
    captured = capsys.readouterr()
    found: dict[str, Any] = json.loads((tmp_path / "out.json").read_text("utf-8"))
    code = found["suites"]["code"]
    assert (code["queries"], code["missing"], code["reference"]) == (2, ["gone"], "fake hybrid")
    assert code["rows"]["text"]["overall"]["recall"]["mean"] == 1.0
    assert code["rows"]["fake hybrid"]["to_reference"]["p"] == 1.0
    assert "to_whole" in code["rows"]["text - words"]
    assert not {"text - meaning", "text - subject"} & code["rows"].keys()  # there is no vector to lose
    assert found["suites"]["text"]["animals"]["ndcg"]["BM25 alone"]["mean"] == 1.0
    assert found["suites"]["symbols"]["rows"]["text"]["exact"]["first"]["mean"] == 1.0
    assert captured.out == (tmp_path / "out.txt").read_text("utf-8")
    assert "code search, 2 queries (without gone); p: beside `fake hybrid`" in captured.out
    assert "gone" in captured.err


def test_another_tools_results_stand_beside_ours(
    data: Path, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "other.jsonl"
    row = {"repo": "project", "query": SPLIT[1]["query"], "results": [{"path": "src/server.go"}]}
    results.write_text(json.dumps(row) + "\n", "utf-8")
    given = arguments(data, tree, tmp_path, "--suite", "code", "--no-vectors", "--results", f"other={results}")
    assert search_quality.main(given) == 0
    rows = json.loads((tmp_path / "out.json").read_text("utf-8"))["suites"]["code"]["rows"]
    other, ours = rows["other"], rows["text"]
    assert (other["overall"]["ndcg"]["mean"], other["unanswered"]) == (0.5, 1)
    assert other["by_language"].keys() == ours["by_language"].keys()
    below = other["overall"]["ndcg"]["mean"] - ours["overall"]["ndcg"]["mean"]
    assert other["to_reference"]["mean"] == other["to_reference_by_category"]["semantic"]["mean"] == below
    captured = capsys.readouterr()
    assert "other: no line for 1 of 2 queries; each scores 0" in captured.out
    beside = captured.out.partition("below (-) `text` on the same queries")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in beside[2:]] == ["BM25", "other"]
    assert f"{below:+.4f}" in beside[-1]
    assert "no line for 1 of 2 queries" in captured.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--results", "text=a.jsonl"], "another row named `text`"),
        (["--results", "fake hybrid - words=a.jsonl"], "another row named"),
        (["--results", "one=a.jsonl", "--results", "one=b.jsonl"], "another row named `one`"),
        (["--results", "one=a.jsonl", "--suite", "text"], "the suite code"),
    ],
)
def test_results_that_cannot_stand_in_the_table_are_refused(
    data: Path, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    with pytest.raises(SystemExit):
        search_quality.main(arguments(data, tree, tmp_path, *given))
    assert said in capsys.readouterr().err


def test_results_that_cannot_be_read_are_told_before_anything_is_measured(
    data: Path, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = arguments(data, tree, tmp_path, "--suite", "code", "--results", f"one={tmp_path / 'none.jsonl'}")
    assert search_quality.main(given) == 2
    assert "error: cannot read" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_repositories_in_a_git_checkout_are_refused(
    data: Path, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.indexer.trees import repository

    repository(tmp_path / "checkout")
    with pytest.raises(SystemExit):
        search_quality.main([*arguments(data, tree, tmp_path), "--repos", str(tmp_path / "checkout")])
    assert "git checkout" in capsys.readouterr().err


def test_a_cross_encoder_is_measured_beside_the_hybrid_with_its_time(data: Path, tree: Path, tmp_path: Path) -> None:
    more = ["--suite", "code", "--suite", "text", "--rerank", "fake"]
    assert search_quality.main(arguments(data, tree, tmp_path, *more)) == 0
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert found["suites"]["code"]["reference"] == "fake hybrid"
    assert "fake reranked" in found["suites"]["code"]["rows"]
    assert found["suites"]["text"]["animals"]["differences"]["fake reranked"]["better"] == "fake hybrid"
    assert found["rerank"]["queries"] == 3
    assert "fake took" in (tmp_path / "out.txt").read_text("utf-8")


def test_an_unknown_weight_is_refused(
    data: Path, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        search_quality.main(arguments(data, tree, tmp_path, "--set", "wrods=1"))
    assert "no weight `wrods`" in capsys.readouterr().err


# -- indexes ---------------------------------------------------------------------------------------------------------


class Counting(FakeEncoder):
    """Counts the texts it encodes."""

    encoded = 0

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        self.encoded += len(texts)
        return super().encode(texts, role=role)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / "shelf")
    yield opened
    opened.close()


def test_an_index_is_built_once_and_again_when_the_corpus_changes(shelf: Shelf, tree: Path, tmp_path: Path) -> None:
    said: list[str] = []
    corpus = Corpus(name="project", root=tree)
    for change in (False, False, True):
        if change:
            (tree / "new.py").write_text("def fresh():\n    return 1\n", "utf-8")
        opened = Shelf(shelf.folder, say=said.append)
        opened.index(corpus)
        opened.close()
    assert said == ["project: reading"] * 2


def test_a_passage_is_encoded_once_whatever_changes_around_it(tmp_path: Path, tree: Path) -> None:
    encoder = Counting()
    for expected in ("all", "none", "new"):
        shelf = Shelf(tmp_path / "shelf", load=lambda _: encoder)
        before = encoder.encoded
        if expected == "new":
            (tree / "new.py").write_text("def fresh():\n    return 1\n", "utf-8")
        chunks = shelf.index(Corpus(name="project", root=tree), "counting").repos()[0].chunks
        assert encoder.encoded - before == {"all": chunks, "none": 0, "new": 1}[expected]
        shelf.close()


def test_an_index_with_vectors_answers_like_one_made_by_index_repo(shelf: Shelf, filled: Index, tree: Path) -> None:
    index = shelf.index(Corpus(name="project", root=tree), "fake")
    for query in ("retry failed upload", "accept connections"):
        ours, plainly = index.search(query).hits, filled.search(query).hits
        assert [(hit.id, hit.why) for hit in ours] == [(hit.id, hit.why) for hit in plainly]
    assert "meaning" in ours[0].why


def test_a_store_with_a_memory_answers_like_the_store(filled: Index, tmp_path: Path) -> None:
    store = open_store(tmp_path / "index")
    memory: Any = Remembering(store)
    vector = np.asarray(FakeEncoder().encode(["upload"], role="query")[0])
    for _ in range(2):
        dense = memory.dense(vector, model=FakeEncoder().fingerprint, where=Filter(), limit=5)
        assert dense == store.dense(vector, model=FakeEncoder().fingerprint, where=Filter(), limit=5)
        ids = [candidate.id for candidate in dense]
        assert memory.chunks(ids) == store.chunks(ids)
        assert memory.lexical(["upload"], where=Filter(), limit=5) == store.lexical(["upload"], where=Filter(), limit=5)
        assert memory.fields(["upload"], where=Filter(), limit=5) == store.fields(["upload"], where=Filter(), limit=5)
        assert list(memory.holding(["upload"], where=Filter())) == list(store.holding(["upload"], where=Filter())) != []
    assert memory.dense(vector, model="other", where=Filter(), limit=5) == []
    store.close()


def test_weights_change_for_a_block_and_come_back(filled: Index) -> None:
    before = dict(ranking.weights.WEIGHTS)
    with weighted(only("words") | {"SYMBOL_DEFINITION": 9.0}):
        signals = {name for name, value in filled.search("retry failed upload").hits[0].why.items() if value}
        assert signals == {"words"}
        assert ranking.weights.SYMBOL_DEFINITION == 9.0
    assert dict(ranking.weights.WEIGHTS) == before
    with pytest.raises(KeyError, match="wrods"), weighted({"wrods": 1}):
        pass
    assert dict(ranking.weights.WEIGHTS) == before


# -- suites ----------------------------------------------------------------------------------------------------------


def test_a_definition_is_asked_for_by_its_own_name_where_that_says_which(tmp_path: Path) -> None:
    source = "class A:\n    def send(self):\n        return 1\n\n    def only(self):\n        return 2\n\n\n"
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "m.py").write_text(
        source + source.replace("class A", "class B").replace("only", "other"), "utf-8"
    )
    with open_index(tmp_path / "i", create=True, encoder=FakeEncoder()) as index:
        index.sync([tmp_path / "code"], vectors=False)
        chunks = index._store.file_chunks("code", next(iter(index._store.files("code"))))
    asked = {one.symbol: one.asked for one in definitions("code", chunks)}
    assert asked["A.only"] == "only"
    assert asked["A.send"] == "A.send"
    assert asked["B.send"] == "B.send"


def test_every_repository_gives_about_as_many_definitions() -> None:
    def some(repo: str, count: int) -> list[Definition]:
        return [Definition(repo=repo, path="m", symbol=f"s{n}", asked=f"s{n}") for n in range(count)]

    found = drawn({"big": some("big", 1000), "small": some("small", 3)}, 10)
    assert sum(one.repo == "small" for one in found) == 3
    assert len(set(found)) == 10
    assert found == drawn({"small": some("small", 3), "big": some("big", 1000)}, 10)


def test_a_typo_is_one_edit_of_the_last_part_and_no_other_name() -> None:
    generator = random.Random(1)
    seen = {misspelt("Session.send", lambda name: name == "sned", generator) for _ in range(300)}
    assert all(name and name.startswith("Session.") for name in seen)
    lasts = {str(name).rpartition(".")[2] for name in seen}
    assert "sned" not in lasts
    assert {len(last) for last in lasts} == {3, 4, 5}
    assert misspelt("get", lambda _: False, generator) is None


def test_documents_are_files_whose_names_say_nothing() -> None:
    names = [document_name(number) for number in range(300)]
    assert len(set(names)) == 300
    assert names == sorted(names, key=names.index)
    assert wrapped("word " * 50).split() == ["word"] * 50
    assert max(map(len, wrapped("word " * 50).split("\n"))) <= 100
    assert plain('lang:go "x"') == "lang go  x "
