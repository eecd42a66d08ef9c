import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import embedder
from embedder import FakeEncoder
from tests.training.evaluation import folders
from training.errors import DataError
from training.evaluation import command, report, run
from training.evaluation.run import Model
from training.evaluation.sets import Suite, Task

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return folders.everything(tmp_path / "data")


@pytest.fixture
def evaluate(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command over `data`; return stdout and stderr."""

    def called(*arguments: str) -> tuple[str, str]:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        given = [*arguments, "--data", str(data), "--out", str(tmp_path / "out")]
        assert command.run(parser.parse_args(given)) == 0
        printed = capsys.readouterr()
        return printed.out, printed.err

    return called


def test_the_table_has_a_row_a_set_and_a_column_a_model(evaluate: Run) -> None:
    table, _ = evaluate("fake", "bm25")
    lines = table.splitlines()
    assert lines[0].split() == ["fake", "bm25"]
    names = [line.split("  ")[1].strip() for line in lines if line.startswith("  ") and "mean" not in line][1:]
    assert names == ["functions", "passages", "alike", "subjects", "clusters", "answers", "same"]
    assert next(line for line in lines if "alike" in line).split()[2] == "-"  # BM25 has no vectors
    assert next(line for line in lines if "all sets" in line).split()[-1] == "-"


def test_json_and_file_say_the_same(evaluate: Run, tmp_path: Path) -> None:
    printed, _ = evaluate("fake", "--json")
    said = json.loads(printed)
    assert said == json.loads((tmp_path / "out" / "evaluation.json").read_text())
    scores = {result["set"]: result["score"] for result in said["results"]}
    means = said["means"]["fake"]
    assert means["all sets"] == pytest.approx(sum(scores.values()) / 7)
    assert means["text, by set"] == pytest.approx((sum(scores.values()) - scores["functions"]) / 6)
    assert means["text, by group"] == pytest.approx(means["text, by set"])  # one set a group here
    passages = next(result for result in said["results"] if result["set"] == "passages")
    low, high = passages["interval"]
    assert low <= passages["score"] == passages["measures"]["ndcg@10"] <= high


def test_suites_and_sets_are_chosen(evaluate: Run) -> None:
    def names(*arguments: str) -> set[str]:
        return {result["set"] for result in json.loads(evaluate("fake", "--json", *arguments)[0])["results"]}

    assert names("--suite", "code") == {"functions"}
    assert "functions" not in names("--suite", "text")
    assert names("--sets", "alike, same") == {"alike", "same"}


def test_an_unknown_set_is_named_with_those_there(evaluate: Run) -> None:
    with pytest.raises(DataError, match="no set `alike2`") as caught:
        evaluate("fake", "--sets", "alike2")
    assert "alike" in caught.value.hint


def test_what_was_measured_is_not_measured_again(evaluate: Run) -> None:
    first, noted = evaluate("fake", "bm25")
    second, silent = evaluate("fake", "bm25")
    assert first == second
    assert "fake: passages, ndcg@10" in noted
    assert silent == ""
    assert "fake: passages, ndcg@10" in evaluate("fake", "--again")[1]


def test_a_changed_set_is_measured_again(evaluate: Run, data: Path) -> None:
    evaluate("fake")
    with (data / "text" / "eval" / "alike" / "pairs.tsv").open("a") as file:
        file.write("5.0\tparse\tparse\n")
    _, noted = evaluate("fake")
    assert [line.split(",")[0] for line in noted.splitlines()] == ["fake: alike"]


def test_another_role_or_length_is_another_result(evaluate: Run) -> None:
    whole, _ = evaluate("fake")
    assert evaluate("fake", "--symmetric", "passage")[1] != ""
    short, noted = evaluate("fake", "--dim", "8")
    assert "fake [8]: passages" in noted
    assert short != whole


def test_a_length_beyond_the_model_is_refused(evaluate: Run) -> None:
    with pytest.raises(DataError, match="vectors of 64 numbers"):
        evaluate("fake", "--dim", "65")


def test_a_run_stopped_between_sets_goes_on(evaluate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = evaluate("fake")
    results = tmp_path / "out" / "results"
    for path in sorted(results.rglob("*.json"))[3:]:
        path.unlink()
    again, noted = evaluate("fake")
    assert again == whole
    assert len(noted.splitlines()) == 4


def test_a_damaged_result_is_told_with_its_file(evaluate: Run, tmp_path: Path) -> None:
    evaluate("fake", "--sets", "alike")
    (path,) = (tmp_path / "out" / "results").rglob("*.json")
    path.write_text("{")
    with pytest.raises(DataError, match=path.name):
        evaluate("fake", "--sets", "alike")


def test_a_damaged_set_is_told_before_anything_is_encoded(evaluate: Run, data: Path, tmp_path: Path) -> None:
    (data / "text" / "eval" / "subjects" / "test.tsv").write_text("a\n")
    with pytest.raises(DataError, match=r"test\.tsv:1"):
        evaluate("fake")
    assert not (tmp_path / "out").exists()


def test_ambiguous_queries_are_mentioned(evaluate: Run, data: Path) -> None:
    with (data / "text" / "eval" / "passages" / "queries.jsonl").open("a") as file:
        file.write('{"_id": "q3", "text": "something else"}\n')
    _, noted = evaluate("fake", "--sets", "passages")
    assert noted.startswith("passages: these ids stand for several queries and are left out: q3\n")


def test_models_of_one_name_are_told_apart_by_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "load", lambda name, **_: FakeEncoder(dim=int(name)))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    models = command.load(parser.parse_args(["16", "32", "bm25", "--data", "."]))
    assert [model.label for model in models] == ["fake@16-512", "fake@32-512", "bm25"]


def result(model: str, name: str, score: float | None, **changed: Any) -> run.Result:  # noqa: ANN401
    given: dict[str, Any] = {
        "version": 1,
        "fingerprint": model,
        "symmetric": "query",
        "suite": Suite.TEXT,
        "task": Task.STS,
        "digest": "",
        "measure": "spearman",
        "interval": None,
        "measures": {},
        "seconds": 0.0,
    }
    return run.Result(**{**given, "model": model, "set": name, "score": score, **changed})


def test_a_mean_is_given_only_over_every_set() -> None:
    results = [result("a", "one", 0.5), result("a", "two", 1.0), result("b", "one", 0.5), result("b", "two", None)]
    assert report.means(results, "a")["sts"] == 0.75
    assert report.means(results, "b")["sts"] is None


def test_the_table_as_it_looks() -> None:
    results = [
        result("gte-mini", "stsbenchmark", 0.8232),
        result("gte-mini", "functions", 0.71, suite=Suite.CODE, task=Task.RETRIEVAL),
        result("bm25", "stsbenchmark", None),
        result("bm25", "functions", 0.6, suite=Suite.CODE, task=Task.RETRIEVAL),
    ]
    assert list(report.table(results)) == [
        "               gte-mini     bm25",
        "code (ndcg@10)",
        "  functions       71.00    60.00",
        "  mean            71.00    60.00",
        "sts (spearman)",
        "  stsbenchmark    82.32        -",
        "  mean            82.32        -",
        "mean: all sets    76.66        -",
    ]


def test_a_full_length_is_no_shortening() -> None:
    model = Model.of(FakeEncoder(dim=64), dim=64)
    assert (model.label, model.dim) == ("fake", None)
