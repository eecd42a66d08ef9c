import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedder import FakeEncoder


def test_texts_that_share_words_are_nearer() -> None:
    query, near, far = FakeEncoder().encode(
        ["retry failed uploads", "def retry(): uploads that failed", "merge proxy settings"], role="query"
    )
    assert query @ near > 0.6
    assert query @ near > query @ far + 0.3


def test_parts_of_an_identifier_are_words() -> None:
    whole, parts = FakeEncoder().encode(["resolve_redirects", "resolve redirects"], role="query")
    assert whole @ parts > 0.7


def test_another_process_gives_the_same_vector() -> None:
    code = "from embedder import FakeEncoder; print(FakeEncoder().encode(['retry upload'], role='query').tolist())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    np.testing.assert_array_equal(np.asarray(json.loads(printed)), FakeEncoder().encode(["retry upload"], role="query"))


def test_a_text_without_words_has_a_fixed_vector() -> None:
    empty, blank = FakeEncoder().encode(["", " \n"], role="passage")
    assert empty.tolist() == blank.tolist() == [1.0] + [0.0] * 63


@given(st.text(), st.integers(min_value=1, max_value=128))
def test_every_text_has_a_unit_vector(text: str, dim: int) -> None:
    (vector,) = FakeEncoder(dim=dim).encode([text], role="passage")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_fingerprint_names_what_the_vectors_depend_on() -> None:
    assert len({FakeEncoder().fingerprint, FakeEncoder(32).fingerprint, FakeEncoder(64, 128).fingerprint}) == 3


@pytest.mark.parametrize(("dim", "max_tokens"), [(0, 512), (64, 2)])
def test_sizes_that_hold_nothing_are_refused(dim: int, max_tokens: int) -> None:
    with pytest.raises(ValueError, match="above"):
        FakeEncoder(dim, max_tokens)
