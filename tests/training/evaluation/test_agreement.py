"""Every task gives the score that mteb gives: same texts, same encoder, mteb's own tasks."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mteb
import numpy as np
import pytest
from datasets import Dataset, DatasetDict  # type: ignore[import-untyped]  # the package ships no types
from mteb.abstasks.classification import AbsTaskClassification
from mteb.abstasks.clustering import AbsTaskClustering
from mteb.abstasks.pair_classification import AbsTaskPairClassification
from mteb.abstasks.retrieval import AbsTaskRetrieval
from mteb.abstasks.sts import AbsTaskSTS
from mteb.abstasks.task_metadata import TaskMetadata
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # the package ships no types

from embedder import FakeEncoder, Role, Vectors
from tests.training.evaluation import folders
from training.evaluation import sets, tasks
from training.evaluation.scorers import Dense
from training.evaluation.sets import Labelled, Pairs, Reranking, Retrieval, Suite, Task
from training.evaluation.vectors import Kept
from training.mteb_adapter import MtebEncoder


class Prefixing(FakeEncoder):
    """Reads a text otherwise as a passage, so that a wrong role shows in the score."""

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        return super().encode([f"a passage about {text}" if role == "passage" else text for text in texts], role=role)


ENCODER = Prefixing()


def metadata(kind: str, main_score: str) -> TaskMetadata:
    return TaskMetadata(
        name="LocalTask",
        description="local",
        dataset={"path": "NA", "revision": "NA"},
        type=kind,  # type: ignore[arg-type]  # mteb lists its kinds as literals
        category="t2t",
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score=main_score,
        modalities=["text"],
    )


def theirs(kind: type[Any], about: TaskMetadata, data: object, **options: object) -> Mapping[str, Any]:
    """Run one of mteb's tasks on local data and return its scores."""

    def load_data(self: Any, num_proc: int | None = None, **_: object) -> None:  # noqa: ANN401
        self.dataset, self.data_loaded = data, True

    task = type("LocalTask", (kind,), {"metadata": about, "load_data": load_data, **options})()
    with threadpool_limits(1):  # two threads on a busy machine wait for each other in loops, a minute long
        results = mteb.evaluate(MtebEncoder(ENCODER), task, cache=None, co2_tracker=False, show_progress_bar=False)
    scores: Mapping[str, Any] = results.task_results[0].scores["test"][0]
    return scores


def ours(folder: Path, task: Task, tmp_path: Path) -> Mapping[str, float]:
    place = sets.Place(name=folder.name, folder=folder, suite=Suite.TEXT, task=task)
    scorer = Dense(Kept(ENCODER, tmp_path / "kept"))
    outcome = tasks.run(sets.read(place), scorer, task=task, suite=Suite.TEXT)
    assert outcome is not None
    return outcome.measures


def content(folder: Path, task: Task) -> sets.Content:
    return sets.read(sets.Place(name="", folder=folder, suite=Suite.TEXT, task=task))


def test_retrieval(tmp_path: Path) -> None:
    folders.retrieval(tmp_path / "set")
    read = content(tmp_path / "set", Task.RETRIEVAL)
    assert isinstance(read, Retrieval)
    lines = gzip.decompress((tmp_path / "set" / "corpus.jsonl.gz").read_bytes()).decode().splitlines()
    corpus = [{"id": row.pop("_id"), **row} for row in map(json.loads, lines)]
    queries = [{"id": name, "text": text} for name, text in zip(read.query_ids, read.queries, strict=True)]
    split = {
        "corpus": Dataset.from_list(corpus),
        "queries": Dataset.from_list(queries),
        "relevant_docs": {name: dict(judged) for name, judged in read.judged.items()},
        "top_ranked": None,
    }
    wanted = theirs(AbsTaskRetrieval, metadata("Retrieval", "ndcg_at_10"), {"default": {"test": split}})
    found = ours(tmp_path / "set", Task.RETRIEVAL, tmp_path)
    assert 0.05 < found["ndcg@10"] < 0.9
    assert found["ndcg@10"] == pytest.approx(wanted["ndcg_at_10"], abs=1e-5)
    assert found["mrr@10"] == pytest.approx(wanted["mrr_at_10"], abs=1e-5)
    assert found["recall@10"] == pytest.approx(wanted["recall_at_10"], abs=1e-5)
    assert found["recall@100"] == pytest.approx(wanted["recall_at_100"], abs=1e-5)


def test_reranking(tmp_path: Path) -> None:
    folders.reranking(tmp_path / "set")
    read = content(tmp_path / "set", Task.RERANKING)
    assert isinstance(read, Reranking)
    corpus: list[dict[str, str]] = []
    judged: dict[str, dict[str, int]] = {}
    for n, groups in enumerate(zip(read.positives, read.negatives, strict=True)):
        for label, group in zip(("apositive", "negative"), groups, strict=True):  # mteb's own ids
            for i, text in enumerate(group):
                corpus.append({"id": f"{label}_test_query{n}_{i:05}", "title": "", "text": text})
                judged.setdefault(f"test_query{n}", {})[corpus[-1]["id"]] = int(label == "apositive")
    split = {
        "corpus": Dataset.from_list(corpus),
        "queries": Dataset.from_list([{"id": f"test_query{n}", "text": text} for n, text in enumerate(read.queries)]),
        "relevant_docs": judged,
        "top_ranked": {name: list(documents) for name, documents in judged.items()},
    }
    wanted = theirs(AbsTaskRetrieval, metadata("Reranking", "map_at_1000"), {"default": {"test": split}})
    found = ours(tmp_path / "set", Task.RERANKING, tmp_path)
    assert 0.1 < found["map"] < 0.95
    assert found["map"] == pytest.approx(wanted["map_at_1000"], abs=1e-5)
    assert found["mrr@10"] == pytest.approx(wanted["mrr_at_10"], abs=1e-5)


def test_similarity(tmp_path: Path) -> None:
    folders.graded(tmp_path / "set")
    read = content(tmp_path / "set", Task.STS)
    assert isinstance(read, Pairs)
    data = DatasetDict(
        test=Dataset.from_dict({"sentence1": read.left, "sentence2": read.right, "score": list(read.scores)})
    )
    wanted = theirs(AbsTaskSTS, metadata("STS", "cosine_spearman"), data, min_score=0, max_score=5)
    found = ours(tmp_path / "set", Task.STS, tmp_path)
    assert 0.1 < found["spearman"] < 0.99
    # equal cosines may differ in the last digit there, where they are computed from distances
    assert found["spearman"] == pytest.approx(wanted["cosine_spearman"], abs=2e-3)


def test_pairs(tmp_path: Path) -> None:
    folders.graded(tmp_path / "set", labels=True)
    read = content(tmp_path / "set", Task.PAIRS)
    assert isinstance(read, Pairs)
    labels = [int(score) for score in read.scores]
    data = DatasetDict(test=Dataset.from_dict({"sentence1": read.left, "sentence2": read.right, "labels": labels}))
    wanted = theirs(AbsTaskPairClassification, metadata("PairClassification", "max_ap"), data)
    found = ours(tmp_path / "set", Task.PAIRS, tmp_path)
    assert 0.5 < found["ap"] < 1
    assert found["ap"] == pytest.approx(wanted["cosine_ap"], abs=2e-3)
    assert found["max_ap"] == pytest.approx(wanted["max_ap"], abs=2e-3)


def test_classification(tmp_path: Path) -> None:
    folders.labelled(tmp_path / "set", train=True)
    read = content(tmp_path / "set", Task.CLASSIFICATION)
    assert isinstance(read, Labelled)
    data = DatasetDict(
        train=Dataset.from_dict({"text": read.train_texts, "label": read.train_labels}),
        test=Dataset.from_dict({"text": read.test_texts, "label": read.test_labels}),
    )
    wanted = theirs(AbsTaskClassification, metadata("Classification", "accuracy"), data)
    found = ours(tmp_path / "set", Task.CLASSIFICATION, tmp_path)
    assert 0.3 < found["accuracy"] < 1
    assert found["accuracy"] == pytest.approx(wanted["accuracy"], abs=1e-6)


def test_clustering(tmp_path: Path) -> None:
    folders.labelled(tmp_path / "set", train=False)
    read = content(tmp_path / "set", Task.CLUSTERING)
    assert isinstance(read, Labelled)
    data = DatasetDict(test=Dataset.from_dict({"sentences": read.test_texts, "labels": read.test_labels}))
    wanted = theirs(
        AbsTaskClustering, metadata("Clustering", "v_measure"), data, max_fraction_of_documents_to_embed=None
    )
    found = ours(tmp_path / "set", Task.CLUSTERING, tmp_path)
    assert 0.1 < found["v_measure"] < 1
    assert found["v_measure"] == pytest.approx(wanted["v_measure"], abs=1e-6)
    assert found["v_measure_std"] == pytest.approx(wanted["v_measure_std"], abs=1e-6)


def test_search_is_exact_beyond_the_documents_that_are_kept(tmp_path: Path) -> None:
    folders.retrieval(tmp_path / "set", documents=400)
    read = content(tmp_path / "set", Task.RETRIEVAL)
    assert isinstance(read, Retrieval)
    scores = ENCODER.encode(read.queries, role="query") @ ENCODER.encode(read.documents, role="passage").T
    recalls = []
    for name, row in zip(read.query_ids, scores, strict=True):
        order = sorted(zip(row.tolist(), read.document_ids, strict=True), reverse=True)[:100]
        relevant = {document for document, gain in read.judged[name].items() if gain > 0}
        recalls.append(len(relevant & {document for _, document in order}) / len(relevant))
    assert ours(tmp_path / "set", Task.RETRIEVAL, tmp_path)["recall@100"] == pytest.approx(np.mean(recalls))


def test_the_fake_tells_roles_apart() -> None:
    query = ENCODER.encode(["parse the tree"], role="query")
    passage = ENCODER.encode(["parse the tree"], role="passage")
    assert not np.allclose(query, passage)
