import numpy as np
import pytest

from benchmarks.loss_shares import TERMS, shares


def test_all_terms_share_alike_where_all_texts_are_alike() -> None:
    same = np.tile(np.eye(1, 2, dtype=np.float32), (4, 1))
    assert shares(same, same, temperature=1.0) == pytest.approx([1 / 13, 3 / 13, 3 / 13, 3 / 13, 3 / 13])


def test_passages_that_resemble_each_other_take_the_partition() -> None:
    queries, passages = np.eye(4, 8, dtype=np.float32), np.tile(np.eye(1, 8, 5, dtype=np.float32), (4, 1))
    found = dict(zip(TERMS, shares(queries, passages, temperature=0.1), strict=True))
    assert found["passage-passage"] > 0.99
