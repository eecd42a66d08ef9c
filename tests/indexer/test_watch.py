import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest
import watchfiles

from embedder.fake import FakeEncoder
from indexer import Index, ingest, open_index
from indexer.cli import FOUND, main
from indexer.errors import PathError, StoreBusyError, StoreFullError
from indexer.types import SyncReport
from indexer.walk import Touched
from indexer.watch import HIDDEN_SECONDS, RETRY_SECONDS, Outcome, Watcher, alone, changes, watched, whole
from tests.indexer.trees import ALONE, git, repository, write

SENDING = "def send_by_pigeon(letter):\n    return letter\n"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in ALONE.items():
        monkeypatch.setenv(key, value)


@pytest.fixture
def watcher(filled: Index, tree: Path) -> Watcher:
    """Of `tree`, after its first sync."""
    made = Watcher(filled, [tree])
    (first,) = made.step()
    assert first.first
    return made


def only(outcomes: Iterator[Outcome]) -> SyncReport:
    (outcome,) = outcomes
    assert outcome.report is not None
    return outcome.report


def found(index: Index, query: str) -> set[PurePosixPath]:
    return {hit.path for hit in index.search(query, vectors=False).hits}


@contextmanager
def index_held(folder: Path) -> Iterator[None]:
    """Let another hold the right to write."""
    with open_index(folder, encoder=FakeEncoder()) as other, other._store.writing():
        yield


def test_an_edited_function_is_found_by_words_and_by_meaning(filled: Index, tree: Path, watcher: Watcher) -> None:
    file = tree / "src/upload.py"
    file.write_text(file.read_text() + "\n\n" + SENDING)
    report = only(watcher.step({file}))
    assert (report.changed, report.unchanged, report.pending) == (1, 3, 0)
    assert report.encoded > 0
    hit = filled.search("send by pigeon").hits[0]
    assert hit.symbol == "send_by_pigeon"
    assert hit.why["meaning"] > 0


def test_a_new_file_and_a_new_folder_are_found(filled: Index, tree: Path, watcher: Watcher) -> None:
    write(tree, {"a.py": SENDING, "new/deep/b.py": "def sail(): pass\n"})
    assert only(watcher.step({tree / "a.py", tree / "new"})).added == 2
    assert found(filled, "sail") == {PurePosixPath("new/deep/b.py")}


def test_a_deleted_file_and_a_deleted_folder_go(filled: Index, tree: Path, watcher: Watcher) -> None:
    (tree / "src/server.go").unlink()
    assert only(watcher.step({tree / "src/server.go"})).removed == 1
    (tree / "docs").rename(tree.parent / "elsewhere")
    assert only(watcher.step({tree / "docs"})).removed == 1
    assert found(filled, "Listen") == found(filled, "licence") == set()


def test_what_no_run_would_index_triggers_nothing(index: Index, tmp_path: Path) -> None:
    root = repository(tmp_path / "root", {".gitignore": "*.log\nbuild/\n", "a.py": SENDING})
    git("init", "--quiet", str(root / "inner"), cwd=root)
    watcher = Watcher(index, [root])
    only(watcher.step())
    noise = ("a.log", "build/b.py", "node_modules/c/d.js", ".venv/lib/e.py", "f.png", ".env", "inner/g.py", "empty.py")
    write(root, dict.fromkeys(noise, "x = 1\n") | {"empty.py": "", ".git/new": "x\n"})
    paths = {root / path for path in (*noise, ".git/new", "build", "node_modules", ".git", "gone.py")}
    with index_held(tmp_path / "index"):  # so that a sync would be told, as one that failed
        assert list(watcher.step(paths)) == []


def test_what_no_run_would_index_of_a_plain_folder_triggers_nothing(index: Index, tmp_path: Path) -> None:
    root = write(tmp_path / "root", {".gitignore": "*.log\nbuild/\n", "src/.gitignore": "gen.py\n", "a.py": SENDING})
    watcher = Watcher(index, [root])
    only(watcher.step())
    noise = ("a.log", "src/a.log", "build/b.py", "src/gen.py")
    write(root, dict.fromkeys(noise, "x = 1\n"))
    with index_held(tmp_path / "index"):
        assert list(watcher.step({root / path for path in (*noise, "build")})) == []


def test_a_tracked_file_counts_although_a_rule_ignores_it(index: Index, tmp_path: Path) -> None:
    root = repository(tmp_path / "root", {".gitignore": "*.gen.py\n", "a.py": SENDING, "b.gen.py": "b = 1\n"})
    git("add", "--force", "b.gen.py", cwd=root)
    watcher = Watcher(index, [root])
    only(watcher.step())
    write(root, {"b.gen.py": "b = 22\n"})
    assert only(watcher.step({root / "b.gen.py"})).changed == 1


def test_a_submodule_counts_by_its_own_rules(index: Index, tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {".gitignore": "*.log\n", "b.py": "b = 1\n"})
    root = repository(tmp_path / "root", {"a.py": SENDING})
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub", cwd=root)
    watcher = Watcher(index, [root])
    only(watcher.step())
    write(root, {"sub/c.log": "noise\n", "sub/c.py": "c = 1\n"})
    with index_held(tmp_path / "index"):
        assert list(watcher.step({root / "sub/c.log"})) == []
    assert only(watcher.step({root / "sub/c.py"})).added == 1


def test_a_rule_that_changes_takes_files_out(index: Index, tmp_path: Path) -> None:
    root = repository(tmp_path / "root", {"a.py": SENDING, "b.py": "b = 1\n"})
    watcher = Watcher(index, [root])
    only(watcher.step())
    write(root, {".gtesearchignore": "b.py\n"})
    assert only(watcher.step({root / ".gtesearchignore"})).removed == 1


def test_own_rules_that_are_deleted_let_files_in(index: Index, tmp_path: Path) -> None:
    root = repository(
        tmp_path / "root", {".gtesearchignore": ".gtesearchignore\nb.py\n", "a.py": SENDING, "b.py": "b = 1\n"}
    )
    watcher = Watcher(index, [root])
    only(watcher.step())
    (root / ".gtesearchignore").unlink()
    assert only(watcher.step({root / ".gtesearchignore"})).added == 1


def test_a_known_folder_that_is_replaced_by_another_is_synced(filled: Index, tree: Path, watcher: Watcher) -> None:
    new = write(tree.parent / "new", {"pigeon.py": SENDING})
    (tree / "src").rename(tree.parent / "old")
    new.rename(tree / "src")
    assert only(watcher.step({tree / "src"})).added == 1
    assert found(filled, "Listen") == set()
    assert found(filled, "pigeon") == {PurePosixPath("src/pigeon.py")}


def test_a_known_folder_that_becomes_an_environment_is_left_out(index: Index, tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": SENDING, "env/b.py": "b = 1\n"})
    watcher = Watcher(index, [root])
    only(watcher.step())
    write(root, {"env/pyvenv.cfg": "home = /usr/bin\n"})
    assert only(watcher.step({root / "env/pyvenv.cfg"})).removed == 1
    (root / "env/pyvenv.cfg").unlink()
    assert only(watcher.step({root / "env/pyvenv.cfg"})).added == 1


def test_a_folder_whose_content_git_ignores_to_the_last_file_is_kept_fresh(index: Index, tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {".gitignore": "data/*\n", "data/a.py": SENDING}) / "data"
    watcher = Watcher(index, [root])
    only(watcher.step())
    write(root, {"b.py": "b = 1\n"})
    assert only(watcher.step({root / "b.py"})).added == 1


def test_a_branch_switch_is_one_sync_that_encodes_only_new_text(index: Index, tmp_path: Path) -> None:
    root = repository(tmp_path / "root", {f"m{i}.py": f"def f{i}(): return {i}\n" for i in range(30)})
    git("switch", "--quiet", "-c", "other", cwd=root)
    write(root, {f"m{i}.py": f"def g{i}(): return {i}\n" for i in range(20)})
    git("commit", "--quiet", "--all", "-m", "second", cwd=root)
    watcher = Watcher(index, [root])
    only(watcher.step())
    for branch, encoded in (("main", 20), ("other", 0)):
        git("switch", "--quiet", branch, cwd=root)
        report = only(watcher.step({root / f"m{i}.py" for i in range(20)}))
        assert (report.changed, report.encoded) == (20, encoded)
        assert index.repos()[0].repo.branch == branch


def test_a_watch_keeps_out_what_the_last_run_was_told_to_leave_out(index: Index, tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": SENDING, "private/b.py": "b = 1\n"})
    with open_index(index.settings.index, encoder=FakeEncoder(), flags={"exclude": ["private/"]}) as told:
        told.sync([root])
    watcher = Watcher(index, None)
    assert only(watcher.step()).added == 0
    write(root, {"private/c.py": "c = 1\n"})
    assert list(watcher.step({root / "private/c.py"})) == []
    write(root, {"d.py": "d = 1\n"})
    assert only(watcher.step({root / "d.py"})).added == 1
    (status,) = index.status()
    assert not status.drift
    index.sync([root])
    assert only(Watcher(index, None).step()).unchanged == 4  # that run was told nothing


def test_a_watch_makes_no_vectors_of_what_was_indexed_by_words_alone(index: Index, tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": SENDING})
    index.sync([root], vectors=False)
    watcher = Watcher(index, None)
    assert only(watcher.step()).encoded == 0
    write(root, {"b.py": "b = 1\n"})
    report = only(watcher.step({root / "b.py"}))
    assert (report.added, report.encoded, report.pending) == (1, 0, 2)
    index.sync([root])
    write(root, {"c.py": "c = 1\n"})
    assert only(watcher.step({root / "c.py"})).encoded == 1  # from then on they are wanted


def test_text_that_is_edited_while_many_vectors_are_missing_does_not_wait_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "GROUP", 10)
    root = write(tmp_path / "root", {f"m{i}.py": f"def f{i}(): return {i}\n" for i in range(50)})
    with open_index(tmp_path / "index", create=True, encoder=FakeEncoder()) as index:
        watcher = Watcher(index, [root], slice_seconds=0)
        assert only(watcher.step()).pending == 40
        write(root, {"a.py": SENDING})
        report = only(watcher.step({root / "a.py"}))
        assert (report.added, report.pending) == (1, 31)
        assert found(index, "pigeon") == {PurePosixPath("a.py")}
        told = [outcome for _ in range(4) for outcome in watcher.step()]
        assert [outcome.report.pending for outcome in told if outcome.report] == [0]
        assert list(watcher.step()) == []


def test_text_of_one_repository_does_not_wait_for_the_vectors_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "GROUP", 10)
    files = {f"m{i}.py": f"def f{i}(): return {i}\n" for i in range(25)}
    one, other = (
        write(tmp_path / name, {path: f"# {name}\n{text}" for path, text in files.items()}) for name in ("one", "other")
    )
    with open_index(tmp_path / "index", create=True, encoder=FakeEncoder()) as index:
        watcher = Watcher(index, [one, other], slice_seconds=0)
        reports = [outcome.report for outcome in watcher.step()]
        assert [(report.encoded, report.pending) for report in reports if report] == [(10, 15), (0, 25)]
        write(other, {"a.py": SENDING})
        assert [outcome.root for outcome in watcher.step({other / "a.py"})] == [other]
        assert found(index, "pigeon") == {PurePosixPath("a.py")}
        told = [outcome for _ in range(6) for outcome in watcher.step()]
        assert [outcome.root for outcome in told] == [one, other]
        assert sum(status.pending for status in index.repos()) == 0
        assert list(watcher.step()) == []


def test_only_the_repository_whose_files_changed_is_synced(index: Index, tmp_path: Path) -> None:
    roots = [write(tmp_path / name, {"a.py": SENDING}) for name in ("one", "two")]
    watcher = Watcher(index, roots)
    assert [outcome.root for outcome in watcher.step()] == roots
    for root in roots:
        write(root, {"a.py": SENDING + "# more\n"})
    assert [outcome.root for outcome in watcher.step({roots[1] / "a.py"})] == roots[1:]


def test_a_change_that_is_indexed_already_is_not_synced_again(tree: Path, watcher: Watcher, tmp_path: Path) -> None:
    write(tree, {"a.py": SENDING})
    only(watcher.step({tree / "a.py"}))
    with index_held(tmp_path / "index"):
        assert list(watcher.step({tree / "a.py"})) == []


def test_a_lock_held_by_another_is_told_once_and_waited_out(
    filled: Index, tree: Path, watcher: Watcher, tmp_path: Path
) -> None:
    write(tree, {"a.py": SENDING})
    with index_held(tmp_path / "index"):
        (outcome,) = watcher.step({tree / "a.py"})
        assert isinstance(outcome.error, StoreBusyError)
        assert "process " in str(outcome.error)
        assert list(watcher.step()) == []
    assert only(watcher.step()).added == 1
    assert found(filled, "pigeon") == {PurePosixPath("a.py")}
    assert list(watcher.step()) == []


class Full(Index):
    """An index whose disk is full while it says so."""

    full = True

    def sync(self, *arguments: object, **options: object) -> list[SyncReport]:
        if self.full:
            raise StoreFullError("the disk is full", hint="free some space")
        return super().sync(*arguments, **options)  # type: ignore[arg-type]


def test_a_full_disk_is_told_once_and_tried_again_later(filled: Index, tree: Path) -> None:
    now = 0.0
    index = Full(filled._store, filled.settings, encoder=FakeEncoder())
    watcher = Watcher(index, [tree], clock=lambda: now)
    (outcome,) = watcher.step()
    assert isinstance(outcome.error, StoreFullError)
    now = RETRY_SECONDS
    assert list(watcher.step()) == []
    index.full = False
    assert list(watcher.step()) == []
    now = 2 * RETRY_SECONDS
    assert only(watcher.step()).seen == 4


def test_a_folder_that_is_gone_keeps_what_is_indexed_and_is_synced_when_it_is_back(
    filled: Index, tree: Path, watcher: Watcher
) -> None:
    away = tree.rename(tree.parent / "away")
    (outcome,) = watcher.step({tree})
    assert isinstance(outcome.error, PathError)
    assert found(filled, "Listen")
    away.rename(tree)
    write(tree, {"a.py": SENDING})
    assert only(watcher.step({tree})).added == 1


def test_a_repository_that_was_removed_from_the_index_is_not_watched_any_more(
    filled: Index, tree: Path, watcher: Watcher
) -> None:
    filled.remove("project")
    (outcome,) = watcher.step()
    assert "removed" in str(outcome.error)
    assert watcher.roots == ()
    assert list(watcher.step({tree, tree / "src/upload.py"})) == []
    assert filled.repos() == []


def test_a_new_file_that_cannot_be_read_is_told_once(tree: Path, watcher: Watcher) -> None:
    write(tree, {"cut.pdf": b"%PDF-1.7 and no more"})
    (outcome,) = watcher.step({tree / "cut.pdf"})
    assert [str(failure.path) for failure in outcome.failed] == ["cut.pdf"]
    assert list(watcher.step({tree / "cut.pdf"})) == []
    write(tree, {"a.py": SENDING})
    (outcome,) = watcher.step({tree / "a.py"})
    assert outcome.report is not None
    assert (outcome.report.added, outcome.failed) == (1, ())


def test_settings_that_cannot_be_read_are_told_and_the_watch_goes_on(
    filled: Index, tree: Path, watcher: Watcher
) -> None:
    write(tree, {".gtesearch.toml": "chunk_chars ="})
    (outcome,) = watcher.step({tree / ".gtesearch.toml"})
    assert ".gtesearch.toml" in str(outcome.error)
    write(tree, {".gtesearch.toml": "chunk_chars = 900\n", "a.py": SENDING})
    assert only(watcher.step({tree / ".gtesearch.toml"})).added >= 1


def test_without_paths_every_whole_repository_is_watched(filled: Index, tree: Path, tmp_path: Path) -> None:
    write(tmp_path / "other", {"a.py": SENDING})
    filled.sync([tmp_path / "other/a.py"])
    assert whole(filled) == [tree]
    assert watched(filled, [tmp_path / "other"]) == [tmp_path / "other"]


@pytest.mark.parametrize("part", ["src", "src/upload.py"])
def test_a_part_of_a_folder_is_not_watched_by_itself(filled: Index, tree: Path, part: str) -> None:
    with pytest.raises(PathError, match="is a part of") as refused:
        watched(filled, [tree / part])
    assert str(tree) in refused.value.hint


def test_what_is_indexed_later_is_taken_in_and_what_is_removed_is_left_out(index: Index, tree: Path) -> None:
    watcher = Watcher(index, None)
    assert list(watcher.step()) == []
    assert list(watcher.roots) == []
    index.sync([tree])
    assert only(watcher.step()).unchanged == 4
    assert list(watcher.roots) == [tree]
    write(tree, {"a.py": SENDING})
    assert only(watcher.step({tree / "a.py"})).added == 1
    index.remove("project")
    (outcome,) = watcher.step()
    assert "removed" in str(outcome.error)
    assert list(watcher.roots) == []


def test_what_is_removed_before_its_first_sync_is_not_indexed_again(filled: Index, tree: Path) -> None:
    watcher = Watcher(filled, None)
    filled.remove("project")
    assert [str(tree) in str(outcome.error) for outcome in watcher.step()] == [True]
    assert filled.repos() == []


def test_a_folder_that_is_indexed_again_under_another_name_is_taken_in_again(filled: Index, tree: Path) -> None:
    watcher = Watcher(filled, None)
    only(watcher.step())
    filled.remove("project")
    assert [outcome.report for outcome in watcher.step()] == [None]
    filled.sync([tree], name="other")
    assert only(watcher.step()).repo == "other"
    write(tree, {"a.py": SENDING})
    assert only(watcher.step({tree / "a.py"})).added == 1


def test_one_process_alone_keeps_all_fresh(tmp_path: Path) -> None:
    with alone(tmp_path):
        with pytest.raises(StoreBusyError, match="kept fresh by another"), alone(tmp_path):
            pytest.fail("there are two")
        waiting = threading.Thread(target=lambda: alone(tmp_path, wait=True).__enter__(), daemon=True)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(30)
    assert not waiting.is_alive()


class Counting(Index):
    """An index that counts how often it is asked what changed paths mean, which reads its table of files."""

    looks = 0

    def touched(self, name: str, paths: Iterable[Path]) -> Touched:
        self.looks += 1
        return super().touched(name, paths)


def test_changes_within_what_rules_hide_are_looked_at_once_in_a_while(index: Index, tmp_path: Path) -> None:
    now = 0.0
    root = repository(tmp_path / "root", {".gitignore": "*.log\nbuild/\n", "a.py": SENDING})
    counting = Counting(index._store, index.settings, encoder=FakeEncoder())
    watcher = Watcher(counting, [root], clock=lambda: now)
    only(watcher.step())
    noise = {"build/b.py": "x", "node_modules/c/d.js": "x", "src/a.log": "x"}
    write(root, noise)
    paths = {root / path for path in noise}
    assert list(watcher.step(paths)) == []
    for _ in range(20):
        assert list(watcher.step({*paths, root / "build/deep/e.py"})) == []
    assert counting.looks == 1
    write(root, {"src/b.py": "b = 1\n"})
    assert only(watcher.step({*paths, root / "src/b.py"})).added == 1
    assert counting.looks == 2


def test_a_hidden_file_that_git_comes_to_track_is_found_with_the_next_look(index: Index, tmp_path: Path) -> None:
    now = 0.0
    root = repository(tmp_path / "root", {".gitignore": "build/\n", "a.py": SENDING})
    watcher = Watcher(index, [root], clock=lambda: now)
    only(watcher.step())
    write(root, {"build/b.py": "b = 1\n"})
    assert list(watcher.step({root / "build/b.py"})) == []
    git("add", "--force", "build/b.py", cwd=root)
    write(root, {"build/b.py": "b = 22\n"})
    assert list(watcher.step({root / "build/b.py"})) == []
    now = HIDDEN_SECONDS
    assert only(watcher.step()).added == 1


class Following:
    """`changes` in a thread, until it is closed."""

    def __init__(self, roots: list[Path], index: Path) -> None:
        self.seen: set[Path] = set()
        self.ready = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(roots, index))
        self._thread.start()

    def _run(self, roots: list[Path], index: Path) -> None:
        for burst in changes(lambda: roots, index=index, stop=self._stop):
            self.seen |= burst
            self.ready.set()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


@pytest.fixture
def follow() -> Iterator[Callable[[list[Path], Path], Following]]:
    started: list[Following] = []

    def start(roots: list[Path], index: Path) -> Following:
        started.append(Following(roots, index))
        assert started[-1].ready.wait(30)
        return started[-1]

    yield start
    for one in started:
        one.close()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_system_tells_what_changed_but_not_in_git_nor_the_index(
    tmp_path: Path, follow: Callable[[list[Path], Path], Following]
) -> None:
    root = repository(tmp_path / "root", {"a.py": SENDING})
    index = root / "idx"
    index.mkdir()
    following = follow([root], index)
    write(root, {".git/new": "x", "idx/store": "x", "src/b.py": "b = 1\n"})
    until(lambda: root / "src" in following.seen)
    write(root, {"a.py": SENDING + "# more\n"})
    until(lambda: root / "a.py" in following.seen)
    assert not [path for path in following.seen if {".git", "idx"} & set(path.parts)]


def test_a_folder_that_comes_back_is_told_as_changed_and_watched_again(
    tmp_path: Path, follow: Callable[[list[Path], Path], Following]
) -> None:
    root = write(tmp_path / "root", {"a.py": SENDING})
    following = follow([root], tmp_path / "index")
    root.rename(tmp_path / "away")
    time.sleep(0.7)
    following.seen.clear()
    write(root, {"a.py": SENDING})
    until(lambda: root in following.seen)
    write(root, {"b.py": "b = 1\n"})
    until(lambda: root / "b.py" in following.seen)


def test_a_folder_that_goes_loses_no_change_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (write(tmp_path / name, {"a.py": SENDING}) for name in ("one", "two"))
    watches: list[tuple[str, ...]] = []

    def watch(*folders: str, **_: object) -> Iterator[set[tuple[watchfiles.Change, str]]]:
        watches.append(folders)
        yield {(watchfiles.Change.deleted, str(one))} if len(watches) == 1 else set()
        yield {(watchfiles.Change.modified, str(two / "a.py"))}  # lost with the first watch

    monkeypatch.setattr(watchfiles, "watch", watch)
    bursts = changes(lambda: [one, two], index=tmp_path / "index")
    assert [next(bursts), next(bursts)] == [{one}, {one, two}]
    assert next(bursts) == {two / "a.py"}


def test_a_folder_that_is_wanted_later_is_watched_from_then_on(
    tmp_path: Path, follow: Callable[[list[Path], Path], Following]
) -> None:
    roots: list[Path] = []
    following = follow(roots, tmp_path / "index")
    root = write(tmp_path / "root", {"a.py": SENDING})
    roots.append(root)
    until(lambda: root in following.seen)
    write(root, {"b.py": "b = 1\n"})
    until(lambda: root / "b.py" in following.seen)


def test_the_command_without_paths_waits_for_what_is_indexed_and_ends_with_its_input(
    tree: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    command = [sys.executable, "-m", "indexer.cli", "watch", "--until-closed", "--wait", "--index", str(index)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "GTE_SEARCH_MODEL": "fake"}
    with subprocess.Popen(
        command,
        env=environment,
        cwd=tmp_path,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline().startswith("watching an empty index")
        with open_index(index, encoder=FakeEncoder()) as other:
            other.sync([tree])
        assert process.stdout.readline().startswith("project: 4 files")
        assert "encoded" in process.stdout.readline()
        write(tree, {"a.py": SENDING})
        assert process.stdout.readline().startswith("project: 1 new, 1 passage encoded, ")
        process.stdin.close()
        assert process.wait(30) == 0
        assert process.stderr.read().endswith("stopped watching\n")


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is a signal of POSIX")
def test_the_command_ends_with_its_input_also_in_the_background_of_a_script_which_ignores_ctrl_c(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "indexer.cli", "watch", "--until-closed", "--index", str(tmp_path / "index")]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "GTE_SEARCH_MODEL": "fake"}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a process inherits it
    try:
        process = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("watching")
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is a signal of POSIX")
def test_the_command_tells_each_sync_in_a_line_and_ends_cleanly_with_ctrl_c(tree: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "indexer.cli", "watch", str(tree), "--index", str(tmp_path / "index")]
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": root, "GTE_SEARCH_MODEL": "fake"}
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline().startswith("watching ")
        assert process.stdout.readline().startswith("project: 4 files (4 new)")
        assert "encoded" in process.stdout.readline()
        write(tree, {"a.py": SENDING})
        assert process.stdout.readline().startswith("project: 1 new, 1 passage encoded, ")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == "stopped watching\n"


def test_a_folder_that_is_up_to_date_is_told_before_the_next_is_read_and_the_last_to_go_ends_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (write(tmp_path / name, {"a.py": SENDING}) for name in ("one", "two"))
    told: list[str] = []
    sync = Index.sync

    def syncing(index: Index, paths: list[Path], **options: object) -> list[SyncReport]:
        told.append(capsys.readouterr().out)
        return sync(index, paths, **options)  # type: ignore[arg-type]

    def told_by_system(roots: object, *, index: Path) -> Iterator[set[Path]]:
        yield set()
        with open_index(index, encoder=FakeEncoder()) as other:
            other.remove("one")
            other.remove("two")
        yield set()
        pytest.fail("nothing is left to watch")

    monkeypatch.setattr(Index, "sync", syncing)
    monkeypatch.setattr("indexer.watch.changes", told_by_system)
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    assert main(["watch", str(one), str(two), "--index", str(tmp_path / "index")]) == FOUND
    assert told[0] == ""
    assert told[1].startswith("one: 1 file (1 new)")
    last = capsys.readouterr()
    assert last.out.startswith("two: 1 file (1 new)")
    assert last.err.endswith("no folder is left to watch\n")
