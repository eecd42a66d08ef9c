from pathlib import Path

import pytest

from indexer import Index
from indexer.errors import PathError, QueryError

SENDING = '''"""Sending."""


class Sender:
    """Sends readings."""

    def retry_failed_send(self, path):
        """Try again after a failed send, waiting longer each time."""
        for attempt in range(3):
            time.sleep(2**attempt)
            if self.send(path):
                return attempt
        raise TimeoutError(path)
'''


@pytest.fixture
def related(index: Index, tree: Path) -> Index:
    """The tree, a method that does nearly the same, and a copied file of its own name."""
    (tree / "src" / "sender.py").write_text(SENDING, "utf-8")
    (tree / "src" / "copied.py").write_text((tree / "src" / "upload.py").read_text("utf-8"), "utf-8")
    index.sync([tree])
    return index


def test_the_nearest_by_meaning_comes_first_and_itself_never(related: Index) -> None:
    result = related.similar("src/upload.py:17")
    assert [hit.symbol for hit in result.of] == ["Uploader.retry_failed"]
    assert result.hits[0].symbol == "Sender.retry_failed_send"
    assert result.hits[0].why["meaning"] > 0
    assert result.notice is None
    assert result.of[0].id not in {hit.id for hit in (*result.hits, *result.copies)}


def test_an_exact_copy_is_told_as_one_and_not_as_related(related: Index) -> None:
    result = related.similar("src/upload.py:17")
    assert [str(hit.path) for hit in result.copies] == ["src/copied.py"]
    assert "Uploader.retry_failed" not in {hit.symbol for hit in result.hits}


def test_without_vectors_words_relate_and_the_answer_says_so(index: Index, tree: Path) -> None:
    (tree / "src" / "sender.py").write_text(SENDING, "utf-8")
    index.sync([tree], vectors=False)
    result = index.similar("src/upload.py:17")
    assert result.hits[0].symbol == "Sender.retry_failed_send"
    assert set(result.hits[0].why) == {"words"}
    assert "words only" in (result.notice or "")
    assert result.pending_vectors > 0


def test_a_whole_file_is_compared_by_its_most_telling_pieces_and_finds_other_files(related: Index) -> None:
    result = related.similar("src/upload.py")
    assert {str(hit.path) for hit in result.of} == {"src/upload.py"}
    assert 1 <= len(result.of) <= 3
    assert result.hits
    assert "src/upload.py" not in {str(hit.path) for hit in (*result.hits, *result.copies)}


def test_filters_restrict_what_is_found_and_not_what_is_asked_about(related: Index) -> None:
    result = related.similar("src/upload.py:17", languages=["markdown"])
    assert {hit.language for hit in result.hits} == {"markdown"}
    assert [hit.language for hit in result.of] == ["python"]
    assert {str(hit.path) for hit in related.similar("src/upload.py:17", paths=["tests/"]).hits} == {
        "tests/test_upload.py"
    }


def test_a_definition_is_one_hit_however_many_pieces_it_has(index: Index, tmp_path: Path) -> None:
    root = tmp_path / "long"
    root.mkdir()
    body = "\n".join(f"    total = self.add(total, parse(values[{number}]), retry={number})" for number in range(80))
    (root / "one.py").write_text(f"def sum_of_one(self, values):\n{body}\n", "utf-8")
    (root / "two.py").write_text(f"def sum_of_two(self, values):\n    start()\n{body}\n    end()\n", "utf-8")
    index.sync([root])
    result = index.similar("one.py:1", limit=50)
    assert [hit.symbol for hit in result.hits] == ["sum_of_two"]


def test_the_signals_sum_to_the_score_and_best_comes_first(related: Index) -> None:
    hits = related.similar("src/upload.py:17").hits
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores == [pytest.approx(sum(hit.why.values())) for hit in hits]


def test_a_file_that_changed_since_is_told(related: Index, tree: Path) -> None:
    (tree / "src" / "upload.py").write_text("changed = True\n", "utf-8")
    assert "changed" in (related.similar("src/upload.py:17").notice or "")


def test_a_place_that_is_not_indexed_and_a_limit_out_of_range_are_errors(filled: Index) -> None:
    with pytest.raises(PathError):
        filled.similar("nowhere.py:3")
    with pytest.raises(QueryError):
        filled.similar("upload.py:3", limit=0)
