"""Rows kept back from training, as an evaluation set of the layout that `gte-train evaluate` reads."""

import json
from pathlib import Path

import pytest

from indexer.cli import FAILED, FOUND, main
from indexer.errors import InputError
from indexer.held_out import HeldOut, hold_out, write
from indexer.pairs import Function, Tally, folded, functions, told_apart
from indexer.settings import Settings
from training.evaluation import sets
from training.evaluation.texts import read_evaluation


def function(name: str, says: str = "", body: str = "x = 1") -> str:
    doc = f'    """{says}"""\n' if says else ""
    return f"def {name}(x):\n{doc}    {body}\n    return {name!r}, x\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Ten functions that say something each, one that says nothing."""
    root = tmp_path / "project"
    root.mkdir()
    said = [function(f"f{number}", f"Does the thing number {number}.") for number in range(10)]
    (root / "a.py").write_text("\n\n".join([*said, function("silent")]))
    return root


def found_in(root: Path) -> list[Function]:
    return list(functions([root], settings=Settings(), tally=Tally()))


def held_of(root: Path, count: int, seed: int = 0) -> HeldOut:
    found = found_in(root)
    return hold_out(found, list(told_apart(found, Tally())), count=count, seed=seed)


def test_the_set_is_one_that_training_reads_and_counts_as_code(project: Path, tmp_path: Path) -> None:
    held = held_of(project, 3)
    place = write(held, tmp_path / "text/mine")  # whatever the folders above are called
    [found] = sets.find(tmp_path / "text/mine")
    assert (found.folder, found.suite, found.task) == (place, sets.Suite.CODE, sets.Task.RETRIEVAL)
    content = sets.read(found)
    assert isinstance(content, sets.Retrieval)
    assert len(content.documents) == 11  # also what says nothing, and what is trained on: a search finds all of them
    answers = dict(zip(content.document_ids, content.documents, strict=True))
    for name, query in zip(content.query_ids, content.queries, strict=True):
        (right,) = content.judged[name]
        assert f"def f{query.removesuffix('.')[-1]}(" in answers[right]
    assert not any("Does the thing" in text for text in content.documents)
    assert read_evaluation([place])[0].pairs == read_evaluation([tmp_path / "text"])[0].pairs != []


def test_no_row_to_train_on_says_or_is_what_is_held(project: Path) -> None:
    held = held_of(project, 4)
    assert len(held.training) == 6
    assert not {pair.query for pair in held.training} & set(held.queries.values())


def test_rows_nearly_equal_to_held_ones_are_not_trained_on(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        function("same_words", "Reads the file.")
        + function("others", "Reads the FILE!")
        + function("third", "reads the file")  # of three that say the same, two are rows
        + function("same", "Says what it is.", "x = [1]")
        + function("same", "Says another thing.", "x = (1)")
        + function("free", "Has nothing to do with them.")
    )
    answers: list[tuple[str, ...]] = []
    for seed in range(20):
        held = held_of(tmp_path, 1, seed)
        (query,) = held.queries.values()
        rest = {pair.query for pair in held.training}
        if query == "Reads the file.":
            answers += held.judged.values()
            assert rest == {"Says what it is.", "Says another thing.", "Has nothing to do with them."}
        elif query == "Has nothing to do with them.":
            assert len(rest) == 4
        else:
            assert rest == {"Reads the file.", "Reads the FILE!", "Has nothing to do with them."}
    assert {len(found) for found in answers} == {3}  # all that say it are right answers


def test_a_seed_draws_the_same_rows_again_and_another_one_others(project: Path) -> None:
    first = [held_of(project, 3, seed).queries for seed in (0, 0, 1, 2)]
    assert first[0] == first[1]
    assert len({tuple(each.values()) for each in first}) > 1


def test_most_rows_stay_held_while_the_repository_changes(project: Path) -> None:
    before = set(held_of(project, 4).queries.values())
    (project / "0.py").write_text(function("new", "Is a new one here."))
    assert len(before & set(held_of(project, 4).queries.values())) >= 3


def test_copies_of_a_function_are_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(function("f") + function("g", "Says something of itself."))
    (tmp_path / "b.py").write_text(function("f", "Is described here only.").replace("    ", "  "))
    held = held_of(tmp_path, 1)
    assert len(held.corpus) == 2
    assert all(right in held.corpus for found in held.judged.values() for right in found)


def test_a_set_is_the_same_bytes_again(project: Path, tmp_path: Path) -> None:
    places = [write(held_of(project, 3), tmp_path / name) for name in ("one", "two", "one")]
    contents = [{path.name: path.read_bytes() for path in place.iterdir()} for place in places]
    assert contents[0] == contents[1] == contents[2]
    assert sorted(contents[0]) == ["corpus.jsonl.gz", "qrels.tsv", "queries.jsonl"]


def test_holding_all_rows_out_is_refused_before_anything_is_written(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="10 descriptions are too few to hold 10 out"):
        held_of(project, 10)
    out = tmp_path / "pairs.jsonl"
    assert main(["pairs", str(project), "--hold-out", "10", str(tmp_path / "held"), "--out", str(out)]) == FAILED
    assert "hint: hold fewer out" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_the_command_prints_the_rows_that_are_left(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pairs", str(project), "--hold-out", "3", str(tmp_path / "held"), "--seed", "1"]) == FOUND
    captured = capsys.readouterr()
    rows = {folded(json.loads(line)["query"]) for line in captured.out.splitlines()}
    queries = (tmp_path / "held/code/held_out/queries.jsonl").read_text().splitlines()
    assert (len(rows), len(queries)) == (7, 3)
    assert not rows & {folded(json.loads(line)["text"]) for line in queries}
    assert "held out 3 descriptions, to be found among 11 functions" in captured.err
    assert "7 pairs left to train on" in captured.err


@pytest.mark.parametrize("number", ["0", "-1", "some", ""])
def test_a_number_to_hold_out_that_is_none_is_wrong_use(
    number: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["pairs", str(project), "--hold-out", number, "held"])
    assert caught.value.code == FAILED
    assert "N is a number" in capsys.readouterr().err
