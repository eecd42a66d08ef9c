import gc
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from indexer import Progress, SyncReport, open_index, reading
from indexer.reading import Job, Readers, Task
from indexer.settings import Settings
from indexer.types import FileState, IndexedFile, Phase, Skipped
from indexer.walk import Found, walk
from tests.indexer.trees import write

ALONE, TOGETHER = Settings(threads=1), Settings(threads=2)
FILES = reading.FEW + 100
HERE = Path(__file__).parents[2]

INDEX = """
import sys
from indexer.cli import index_repo
sys.exit(index_repo([sys.argv[2], "--index", sys.argv[1], "--no-vectors"]))
"""

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More files than one process reads alone: sound, broken, and not what their names claim."""
    root = tmp_path_factory.mktemp("many") / "tree"
    for number in range(FILES):
        text = "\n\n".join(f"def f{number}_{i}(x):\n    return x + {number * i}\n" for i in range(8))
        write(root, {f"d{number % 7}/m{number}.py": text})
    return write(
        root,
        {
            "a/broken.docx": b"PK\x03\x04 no archive",
            "a/broken.py": "def f(:\n  ]]]\n" * 20,
            "a/guide.md": "# Guide\n\nText.\n\n## Café\n\nMore.\n",
            "z/empty.py": "",
            "z/gone.py": "x = 1\n",
        },
    )


def jobs_of(root: Path) -> list[Job]:
    return [Job(found=item, digest=None) for item in walk(root) if isinstance(item, Found)]


def content(index: Path) -> list[list[tuple[object, ...]]]:
    """Every row that a run writes of its files, in the order of writing, and every word."""
    tables = {"files": "id", "passages": "id", "chunks": "id", "temp.terms": "term, doc, col, offset"}
    with closing(sqlite3.connect(f"file:{index / 'store.sqlite3'}?mode=ro", uri=True)) as database:
        database.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, instance)")
        return [database.execute(f"SELECT * FROM {table} ORDER BY {key}").fetchall() for table, key in tables.items()]


def children(parent: int) -> set[int]:
    """The processes that `parent` started and that live."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, its_parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(its_parent) == parent and state != "Z":
                found.add(int(entry.name))
    return found


def eventually(true: Callable[[], object], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def sync(index: Path, root: Path, threads: int, report: Callable[[Progress], None] | None = None) -> SyncReport:
    with open_index(index, create=True, flags={"threads": threads}) as opened:
        (done,) = opened.sync([root], vectors=False, report=report)
    return replace(done, seconds=0)


def test_processes_give_what_one_gives_in_its_order_with_reasons_and_hints(many: Path) -> None:
    jobs = jobs_of(many)
    (many / "z/gone.py").unlink()
    try:
        alone = list(reading.outcomes(jobs, repo="r", settings=ALONE))
        together = list(reading.outcomes(jobs, repo="r", settings=TOGETHER))
    finally:
        write(many, {"z/gone.py": "x = 1\n"})
    assert together == alone
    failed = {str(one.path): one for one in together if isinstance(one, Skipped)}
    assert failed.keys() == {"a/broken.docx", "z/gone.py"}
    assert all(one.hint for one in failed.values())


def test_an_index_is_the_same_whoever_read(many: Path, tmp_path: Path) -> None:
    alone, together = sync(tmp_path / "alone", many, 1), sync(tmp_path / "together", many, 2)
    assert together == alone
    assert together.added == FILES + 3
    assert [str(one.path) for one in together.failed] == ["a/broken.docx"]
    assert together.notes
    assert content(tmp_path / "together") == content(tmp_path / "alone")


def test_what_was_only_touched_is_told_from_what_changed(many: Path) -> None:
    jobs = jobs_of(many)
    first = reading.outcomes(jobs, repo="r", settings=ALONE)
    digests = {one.state.path: one.state.digest for one in first if isinstance(one, IndexedFile)}
    changed = PurePosixPath("a/guide.md")
    digests[changed] = b"another"
    again = [replace(job, digest=digests.get(job.found.path)) for job in jobs]
    outcomes = list(reading.outcomes(again, repo="r", settings=TOGETHER))
    assert [one.state.path for one in outcomes if isinstance(one, IndexedFile)] == [changed]
    assert sum(isinstance(one, FileState) for one in outcomes) == len(jobs) - 2


@needs_proc
@pytest.mark.parametrize(("share", "threads"), [(0.1, 2), (1, 1)])
def test_little_to_do_and_one_thread_start_no_process(many: Path, share: float, threads: int) -> None:
    jobs = jobs_of(many)[: int(share * FILES)]
    before = children(os.getpid())
    for number, _ in enumerate(reading.outcomes(jobs, repo="r", settings=Settings(threads=threads))):
        if number % 50 == 0:
            assert children(os.getpid()) <= before


@needs_proc
def test_no_process_is_left_when_reading_ends_early(many: Path) -> None:
    before = children(os.getpid())
    with closing(reading.outcomes(jobs_of(many), repo="r", settings=TOGETHER)) as outcomes:
        next(outcomes)
        assert len(children(os.getpid()) - before) == 2
    assert children(os.getpid()) <= before


@needs_proc
@pytest.mark.parametrize("victims", [1, 2])
def test_a_reader_that_is_killed_costs_nothing_but_time(many: Path, tmp_path: Path, victims: int) -> None:
    before = children(os.getpid())
    killed: set[int] = set()

    def kill(progress: Progress) -> None:
        readers = sorted(children(os.getpid()) - before)
        if progress.phase is Phase.READING and not killed and readers:
            killed.update(readers[:victims])
            for reader in killed:
                os.kill(reader, signal.SIGKILL)

    alone, together = sync(tmp_path / "alone", many, 1), sync(tmp_path / "together", many, 2, kill)
    assert len(killed) == victims
    assert together == alone
    assert content(tmp_path / "together") == content(tmp_path / "alone")


def test_a_reader_killed_at_work_is_stood_in_for(many: Path) -> None:
    jobs = jobs_of(many)[:100]
    tasks = [Task((job,), "r", ALONE) for job in jobs * 20]
    expected = list(reading.outcomes(jobs, repo="r", settings=ALONE)) * 20
    with Readers(2) as readers:
        outcomes = []
        for number, outcome in enumerate(readers.outcomes(tasks)):
            outcomes.append(outcome)
            if number in (800, 1200):  # by then they have started
                readers.processes[number // 1000].kill()
    assert outcomes == expected


def test_tasks_are_taken_only_a_few_ahead(many: Path) -> None:
    taken = 0

    def tasks() -> Iterator[Task]:
        nonlocal taken
        for job in jobs_of(many):
            taken += 1
            yield Task((job,), "r", ALONE)

    with Readers(2) as readers:
        for done, _ in enumerate(readers.outcomes(tasks())):
            assert taken - done <= 3 * reading.AHEAD


def started(tmp_path: Path, root: Path) -> subprocess.Popen[str]:
    """A run in another process, with its readers at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", INDEX, str(tmp_path / "index"), str(root)],
        cwd=HERE,
        env=os.environ | {"GTE_SEARCH_THREADS": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert eventually(lambda: len(children(process.pid)) == 2 or process.poll() is not None)
    assert process.poll() is None
    return process


@needs_proc
def test_a_stopped_run_says_so_and_leaves_no_process(tmp_path: Path, many: Path) -> None:
    process = started(tmp_path, many)
    readers = children(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert err == "stopped; what was written stays, run the command again to go on\n"
    assert eventually(lambda: not any(Path(f"/proc/{reader}").exists() for reader in readers))


@needs_proc
def test_the_readers_of_a_killed_run_end_by_themselves(tmp_path: Path, many: Path) -> None:
    process = started(tmp_path, many)
    readers = children(process.pid)
    process.kill()
    assert process.communicate() == ("", "")
    assert eventually(lambda: not any(Path(f"/proc/{reader}").exists() for reader in readers))


def test_a_script_without_a_guard_runs_once_and_its_readers_take_no_code_from_the_folder(
    tmp_path: Path, many: Path
) -> None:
    stranger = write(tmp_path / "stranger", {"pickle.py": "raise SystemExit('taken')", "indexer/__init__.py": "1 / 0"})
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from indexer import open_index\n"
        "with open_index(sys.argv[1], create=True) as index:\n"
        "    (report,) = index.sync([Path(sys.argv[2])], vectors=False)\n"
        "    print(report.added)\n"
    )
    run = subprocess.run(
        [sys.executable, "-P", str(script), str(tmp_path / "index"), str(many)],
        cwd=stranger,
        env=os.environ | {"GTE_SEARCH_THREADS": "2", "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == (f"{FILES + 3}\n", "")


def test_garbage_is_collected_as_before_once_reading_ends(many: Path) -> None:
    before = gc.get_threshold()
    coming = reading.outcomes(jobs_of(many), repo="r", settings=ALONE)
    next(coming)
    assert gc.get_threshold() == reading.GARBAGE != before
    coming.close()
    assert gc.get_threshold() == before
