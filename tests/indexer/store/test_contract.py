"""What every store keeps and gives back, and what writers and readers see of each other: run on each store."""

import random
import threading
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedder.types import Vectors
from indexer.errors import StoreError
from indexer.store import Store
from indexer.tokens import split
from indexer.types import FileState, IndexedFile, Kind
from tests.indexer.store.samples import (
    EVERYTHING,
    MODEL,
    WORDS,
    a_chunk,
    a_file,
    a_repo,
    encode_pending,
    exact_scores,
    holders,
    ids,
    one_chunk_files,
    sample_files,
    unit_vectors,
)

# -- values --------------------------------------------------------------------------------------


def test_a_chunk_comes_back_as_it_was_put(store: Store) -> None:
    plain = a_chunk(
        "def send(self):\n    return 'naïve 🎉 \u202e'\n",
        kind=Kind.METHOD,
        start=3,
        end=5,
        symbol="Session.send",
        signature="def send(self)",
        docstring="Send it.\nTwice.",
    )
    odd = [
        a_chunk("", start=7, passage=""),
        a_chunk("body", start=8, passage="the passage does not hold the text"),
        a_chunk("nul \0 inside\r\n\u2028", start=9, passage="header\nnul \0 inside\r\n\u2028"),
        a_chunk("page", start=10, page=12, kind=Kind.PAGE, language="pdf", title="Guide > Ünïcode > 中文"),
        a_chunk("'; DROP TABLE chunks; --", start=11, symbol='"', signature="%_", docstring=""),
    ]
    store.put_files("alpha", [a_file("src/a.py", [plain, *odd])])
    chunks = [plain, *odd]
    assert store.chunks([chunk.id for chunk in chunks]) == {chunk.id: chunk for chunk in chunks}
    assert store.file_chunks("alpha", PurePosixPath("src/a.py")) == chunks


@settings(max_examples=30, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    header=st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
)
def test_any_text_comes_back_exactly(scratch: Store, text: str, header: str) -> None:
    chunk = a_chunk(text, passage=header + text, symbol=header, title=text)
    scratch.put_files("alpha", [a_file("src/a.py", [chunk])])
    assert scratch.chunks([chunk.id]) == {chunk.id: chunk}


def test_chunks_that_are_not_there_are_left_out(store: Store) -> None:
    file = one_chunk_files({"a.py": "one"})[0]
    store.put_files("alpha", [file])
    chunk = file.chunks[0]
    assert store.chunks(["no such id", chunk.id, "'"]) == {chunk.id: chunk}
    assert store.chunks([]) == {}
    assert store.file_chunks("alpha", PurePosixPath("b.py")) == []
    assert store.file_chunks("beta", PurePosixPath("a.py")) == []


def test_file_chunks_come_by_line(store: Store) -> None:
    chunks = [a_chunk(f"text {line}", start=line, end=line) for line in (9, 2, 30)]
    store.put_files("alpha", [a_file("src/a.py", chunks)])
    assert [chunk.start for chunk in store.file_chunks("alpha", PurePosixPath("src/a.py"))] == [2, 9, 30]


def test_a_chunk_id_that_comes_twice_is_one_chunk(store: Store) -> None:
    chunk = a_chunk("pass")
    store.put_files("alpha", [a_file("src/a.py", [chunk, chunk])])
    assert store.count(EVERYTHING) == 1
    assert ids(store.lexical(["pass"], where=EVERYTHING, limit=5)) == [chunk.id]


def test_a_path_that_comes_twice_is_its_last_file(store: Store) -> None:
    first, last = one_chunk_files({"a.py": "first"})[0], one_chunk_files({"a.py": "last"})[0]
    store.put_files("alpha", [first, last])
    assert store.file_chunks("alpha", PurePosixPath("a.py")) == list(last.chunks)
    assert store.files("alpha") == {last.state.path: last.state}


# -- repositories and files -----------------------------------------------------------------------


def test_repository_status_says_what_is_stored(store: Store) -> None:
    beta = replace(a_repo("beta"), remote=None, branch=None, commit=None)
    store.put_repo(beta, expected_files=3)
    markdown = replace(a_file("b.md", [a_chunk("docs", repo="beta", path=PurePosixPath("b.md"))]), language="markdown")
    store.put_files("beta", [*one_chunk_files({"a.py": "one", "c.py": "two"}, repo="beta"), markdown])
    alpha, status = store.repos(model=MODEL)
    assert (alpha.repo, alpha.files, alpha.chunks, alpha.pending, dict(alpha.languages)) == (a_repo(), 0, 0, 0, {})
    assert status.repo == beta
    assert (status.files, status.expected_files, status.chunks, status.pending) == (3, 3, 3, 3)
    assert dict(status.languages) == {"python": 2, "markdown": 1}
    encode_pending(store)
    assert [status.pending for status in store.repos(model=MODEL)] == [0, 0]
    assert [status.pending for status in store.repos(model="another")] == [0, 3]
    assert [status.pending for status in store.repos()] == [0, 3]


def test_a_repository_is_complete_from_finish_to_the_next_put(store: Store) -> None:
    assert [(status.complete, status.indexed_at) for status in store.repos()] == [(False, 0.0)]
    store.finish_repo("alpha", indexed_at=1234.5)
    assert [(status.complete, status.indexed_at) for status in store.repos()] == [(True, 1234.5)]
    moved = replace(a_repo(), root=Path("/elsewhere"), commit="f00d")
    store.put_repo(moved, expected_files=9)
    (status,) = store.repos()
    assert (status.repo, status.complete, status.indexed_at, status.expected_files) == (moved, False, 1234.5, 9)


def test_writing_into_an_unknown_repository_is_an_error(store: Store) -> None:
    file = a_file()
    with pytest.raises(StoreError, match="gamma"):
        store.put_files("gamma", [file])
    with pytest.raises(StoreError, match="gamma"):
        store.touch_files("gamma", [file.state])
    with pytest.raises(StoreError, match="gamma"):
        store.remove_files("gamma", [file.state.path])
    with pytest.raises(StoreError, match="gamma"):
        store.finish_repo("gamma", indexed_at=1.0)
    store.remove_repo("gamma")
    assert store.files("gamma") == {}


def test_touching_changes_size_and_time_only_of_unchanged_content(store: Store) -> None:
    same, other = one_chunk_files({"a.py": "one", "b.py": "two"})
    store.put_files("alpha", [same, other])
    touched = replace(same.state, size=77, mtime_ns=2**62)
    store.touch_files("alpha", [touched, replace(other.state, mtime_ns=5, digest=b"another content!")])
    assert store.files("alpha") == {same.state.path: touched, other.state.path: other.state}
    assert store.count(EVERYTHING) == 2


def test_replacing_a_file_leaves_no_trace_of_it(store: Store) -> None:
    old, other = one_chunk_files({"a.py": "oldword common", "b.py": "common"})
    store.put_files("alpha", [old, other])
    encode_pending(store)
    new = a_file("a.py", [a_chunk("newword common", path=PurePosixPath("a.py"), symbol="Fresh")], content="new")
    store.put_files("alpha", [new])
    assert store.files("alpha") == {new.state.path: new.state, other.state.path: other.state}
    assert store.chunks([old.chunks[0].id]) == {}
    assert store.lexical(["oldword"], where=EVERYTHING, limit=9) == []
    assert ids(store.lexical(["newword"], where=EVERYTHING, limit=9)) == [new.chunks[0].id]
    assert ids(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == [other.chunks[0].id]
    assert store.count(EVERYTHING) == 2


def test_removing_files_and_repositories_leaves_no_trace(store: Store) -> None:
    store.put_repo(a_repo("beta"), expected_files=1)
    store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
    store.put_files("beta", one_chunk_files({"a.py": "three"}, repo="beta"))
    encode_pending(store)
    store.remove_files("alpha", [PurePosixPath("a.py"), PurePosixPath("never there")])
    assert list(store.files("alpha")) == [PurePosixPath("b.py")]
    assert store.lexical(["one"], where=EVERYTHING, limit=9) == []
    store.remove_repo("alpha")
    assert [status.repo.name for status in store.repos()] == ["beta"]
    assert store.files("alpha") == {}
    assert store.count(EVERYTHING) == 1
    assert len(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == 1
    store.remove_repo("beta")
    store.compact()
    assert (store.repos(), store.count(EVERYTHING), store.models()) == ([], 0, {})


def test_random_writes_agree_with_a_dictionary(store: Store) -> None:
    rng = random.Random(3)
    store.put_repo(a_repo("beta"), expected_files=0)
    have: dict[str, dict[PurePosixPath, IndexedFile]] = {"alpha": {}, "beta": {}}
    for _ in range(40):
        repo = rng.choice(["alpha", "beta"])
        match rng.choice(["put", "put", "remove", "compact", "encode"]):
            case "put":
                files = sample_files(repo, rng, files=rng.randint(0, 6))
                store.put_files(repo, files)
                have[repo].update({file.state.path: file for file in files})
            case "remove":
                gone = rng.sample(sorted(have[repo]), len(have[repo]) // 3)
                store.remove_files(repo, gone)
                have[repo] = {path: file for path, file in have[repo].items() if path not in gone}
            case "compact":
                store.compact()
            case "encode":
                encode_pending(store, seed=rng.randrange(99))
        chunks = [chunk for files_ in have.values() for file in files_.values() for chunk in file.chunks]
        assert store.count(EVERYTHING) == len(chunks)
        assert store.chunks([chunk.id for chunk in chunks]) == {chunk.id: chunk for chunk in chunks}
        for repo, files_ in have.items():
            assert store.files(repo) == {path: file.state for path, file in files_.items()}
        asked = split(rng.choice(WORDS))
        assert set(ids(store.lexical(asked, where=EVERYTHING, limit=999))) == holders(chunks, asked, EVERYTHING)
        for field, candidates in store.fields(asked, where=EVERYTHING, limit=999).items():
            assert set(ids(candidates)) == holders(chunks, asked, EVERYTHING, field=field)
        waiting = {pending.key for pending in store.pending(MODEL, limit=999)}
        assert len(waiting) == store.count_pending(MODEL)
        found = set(ids(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=999)))
        assert found == {chunk.id for chunk in chunks if chunk.key not in waiting}


# -- vectors --------------------------------------------------------------------------------------


def test_a_passage_is_pending_until_its_model_has_a_vector(store: Store) -> None:
    files = one_chunk_files({"a.py": "one", "b.py": "two", "c.py": "one"})
    store.put_files("alpha", files)
    pending = store.pending(MODEL, limit=9)
    assert {one.key: one.passage for one in pending} == {file.chunks[0].key: file.chunks[0].passage for file in files}
    assert (len(pending), store.count_pending(MODEL)) == (2, 2)
    assert len(store.pending(MODEL, limit=1)) == 1
    store.put_vectors(MODEL, [pending[0].key], unit_vectors(1))
    assert store.pending(MODEL, limit=9) == [pending[1]]
    assert (store.count_pending(MODEL), store.count_pending("another")) == (1, 2)
    assert store.models() == {MODEL: 1}


def test_pending_of_one_repository(store: Store) -> None:
    store.put_repo(a_repo("beta"), expected_files=1)
    store.put_files("alpha", one_chunk_files({"a.py": "one"}))
    store.put_files("beta", one_chunk_files({"a.py": "two"}, repo="beta"))
    assert [one.passage for one in store.pending(MODEL, limit=9, repo="beta")] == ["header\ntwo"]
    assert store.count_pending(MODEL, repo="alpha") == 1
    assert (store.pending(MODEL, limit=9, repo="gamma"), store.count_pending(MODEL, repo="gamma")) == ([], 0)


def test_definitions_and_documents_are_pending_before_tests_and_leftovers(store: Store) -> None:
    order = [
        ("tests/test_a.py", Kind.FUNCTION, "a test"),
        ("src/a.txt", Kind.BLOCK, "a block"),
        ("src/a.py", Kind.MODULE, "a remainder"),
        ("README.md", Kind.SECTION, "a document"),
        ("src/z.py", Kind.METHOD, "a definition"),
    ]
    store.put_files(
        "alpha", [a_file(path, [a_chunk(text, path=PurePosixPath(path), kind=kind)]) for path, kind, text in order]
    )
    found = [one.passage.removeprefix("header\n") for one in store.pending(MODEL, limit=9)]
    assert set(found[:2]) == {"a document", "a definition"}
    assert found[2:] == ["a remainder", "a block", "a test"]


def test_vectors_put_before_their_text_are_found_with_it(store: Store) -> None:
    file = one_chunk_files({"a.py": "later"})[0]
    store.put_vectors(MODEL, [file.chunks[0].key], unit_vectors(1))
    assert store.pending(MODEL, limit=9) == []
    store.put_files("alpha", [file])
    assert store.count_pending(MODEL) == 0
    assert ids(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == [file.chunks[0].id]


def test_putting_a_vector_again_changes_nothing(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
    vectors = encode_pending(store)
    store.put_vectors(MODEL, list(vectors), np.stack(list(vectors.values())))
    store.put_vectors(MODEL, [], np.empty((0, 16), dtype=np.float32))
    assert store.models() == {MODEL: 2}
    assert len(store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=9)) == 2


def test_vectors_of_a_wrong_shape_are_refused(store: Store) -> None:
    store.put_vectors(MODEL, [b"k" * 16], unit_vectors(1))
    for keys, vectors in (
        ([b"l" * 16], unit_vectors(1, dim=8)),
        ([b"l" * 16], unit_vectors(2)),
        ([b"l" * 16], unit_vectors(1)[0]),
        ([b"l" * 16], np.full((1, 16), np.nan, dtype=np.float32)),
    ):
        with pytest.raises(ValueError, match=r"."):
            store.put_vectors(MODEL, keys, vectors)
    with pytest.raises(ValueError, match="8"):
        store.dense(unit_vectors(1, dim=8)[0], model=MODEL, where=EVERYTHING, limit=3)
    assert store.models() == {MODEL: 1}


def test_models_never_mix(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "one", "b.py": "two"}))
    first = encode_pending(store, model="model-a", seed=1)
    one_key = next(iter(first))
    store.put_vectors("model-b", [one_key], unit_vectors(1, dim=8))
    assert store.models() == {"model-a": 2, "model-b": 1}
    assert len(store.dense(unit_vectors(1)[0], model="model-a", where=EVERYTHING, limit=9)) == 2
    assert len(store.dense(unit_vectors(1, dim=8)[0], model="model-b", where=EVERYTHING, limit=9)) == 1
    assert store.dense(unit_vectors(1)[0], model="model-c", where=EVERYTHING, limit=9) == []


def test_two_repositories_share_a_vector_and_the_last_one_takes_it_along(store: Store) -> None:
    store.put_repo(a_repo("beta"), expected_files=1)
    in_alpha, in_beta = one_chunk_files({"a.py": "shared"})[0], one_chunk_files({"a.py": "shared"}, repo="beta")[0]
    store.put_files("alpha", [in_alpha])
    store.put_files("beta", [in_beta])
    vector = next(iter(encode_pending(store).values()))
    assert store.models() == {MODEL: 1}
    found = store.dense(vector, model=MODEL, where=EVERYTHING, limit=9)
    assert sorted(ids(found)) == sorted([in_alpha.chunks[0].id, in_beta.chunks[0].id])
    store.remove_repo("alpha")
    assert ids(store.dense(vector, model=MODEL, where=EVERYTHING, limit=9)) == [in_beta.chunks[0].id]
    assert store.models() == {MODEL: 1}
    store.remove_repo("beta")
    assert store.models() == {}


def test_vectors_of_removed_files_wait_for_them_until_compact(store: Store) -> None:
    file = one_chunk_files({"a.py": "one"})[0]
    store.put_files("alpha", [file])
    encode_pending(store)
    store.remove_files("alpha", [file.state.path])
    store.put_files("alpha", [file])
    assert store.count_pending(MODEL) == 0
    store.remove_files("alpha", [file.state.path])
    store.compact()
    assert store.models() == {}
    store.put_files("alpha", [file])
    assert store.count_pending(MODEL) == 1


# -- many at once -----------------------------------------------------------------------------------


def test_readers_see_the_old_or_the_new_and_never_a_mix(store: Store) -> None:
    def version(number: int) -> list[IndexedFile]:
        return one_chunk_files({f"{n}.py": f"version{number} of {n}" for n in range(20)})

    store.put_files("alpha", version(0))
    done = threading.Event()
    mixes: list[object] = []

    def read() -> None:
        while not done.is_set():
            texts = store.lexical(["of"], where=EVERYTHING, limit=99)
            versions = {chunk.text.split()[0] for chunk in store.file_chunks("alpha", PurePosixPath("3.py"))}
            digests = set(store.files("alpha"))
            if (len(texts), len(versions), len(digests)) != (20, 1, 20):
                mixes.append((len(texts), versions, len(digests)))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 25):
        store.put_files("alpha", version(number))
    done.set()
    for reader in readers:
        reader.join()
    assert mixes == []


def test_searches_keep_up_with_vectors_that_arrive_in_batches(store: Store) -> None:
    files = one_chunk_files({f"{n}.py": f"text {n}" for n in range(40)})
    store.put_files("alpha", files)
    chunks = [file.chunks[0] for file in files]
    query, vectors = unit_vectors(1, seed=5)[0], unit_vectors(40)
    held: dict[bytes, Vectors] = {}
    for start in range(0, 40, 3):
        batch = chunks[start : start + 3]
        store.put_vectors(MODEL, [chunk.key for chunk in batch], vectors[start : start + 3])
        held.update({chunk.key: vectors[start + n] for n, chunk in enumerate(batch)})
        exact = exact_scores(chunks, held, query, EVERYTHING)
        best = sorted(exact, key=lambda number: -exact[number])
        for limit in (5, 99):
            assert ids(store.dense(query, model=MODEL, where=EVERYTHING, limit=limit)) == best[:limit]


def test_a_failed_write_changes_nothing(store: Store) -> None:
    store.put_files("alpha", one_chunk_files({"a.py": "one"}))
    bad = replace(
        one_chunk_files({"b.py": "two"})[0],
        state=FileState(path=PurePosixPath("b.py"), digest=b"", size=2**70, mtime_ns=0),
    )
    with pytest.raises((StoreError, OverflowError)):
        store.put_files("alpha", [*one_chunk_files({"a.py": "three"}), bad])
    assert store.lexical(["three"], where=EVERYTHING, limit=3) == []
    assert len(store.lexical(["one"], where=EVERYTHING, limit=3)) == 1
