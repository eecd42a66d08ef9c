"""What only the local store promises: its folder, its files, and the index derived from them."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest

from embedder.types import Vectors
from indexer.errors import (
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreMissingError,
    StoreVersionError,
)
from indexer.store import Store, open_store
from indexer.store.local import LocalStore
from indexer.store.schema import VERSION
from indexer.store.vectors import SMALL
from indexer.tokens import split
from indexer.types import Candidate, Filter, Kind, Terms
from tests.indexer.store.samples import (
    EVERYTHING,
    MODEL,
    a_chunk,
    a_file,
    a_repo,
    encode_pending,
    flat_vectors,
    one_chunk_files,
    unit_vectors,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with_alpha = open_store(folder, create=True)
    with_alpha.put_repo(a_repo(), expected_files=0)
    yield with_alpha
    with_alpha.close()


def fill(store: Store, count: int) -> dict[bytes, Vectors]:
    chunks = [a_chunk(f"text {number}", start=number + 1) for number in range(count)]
    store.put_files("alpha", [a_file("src/a.py", chunks)])
    return encode_pending(store)


def search(store: Store, *, where: Filter = EVERYTHING) -> list[Candidate]:
    return store.dense(unit_vectors(1, seed=9)[0], model=MODEL, where=where, limit=20)


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python code in another process."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


# -- the folder -------------------------------------------------------------------------------------


def test_what_was_written_is_there_when_it_is_opened_again(folder: Path, store: Store) -> None:
    fill(store, 5)
    before = search(store)
    store.close()
    with closing(open_store(str(folder))) as again:
        assert search(again) == before
        assert again.count(EVERYTHING) == 5


def test_another_process_reads_beside_the_writer(folder: Path, store: Store) -> None:
    code = "import sys; from indexer.store import open_store; from indexer.types import Filter\n"
    code += "print(open_store(sys.argv[1]).count(Filter()))"
    with store.writing():
        store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
        assert run(code, folder).stdout == "2\n"


def test_folder_and_files_are_for_their_owner_alone(folder: Path, store: Store) -> None:
    fill(store, SMALL + 1)
    store.compact()
    with store.writing():
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        names = {path.name for path in folder.iterdir()}
        assert {"store.sqlite3", "store.sqlite3-wal", "write.lock", "writer.json"} < names
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert len([name for name in names if name.startswith("vectors-")]) == 1


def test_opening_what_is_not_there_says_how_to_make_it(folder: Path) -> None:
    with pytest.raises(StoreMissingError, match=str(folder)) as caught:
        open_store(folder)
    assert "index-repo PATH" in caught.value.hint
    assert not folder.exists()


def test_a_file_that_never_got_its_tables_is_a_missing_index(folder: Path) -> None:
    folder.mkdir()
    (folder / "store.sqlite3").touch()
    with pytest.raises(StoreMissingError):
        open_store(folder)
    open_store(folder, create=True).close()
    with closing(open_store(folder)) as store:
        assert store.count(EVERYTHING) == 0


@pytest.mark.parametrize("version", [1, 999])
def test_an_index_of_another_version_is_refused_and_kept_and_the_user_told_what_to_do(
    folder: Path, store: Store, version: int
) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "kept"}))
    store.close()
    with sqlite3.connect(folder / "store.sqlite3") as db:
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    for create in (False, True):
        with pytest.raises(StoreVersionError, match=rf"{folder} has format {version}.*format {VERSION}") as caught:
            open_store(folder, create=create)
        assert "index again into a new folder named with `--index`" in str(caught.value.hint)
    with sqlite3.connect(folder / "store.sqlite3") as db:
        assert db.execute("SELECT count(*) FROM chunks").fetchone() == (1,)
    db.close()


def test_a_database_of_another_program_is_refused(folder: Path) -> None:
    folder.mkdir()
    with sqlite3.connect(folder / "store.sqlite3") as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    for create in (False, True):
        with pytest.raises(StoreDamagedError, match=r"store\.sqlite3 is not an index"):
            open_store(folder, create=create)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look" * 50, b"short"])
def test_a_file_that_is_no_database_is_named(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "store.sqlite3").write_bytes(content)
    for create in (False, True):
        with pytest.raises(StoreDamagedError, match=r"store\.sqlite3"):
            open_store(folder, create=create)
    assert (folder / "store.sqlite3").read_bytes() == content


def test_damaged_pages_are_named_when_they_are_read(folder: Path, store: Store) -> None:
    fill(store, 500)
    store.compact()
    store.close()
    file = folder / "store.sqlite3"
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)
    with (
        pytest.raises(StoreDamagedError, match=r"store\.sqlite3.*damaged"),
        closing(open_store(folder)) as damaged,
    ):
        damaged.facets(EVERYTHING)


def test_a_file_in_the_place_of_the_folder_is_refused(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(StoreDamagedError, match="index"):
        open_store(folder, create=True)
    with pytest.raises(StoreMissingError):
        open_store(folder)


def test_a_full_disk_is_an_error_that_loses_nothing(folder: Path, store: Store) -> None:
    fill(store, 50)
    store.close()
    code = """if True:
        import resource, sys
        from indexer.errors import StoreFullError
        from indexer.store import open_store
        from tests.indexer.store.samples import one_chunk_files
        store = open_store(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        files = one_chunk_files({f"big{n}.py": f"{n} " * 1000 for n in range(500)})
        try:
            store.put_files("alpha", files)
        except StoreFullError as error:
            print(error, error.hint)
    """
    told = run(code, folder)
    assert f"{folder}" in told.stdout, told.stderr
    assert "space" in told.stdout
    again = open_store(folder)
    assert (again.count(EVERYTHING), len(search(again))) == (50, 20)
    again.put_files("alpha", one_chunk_files({"more.py": "more"}))
    assert again.count(EVERYTHING) == 51
    again.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_writable_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreFullError, match=str(tmp_path)):
        open_store(tmp_path / "index", create=True)
    tmp_path.chmod(0o700)


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.count(EVERYTHING)
    with pytest.raises(StoreError, match="closed"):
        store.put_repo(a_repo(), expected_files=0)


@pytest.mark.parametrize("replaced", [True, False])
def test_an_index_removed_under_an_open_store_is_noticed(folder: Path, store: Store, replaced: bool) -> None:
    shutil.rmtree(folder)
    if replaced:
        open_store(folder, create=True).close()
    with pytest.raises(StoreError, match="replaced or removed"):
        store.repos()
    if replaced:
        with pytest.raises(StoreError, match="replaced or removed"):
            store.put_repo(a_repo(), expected_files=0)


def test_a_chunk_id_of_another_file_is_refused(store: Store) -> None:
    chunk = a_chunk("pass")
    store.put_files("alpha", [a_file("src/a.py", [chunk])])
    with pytest.raises(StoreError):
        store.put_files("alpha", [a_file("src/b.py", [chunk])])
    assert list(store.files("alpha")) == [PurePosixPath("src/a.py")]


def test_faiss_is_loaded_only_for_vectors(folder: Path, store: Store) -> None:
    code = "import sys; from indexer.store import open_store; from indexer.types import Filter\n"
    code += "open_store(sys.argv[1]).lexical(['a'], where=Filter(), limit=1)\n"
    code += "print(sorted({'faiss', 'torch', 'transformers'} & set(sys.modules)))"
    assert run(code, folder).stdout == "[]\n"


# -- odd names ---------------------------------------------------------------------------------------


def test_file_names_that_are_not_unicode_come_back(store: Store) -> None:
    path = PurePosixPath(os.fsdecode(b"src/caf\xe9.py"))
    chunk = a_chunk("odd \udcff text", path=path, symbol="caf\udce9", title="\ud800")
    store.put_files("alpha", [a_file(str(path), [chunk])])
    assert list(store.files("alpha")) == [path]
    assert store.chunks([chunk.id]) == {chunk.id: chunk}
    assert store.file_chunks("alpha", path) == [chunk]
    assert store.pending(MODEL, limit=1)[0].passage == chunk.passage
    assert store.count(Filter(only=Terms(paths=("src/*.py",)))) == 1
    store.compact()
    store.remove_files("alpha", [path])
    assert store.count(EVERYTHING) == 0


# -- words --------------------------------------------------------------------------------------------


def test_replaced_words_do_not_weigh_on_ranks_after_compact(tmp_path: Path, store: Store) -> None:
    texts = {f"{n}.py": f"common word{n % 7} other{n % 3}" for n in range(60)}
    store.put_files("alpha", one_chunk_files({path: "word1 " * 30 for path in texts}))
    store.put_files("alpha", one_chunk_files(texts))
    store.compact()
    fresh = open_store(tmp_path / "fresh", create=True)
    fresh.put_repo(a_repo(), expected_files=0)
    fresh.put_files("alpha", one_chunk_files(texts))
    asked = ["word1", "other2", "py"]
    assert store.lexical(asked, where=EVERYTHING, limit=60) == fresh.lexical(asked, where=EVERYTHING, limit=60)
    assert store.fields(asked, where=EVERYTHING, limit=60) == fresh.fields(asked, where=EVERYTHING, limit=60)
    assert store.rarity(asked) == fresh.rarity(asked)
    fresh.close()


def test_words_of_most_chunks_are_not_searched_for_beside_others(store: Store) -> None:
    chunks = [a_chunk(f"the text {'needle' if n == 700 else n}", start=n + 1) for n in range(1_500)]
    store.put_files("alpha", [a_file("src/a.py", chunks)])
    found = store.lexical(split("the needle"), where=EVERYTHING, limit=50)
    assert [one.id for one in found] == [chunks[700].id]
    assert len(store.lexical(["the"], where=EVERYTHING, limit=50)) == 50


def test_equal_symbols_come_from_the_source_before_the_tests(store: Store) -> None:
    in_test = a_chunk("t", path=PurePosixPath("a/tests/x.py"), symbol="send", kind=Kind.FUNCTION)
    in_source = a_chunk("s", path=PurePosixPath("z/src/x.py"), symbol="send", kind=Kind.FUNCTION)
    store.put_files("alpha", [a_file(str(chunk.path), [chunk]) for chunk in (in_test, in_source)])
    assert [one.id for one in store.symbols(["send"], where=EVERYTHING, limit=2)] == [in_source.id, in_test.id]


# -- the vector index -----------------------------------------------------------------------------------


@pytest.fixture
def large(folder: Path, store: Store) -> Store:
    """A store with vectors enough for an index file, and that file."""
    fill(store, SMALL + 100)
    store.compact()
    assert len(index_files(folder)) == 1
    return store


def index_files(folder: Path) -> list[Path]:
    return list(folder.glob("vectors-*"))


def test_few_vectors_need_no_index_file(folder: Path, store: Store) -> None:
    fill(store, 100)
    store.compact()
    assert index_files(folder) == []
    assert len(search(store)) == 20


def test_the_index_file_answers_like_the_database(folder: Path, large: Store) -> None:
    in_memory = search(large)
    mapped = open_store(folder)
    assert search(mapped) == in_memory
    index_files(folder)[0].unlink()
    without = open_store(folder)
    assert search(without) == in_memory
    mapped.close()
    without.close()


@pytest.mark.parametrize("damage", ["truncated", "empty", "foreign", "of others"])
def test_a_damaged_index_file_is_ignored_and_made_anew(
    folder: Path, large: Store, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    expected = search(large)
    (file,) = index_files(folder)
    content = file.read_bytes()
    if damage == "of others":
        other = folder.parent / "other"
        filled = open_store(other, create=True)
        filled.put_repo(a_repo(), expected_files=0)
        fill(filled, SMALL + 50)
        filled.compact()
        filled.close()
        content = index_files(other)[0].read_bytes()
    changed = {"truncated": content[: len(content) // 2], "empty": b"", "foreign": b"hello" * 1000}.get(damage, content)
    file.unlink()  # a reader may have it mapped
    file.write_bytes(changed)
    reader = open_store(folder)
    assert search(reader) == expected
    assert file.name in caplog.text
    large.compact()
    assert index_files(folder) != [file]
    caplog.clear()
    assert search(reader) == expected
    assert caplog.text == ""
    reader.close()


def test_an_index_file_of_a_later_state_does_not_answer_for_a_restored_backup(folder: Path, large: Store) -> None:
    large.close()
    backup = folder.parent / "backup.sqlite3"
    shutil.copy(folder / "store.sqlite3", backup)
    ahead = open_store(folder)
    ahead.put_files("alpha", [a_file("src/b.py", [a_chunk(f"b {n}", start=n + 1) for n in range(SMALL + 200)])])
    encode_pending(ahead, seed=1)
    ahead.compact()
    ahead.close()
    for name in ("store.sqlite3-wal", "store.sqlite3-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.copy(backup, folder / "store.sqlite3")
    restored = open_store(folder)
    texts = {f"c{number}.py": f"c {number}" for number in range(300)}
    restored.put_files("alpha", one_chunk_files(texts))
    vectors = encode_pending(restored, seed=2)
    key, vector = next(iter(vectors.items()))
    best = restored.dense(vector, model=MODEL, where=EVERYTHING, limit=1)[0]
    assert restored.chunks([best.id])[best.id].key == key
    assert best.score == pytest.approx(1, abs=2e-3)
    restored.close()


def test_vectors_beside_and_removed_from_the_file_are_searched_right(folder: Path, large: Store) -> None:
    (file,) = index_files(folder)
    gone = {one.id for one in search(large)[:10]}
    kept = [chunk for chunk in large.file_chunks("alpha", PurePosixPath("src/a.py")) if chunk.id not in gone]
    large.put_files("alpha", [a_file("src/a.py", kept), *one_chunk_files({"new.py": "new"})])
    vector = next(iter(encode_pending(large, seed=3).values()))
    large.compact()
    assert index_files(folder) == [file]
    with closing(open_store(folder)) as reader:
        for store in (large, reader):
            assert not gone & {one.id for one in search(store)}
            best = store.dense(vector, model=MODEL, where=EVERYTHING, limit=1)[0]
            assert store.chunks([best.id])[best.id].text == "new"
    large.remove_files("alpha", [PurePosixPath("src/a.py")])
    large.compact()
    assert [one.score for one in search(large)] == pytest.approx([float(unit_vectors(1, seed=9)[0] @ vector)], abs=2e-3)


# -- many vectors: sketches before the exact ones --------------------------------------------------------

WIDE = 256  # numbers of a vector


@pytest.fixture
def exact(folder: Path, store: Store) -> Store:
    """A store with vectors enough for an index file, of a dimension that suits sketches, and that file."""
    put_wide(store, "src/a.py", SMALL + 100)
    store.compact()
    return store


@pytest.fixture
def sketched(folder: Path, exact: Store) -> Iterator[Store]:
    """The same store, opened by who finds its vectors many, and their file made anew."""
    with closing(LocalStore(folder, most_exact=SMALL * WIDE)) as store:
        yield store


def put_wide(store: Store, path: str, count: int, *, seed: int = 0) -> Vectors:
    chunks = [a_chunk(f"{path} {n}", path=PurePosixPath(path), start=n + 1) for n in range(count)]
    store.put_files("alpha", [a_file(path, chunks)])
    pending = store.pending(MODEL, limit=count)
    vectors = flat_vectors(len(pending), seed=seed, dim=WIDE)
    store.put_vectors(MODEL, [one.key for one in pending], vectors)
    return vectors


def nearest(store: Store, *, where: Filter = EVERYTHING) -> list[Candidate]:
    query = flat_vectors(1, seed=9, dim=WIDE)[0]
    return store.dense(query, model=MODEL, where=where, limit=20)


def test_an_exact_file_is_opened_and_made_anew_where_its_vectors_are_many(
    folder: Path, exact: Store, sketched: Store
) -> None:
    expected, (before,) = nearest(exact), index_files(folder)
    assert nearest(sketched) == expected
    sketched.compact()
    (after,) = index_files(folder)
    assert after != before
    for store in (sketched, exact):  # also who would write an exact one reads it, and leaves it
        assert {one.id for one in nearest(store)} == {one.id for one in expected}
        store.compact()
    assert index_files(folder) == [after]


def test_vectors_beside_and_removed_from_a_file_of_sketches_are_searched_right(sketched: Store) -> None:
    sketched.compact()
    gone = {one.id for one in nearest(sketched)[:10]}
    chunks = sketched.file_chunks("alpha", PurePosixPath("src/a.py"))
    sketched.put_files("alpha", [a_file("src/a.py", [chunk for chunk in chunks if chunk.id not in gone])])
    vectors = put_wide(sketched, "new.py", 15, seed=3)
    assert not gone & {one.id for one in nearest(sketched)}
    under = nearest(sketched, where=Filter(only=Terms(paths=("new.py",))))
    query = flat_vectors(1, seed=9, dim=WIDE)[0]
    assert [one.score for one in under] == pytest.approx(sorted((vectors @ query).tolist(), reverse=True), abs=2e-3)


def test_a_damaged_file_of_sketches_is_ignored_and_made_anew(
    folder: Path, exact: Store, sketched: Store, caplog: pytest.LogCaptureFixture
) -> None:
    expected = nearest(exact)
    sketched.compact()
    (file,) = index_files(folder)
    content = file.read_bytes()
    file.unlink()  # a reader may have it mapped
    file.write_bytes(content[: len(content) // 2])
    with closing(open_store(folder)) as reader:
        assert nearest(reader) == expected
        assert file.name in caplog.text
        sketched.compact()
        assert index_files(folder) != [file]
        assert {one.id for one in nearest(reader)} == {one.id for one in expected}


def test_freed_space_goes_back_to_the_disk(folder: Path, large: Store) -> None:
    def size() -> int:
        return sum(path.stat().st_size for path in folder.iterdir())

    before = size()
    large.remove_repo("alpha")
    large.compact()
    assert size() < before / 5
    assert index_files(folder) == []
