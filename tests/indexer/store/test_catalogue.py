"""What is known of all chunks keeps up with the index, whatever was added, replaced or removed since it was read."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.store import catalogue, open_store
from indexer.store.catalogue import Catalogue
from indexer.store.database import Database
from tests.indexer.store.samples import a_repo, one_chunk_files

PATHS = [f"src/{name}.py" for name in "abcdef"]

changes = st.lists(
    st.tuples(st.booleans(), st.sets(st.sampled_from(PATHS), min_size=1), st.integers(0, 3)), min_size=1, max_size=8
)


def read(folder: Path, before: Catalogue | None) -> Catalogue:
    database = Database(folder, create=False)
    with database.reading() as db:
        found = catalogue.read(db, before)
    database.close()
    return found


@settings(max_examples=30, deadline=None)
@given(steps=changes)
def test_a_catalogue_brought_up_to_date_equals_one_read_anew(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, set[str], int]]
) -> None:
    folder = tmp_path_factory.mktemp("index")
    store = open_store(folder, create=True)
    store.put_repo(a_repo(), expected_files=0)
    known = None
    for puts, paths, text in steps:
        if puts:
            store.put_files("alpha", one_chunk_files({path: f"text {text}" for path in sorted(paths)}))
        else:
            store.remove_files("alpha", map(PurePosixPath, paths))
        known = read(folder, known)
        anew = read(folder, None)
        for name in Catalogue.__slots__:
            assert np.array_equal(getattr(known, name), getattr(anew, name)), name
    store.close()
