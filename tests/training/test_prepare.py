"""From raw sources to a prepared folder."""

import argparse
import gzip
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from training.data import Row, open_prepared
from training.errors import DataError
from training.prepare import add_arguments, prepare
from training.progress import Pace

EVALUATED = "returns the first of all open connections that nobody has used for more than ten minutes"


def write(path: Path, rows: Sequence[Mapping[str, Any] | str]) -> Path:
    """Write raw rows; a string is a line as it stands."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    data = "".join(f"{line}\n" for line in lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def pair(query: str, positive: str, *negatives: str) -> dict[str, Any]:
    return {"query": query, "positive": positive, "negatives": list(negatives), "lang": "python", "source": "here"}


def rows_of(folder: Path) -> dict[str, list[Row]]:
    return {source.name: source.rows(range(len(source))) for source in open_prepared(folder)}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    """A folder with one evaluation set of pairs."""
    folder = tmp_path / "sets/eval/pairs"
    folder.mkdir(parents=True)
    (folder / "pairs.tsv").write_text(f"5\t{EVALUATED}\tls -l\n1\tlist them\tls -l\n")
    return tmp_path / "sets"


def test_the_order_of_a_source_is_kept(tmp_path: Path) -> None:
    names = ["delta", "alpha", "charlie", "bravo"]
    write(tmp_path / "raw/words.jsonl.gz", [pair(name, f"{name}!") for name in names])
    prepare([tmp_path / "raw"], tmp_path / "out")
    assert rows_of(tmp_path / "out") == {"words": [Row(name, f"{name}!") for name in names]}


def test_useless_rows_are_dropped_and_counted_by_reason(tmp_path: Path) -> None:
    raw = write(
        tmp_path / "mixed.jsonl",
        [
            pair("a", "b"),
            pair("", "b"),
            {"positive": "b"},
            pair("a", "  "),
            pair("a", " a "),
            pair("a", "b", "c"),
            pair("ab", ""),
            pair("ab", "c"),
            pair("a", "bc"),
        ],
    )
    record = prepare([raw], tmp_path / "out")["sources"]["mixed"]
    assert record["dropped"] == {"duplicate pair": 1, "no positive": 2, "no query": 2, "query equals positive": 1}
    assert (record["rows"], record["kept"]) == (9, 3)
    assert rows_of(tmp_path / "out") == {"mixed": [Row("a", "b"), Row("ab", "c"), Row("a", "bc")]}


def test_negatives_that_are_none_are_removed_with_their_scores(tmp_path: Path) -> None:
    raw = {**pair("a", "b", "c", "b ", "", "d", "c"), "scores": [9, 1, 2, 3, 4, 5]}
    write(tmp_path / "n.jsonl", [raw])
    record = prepare([tmp_path / "n.jsonl"], tmp_path / "out")["sources"]["n"]
    assert rows_of(tmp_path / "out") == {"n": [Row("a", "b", ("c", "d"), (9.0, 1.0, 4.0))]}
    assert record["negatives_dropped"] == {"duplicate": 1, "empty": 1, "equals the positive": 1}


def test_rows_that_overlap_with_an_evaluation_set_are_dropped(tmp_path: Path, evaluation: Path) -> None:
    raw = [
        pair("kept", "ls -l"),
        pair(EVALUATED.upper(), "code"),
        pair("docs", f"// {EVALUATED}: see there"),
        pair("List them.", "ls  -l"),
        pair("negatives", "fine", EVALUATED, "also fine"),
    ]
    write(tmp_path / "raw/s.jsonl", raw)
    manifest = prepare([tmp_path / "raw"], tmp_path / "out", against=[evaluation])
    assert rows_of(tmp_path / "out") == {"s": [Row("kept", "ls -l"), Row("negatives", "fine", ("also fine",))]}
    assert manifest["sources"]["s"]["dropped"] == {
        "equals a short evaluation pair": 1,
        "equals an evaluation text": 1,
        "shares a run of 13 words with an evaluation text": 1,
    }
    assert manifest["decontamination"]["sets"] == {"eval/pairs": 4}


def test_keeping_no_row_is_an_error_that_says_why(tmp_path: Path, evaluation: Path) -> None:
    raw = write(tmp_path / "s.jsonl", [pair(EVALUATED, "code"), pair(EVALUATED, "other code"), pair("", "code")])
    with pytest.raises(DataError, match=r"none of 3 rows is kept: 2 equals an evaluation text; 1 no query") as caught:
        prepare([raw], tmp_path / "out", against=[evaluation])
    assert "--against" in caught.value.hint
    with pytest.raises(DataError, match="no prepared folder"):  # so that nobody trains on it
        open_prepared(tmp_path / "out")
    assert prepare([raw], tmp_path / "out")["sources"]["s"]["kept"] == 2


@pytest.mark.parametrize(("rows", "says"), [([], "hold no row"), ([pair("a", " a ")], "1 query equals positive")])
def test_sources_without_a_useful_row_are_an_error(tmp_path: Path, rows: list[dict[str, Any]], says: str) -> None:
    write(tmp_path / "s.jsonl", rows)
    with pytest.raises(DataError, match=says):
        prepare([tmp_path / "s.jsonl"], tmp_path / "out")


def test_malformed_lines_are_counted_and_named_in_the_report(tmp_path: Path) -> None:
    bad = ["{", "[]", '{"query": 1, "positive": "b"}', '{"query": "a", "positive": "b", "negatives": [1]}', '{"x": 1}']
    write(tmp_path / "bad.jsonl", [pair("a", "b"), "", *bad, "\ufffd", "[" * 100_000, pair("c", "d")])
    record = prepare([tmp_path / "bad.jsonl"], tmp_path / "out")["sources"]["bad"]
    assert record["dropped"] == {"malformed line": 7}
    report = (tmp_path / "out/report.md").read_text()
    assert all(f"bad.jsonl:{line}: " in report for line in range(3, 10))


def test_a_file_of_malformed_lines_only_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "prose.jsonl", ["once", "upon a time"])
    with pytest.raises(DataError, match=r"no line of prose\.jsonl is a row; prose\.jsonl:1: no JSON"):
        prepare([tmp_path / "prose.jsonl"], tmp_path / "out")


def test_a_file_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(json.dumps(pair(f"{i}", f"{i}!")).encode() + b"\n" for i in range(1000)))
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-200])
    with pytest.raises(DataError, match=r"cut\.jsonl\.gz cannot be read"):
        prepare([tmp_path / "cut.jsonl.gz"], tmp_path / "out")


def test_boilerplate_shared_with_an_evaluation_set_is_told(tmp_path: Path, evaluation: Path) -> None:
    rows = [pair(f"question {i}", f"{EVALUATED} {'really' if i % 2 else 'not really'} {i}") for i in range(4)]
    write(tmp_path / "raw/licences.jsonl", [*rows, *(pair(f"q{i}", f"p{i}") for i in range(20))])
    prepare([tmp_path / "raw"], tmp_path / "out", against=[evaluation])
    assert "licences: 16.7% of its rows share a run of 13 words" in (tmp_path / "out/report.md").read_text()


def test_the_result_does_not_depend_on_the_number_of_processes(tmp_path: Path, evaluation: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / f"raw/{name}.jsonl", [pair(f"{name} {i}", f"{EVALUATED[i:]} {i}") for i in range(50)])
    prepare([tmp_path / "raw"], tmp_path / "one", against=[evaluation])
    prepare([tmp_path / "raw"], tmp_path / "two", against=[evaluation], jobs=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_second_run_does_only_what_changed(tmp_path: Path, evaluation: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / f"raw/{name}.jsonl", [pair(name, f"{name}!")])
    prepare([tmp_path / "raw"], tmp_path / "out")
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.jsonl")}
    write(tmp_path / "raw/b.jsonl", [pair("b", "changed")])
    (tmp_path / "raw/c.jsonl").unlink()
    prepare([tmp_path / "raw"], tmp_path / "out")
    assert rows_of(tmp_path / "out") == {"a": [Row("a", "a!")], "b": [Row("b", "changed")]}
    assert (tmp_path / "out/a.jsonl").stat().st_mtime_ns == times["a.jsonl"]
    assert not (tmp_path / "out/c.jsonl").exists()
    write(tmp_path / "raw/a.jsonl", [pair("a", "a!"), pair("list them", "ls -l")])
    prepare([tmp_path / "raw"], tmp_path / "out", against=[evaluation])
    assert rows_of(tmp_path / "out")["a"] == [Row("a", "a!")]


def test_a_damaged_source_is_prepared_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"raw/{name}.jsonl", [pair(name, f"{name}!")])
    prepare([tmp_path / "raw"], tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out/a.jsonl").write_text("damaged")
    (tmp_path / "out/b.rows.npy").unlink()
    prepare([tmp_path / "raw"], tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_a_killed_run_goes_on_with_the_sources_that_are_left(tmp_path: Path) -> None:
    """The last source is a pipe that never ends: the run is killed while it waits there."""
    for name in ("a", "b"):
        write(tmp_path / f"raw/{name}.jsonl", [pair(name, f"{name}!")])
    os.mkfifo(tmp_path / "raw/z.jsonl")
    script = (
        "import sys, training.prepare as p; from training.sources import FileSource\n"
        "from pathlib import Path; raw, out = map(Path, sys.argv[1:])\n"
        "FileSource.digest = lambda self: self.name\n"
        "p.find_sources = lambda *_, **__: [FileSource(n, (raw / f'{n}.jsonl',)) for n in 'abz']\n"
        "p.prepare([raw], out)"
    )
    run = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "raw"), str(tmp_path / "out")])
    partial = tmp_path / "out/manifest.partial.json"
    for _ in range(600):
        if partial.exists() and len(json.loads(partial.read_text())["sources"]) == 2:
            break
        time.sleep(0.1)
    run.send_signal(signal.SIGKILL)
    run.wait()
    with pytest.raises(DataError, match="no prepared folder"):
        open_prepared(tmp_path / "out")
    (tmp_path / "raw/z.jsonl").unlink()
    write(tmp_path / "raw/z.jsonl", [pair("z", "z!")])
    prepare([tmp_path / "raw"], tmp_path / "out")
    assert rows_of(tmp_path / "out") == {name: [Row(name, f"{name}!")] for name in "abz"}
    assert not partial.exists()


def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    raw = write(tmp_path / "a.jsonl", [pair("a", "b")])
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out/.lock"), pytest.raises(DataError, match="being prepared already"):
        prepare([raw], tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    raw = write(tmp_path / "a.jsonl", [pair("a", "b")])
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        prepare([raw], tmp_path / "out")


def test_an_error_in_a_process_is_told_as_in_one(tmp_path: Path) -> None:
    write(tmp_path / "raw/good.jsonl", [pair("a", "b")])
    write(tmp_path / "raw/bad.jsonl", ["{"])
    with pytest.raises(DataError, match=r"no line of bad\.jsonl is a row") as caught:
        prepare([tmp_path / "raw"], tmp_path / "out", jobs=2)
    assert caught.value.hint
    assert multiprocessing.active_children() == []


def test_progress_has_a_share_and_an_end_in_sight() -> None:
    said: list[str] = []
    times = iter([0.0, 10.0, 15.0])
    pace = Pace(4 << 20, said.append, clock=lambda: next(times))
    pace.add(1 << 20, 1000)
    pace.add(1 << 20, 500)
    pace.set(0, 1600)
    assert said == [
        "\r1,000 rows read, 25% of 4 MB, 0:30 left",
        "\r1,500 rows read, 50% of 4 MB, 0:15 left",
        "\r1,600 rows read",
    ]


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_a_number_of_processes_below_one_is_refused(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["raw", "--out", "out", f"--jobs={jobs}"])
    assert "1 or more" in capsys.readouterr().err
