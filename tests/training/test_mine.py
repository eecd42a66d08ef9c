import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedder import FakeEncoder, Role, Vectors
from tests.embedder.checkpoints import WORDS
from tests.training import examples
from training.data import Row, folded, open_prepared, read_manifest
from training.errors import DataError
from training.mine import mine, nearest

texts = st.lists(st.sampled_from(WORDS[:6]), min_size=1, max_size=4).map(" ".join)


class Counting(FakeEncoder):
    """A FakeEncoder that counts what it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        self.encoded += len(texts)
        return super().encode(texts, role=role)


class Reversed(FakeEncoder):
    """A judge whose queries point away from what FakeEncoder finds near."""

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        return super().encode(texts, role=role) * (-1 if role == "query" else 1)


def similarity(query: str, passage: str) -> float:
    vectors = FakeEncoder().encode([query, passage], role="query")
    return float(vectors[0] @ vectors[1])


def choose(rows: list[Row], *, negatives: int = 5, depth: int = 50, ratio: float = 0.95) -> list[tuple[str, ...]]:
    encoder = FakeEncoder()
    return nearest(rows, encoder=encoder, teacher=encoder, negatives=negatives, depth=depth, ratio=ratio)


@settings(max_examples=40)
@given(rows=st.lists(st.builds(Row, texts, texts), min_size=1, max_size=12), ratio=st.floats(0.1, 1.0))
def test_a_mined_negative_is_no_answer_and_clearly_worse_than_one(rows: list[Row], ratio: float) -> None:
    for row, found in zip(rows, choose(rows, ratio=ratio), strict=True):
        answers = {folded(other.positive) for other in rows if folded(other.query) == folded(row.query)}
        own = similarity(row.query, row.positive)
        for text in found:
            assert folded(text) not in answers
            assert text in {other.positive for other in rows}
            assert similarity(row.query, text) < own - (1 - ratio) * abs(own) + 1e-6
        assert len(set(found)) == len(found) <= 5


def test_the_closest_come_first_and_no_more_than_asked_for() -> None:
    rows = examples.pairs(30)
    for row, found in zip(rows, choose(rows, negatives=3), strict=True):
        scores = [similarity(row.query, text) for text in found]
        assert scores == pytest.approx(sorted(scores, reverse=True))
        others = [
            similarity(row.query, other.positive) for other in rows if other.positive not in (*found, row.positive)
        ]
        own = similarity(row.query, row.positive)
        better = [each for each in others if each > max(scores, default=1.0) + 1e-6]
        assert all(each > 0.95 * own - 1e-6 for each in better)
        assert len(found) <= 3


def test_an_answer_in_other_letters_or_spaces_is_still_the_answer() -> None:
    rows = [Row("retry", "Retry  upload"), Row("merge", "retry upload"), Row("RETRY", "merge proxy")]
    assert choose(rows, ratio=1.0)[0] == ()


def test_an_answer_that_scores_below_0_does_not_let_closer_ones_in() -> None:
    rows = examples.pairs(12)
    encoder = FakeEncoder()
    found = nearest(rows, encoder=encoder, teacher=Reversed(), negatives=5, depth=50, ratio=0.9)
    for row, texts_ in zip(rows, found, strict=True):
        own = -similarity(row.query, row.positive)
        assert all(-similarity(row.query, text) < own - 0.1 * abs(own) + 1e-6 for text in texts_)


def test_the_teacher_judges_what_the_encoder_finds() -> None:
    rows = examples.pairs(12)
    encoder = FakeEncoder()
    own = nearest(rows, encoder=encoder, teacher=encoder, negatives=5, depth=50, ratio=0.95)
    judged = nearest(rows, encoder=encoder, teacher=Reversed(), negatives=5, depth=50, ratio=0.95)
    assert own != judged


def test_mined_rows_can_be_trained_on_and_keep_what_they_had(tmp_path: Path) -> None:
    rows = [Row(row.query, row.positive, ("given by hand",)) for row in examples.pairs(20)]
    data = examples.write_prepared(tmp_path / "data", {"a": rows, "b": examples.pairs(9, seed=3)})
    mine(data, tmp_path / "mined", encoder=FakeEncoder(), negatives=3)
    first, second = open_prepared(tmp_path / "mined")
    assert (len(first), len(second)) == (20, 9)
    for before, after in zip(rows, first.rows(range(20)), strict=True):
        assert (after.query, after.positive) == (before.query, before.positive)
        assert after.negatives[0] == "given by hand"
        assert len(after.negatives) <= 3


def test_only_the_asked_sources_and_rows_are_mined(tmp_path: Path, prepared: Path) -> None:
    mine(prepared, tmp_path / "mined", encoder=FakeEncoder(), patterns=["fe*"], rows=5)
    (only,) = open_prepared(tmp_path / "mined")
    assert (only.name, len(only)) == ("few", 5)
    with pytest.raises(DataError, match="no source"):
        mine(prepared, tmp_path / "mined", encoder=FakeEncoder(), patterns=["none"])


def test_scores_of_a_cross_encoder_stand_beside_the_answer_and_each_negative(tmp_path: Path, prepared: Path) -> None:
    def score(pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        return np.asarray([len(passage) / len(query) for query, passage in pairs], dtype=np.float32)

    mine(prepared, tmp_path / "mined", encoder=FakeEncoder(), score=score, negatives=3)
    for source in open_prepared(tmp_path / "mined"):
        for row in source.rows(range(len(source))):
            wanted = [len(text) / len(row.query) for text in (row.positive, *row.negatives)]
            assert row.scores == pytest.approx(wanted if row.negatives else ())


def test_scores_that_rows_have_stay_with_their_negatives_or_are_dropped_and_told(tmp_path: Path) -> None:
    rows = [Row(row.query, row.positive, ("b", "a", "b"), (4.0, 3.0, 2.0, 3.0)) for row in examples.pairs(20)]
    data = examples.write_prepared(tmp_path / "data", {"s": rows})
    told: list[str] = []
    mine(data, tmp_path / "own", encoder=FakeEncoder(), negatives=2, say=told.append)
    (source,) = open_prepared(tmp_path / "own")
    assert {(row.negatives, row.scores) for row in source.rows(range(20))} == {(("b", "a"), (4.0, 3.0, 2.0))}
    assert not any("lost" in line for line in told)
    mine(data, tmp_path / "mined", encoder=FakeEncoder(), negatives=3, say=told.append)
    (source,) = open_prepared(tmp_path / "mined")
    mined = [row for row in source.rows(range(20)) if len(row.negatives) == 3]
    assert mined
    assert all(row.scores == () for row in mined)
    assert any(f"{len(mined)} rows lost the scores" in line for line in told)
    assert read_manifest(tmp_path / "mined")["sources"]["s"]["scores_dropped"] == len(mined)


def test_mining_goes_on_with_the_sources_that_are_missing(tmp_path: Path, prepared: Path) -> None:
    out = tmp_path / "mined"
    mine(prepared, out, encoder=FakeEncoder(), patterns=["few"])
    before = (out / "few.jsonl").stat().st_mtime_ns
    counting = Counting()
    mine(prepared, out, encoder=counting)
    assert (out / "few.jsonl").stat().st_mtime_ns == before
    assert 0 < counting.encoded <= 2 * 60  # of `many` alone
    mine(prepared, out, encoder=counting, negatives=2)
    assert (out / "few.jsonl").stat().st_mtime_ns != before  # other options, other negatives
    assert max(len(row.negatives) for row in open_prepared(out)[0].rows(range(20))) == 2


def test_other_rows_under_the_same_name_are_mined_again(tmp_path: Path) -> None:
    out = tmp_path / "mined"
    for number in (1, 2):
        data = examples.write_prepared(tmp_path / f"data-{number}", {"a": examples.pairs(10, seed=number)})
        mine(data, out, encoder=FakeEncoder())
    (source,) = open_prepared(out)
    assert source.rows([0])[0].query == examples.pairs(10, seed=2)[0].query


def test_a_mined_folder_remembers_what_it_was_screened_against(tmp_path: Path, prepared: Path) -> None:
    data = examples.write_prepared(tmp_path / "data", {"a": examples.pairs(5)})
    manifest = read_manifest(data)
    (data / "manifest.json").write_text(json.dumps({**manifest, "decontamination": {"sets": {"scifact": 300}}}))
    mine(data, tmp_path / "mined", encoder=FakeEncoder())
    assert read_manifest(tmp_path / "mined")["decontamination"] == {"sets": {"scifact": 300}}


def test_a_folder_is_not_mined_into_itself(prepared: Path) -> None:
    with pytest.raises(DataError, match="at once"):
        mine(prepared, prepared, encoder=FakeEncoder())


def test_a_folder_of_other_rows_is_not_overwritten(tmp_path: Path, prepared: Path) -> None:
    other = examples.write_prepared(tmp_path / "other", {"few": examples.pairs(5)})
    before = (other / "few.jsonl").read_bytes()
    with pytest.raises(DataError, match="not mined") as caught:
        mine(prepared, other, encoder=FakeEncoder())
    assert "--out" in caught.value.hint
    assert (other / "few.jsonl").read_bytes() == before
