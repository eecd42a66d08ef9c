"""Single look-ups, notes, and what becomes of a model that is no longer used: run on each store."""

from dataclasses import replace
from pathlib import PurePosixPath

from indexer.store import Store
from tests.indexer.store.samples import EVERYTHING, a_chunk, a_file, a_repo, unit_vectors


def test_one_repository_and_one_file_come_as_in_the_lists(store: Store) -> None:
    store.put_repo(replace(a_repo("alpha"), whole=False), expected_files=1)
    file = a_file("src/a.py", [a_chunk("text")])
    store.put_files("alpha", [file])
    assert store.repo("alpha") == replace(a_repo("alpha"), whole=False)
    assert store.file("alpha", PurePosixPath("src/a.py")) == file.state
    assert store.repo("nobody") is None
    assert store.file("alpha", PurePosixPath("src/b.py")) is None
    assert store.file("nobody", PurePosixPath("src/a.py")) is None


def test_a_note_is_the_last_one_put(store: Store) -> None:
    assert store.note("model") is None
    store.put_note("model", "first")
    store.put_note("model", "second 🎉")
    assert store.note("model") == "second 🎉"


def test_keeping_a_model_drops_the_vectors_of_the_others_only(store: Store) -> None:
    store.put_files("alpha", [a_file("src/a.py", [a_chunk("text")])])
    (pending,) = store.pending("old", limit=5)
    for model in ("old", "new"):
        store.put_vectors(model, [pending.key], unit_vectors(1))
    store.keep_model("new")
    assert store.models() == {"new": 1}
    assert store.count_pending("old") == 1
    assert store.dense(unit_vectors(1)[0], model="old", where=EVERYTHING, limit=5) == []
    assert len(store.dense(unit_vectors(1)[0], model="new", where=EVERYTHING, limit=5)) == 1


def test_a_sound_store_passes_its_check(store: Store) -> None:
    store.put_files("alpha", [a_file("src/a.py", [a_chunk("text")])])
    store.check()
