import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from embedder.errors import EmbedderError
from embedder.fake import FakeEncoder
from embedder.types import Role, Vectors
from indexer import Index, SyncReport, open_index
from indexer.errors import ModelMismatchError, PathError, QueryError, SettingsError, StoreMissingError, SyncError
from tests.embedder import checkpoints


class CountingEncoder(FakeEncoder):
    """Counts the passages it is given."""

    def __init__(self, dim: int = 64) -> None:
        super().__init__(dim=dim)
        self.passages: list[str] = []

    def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
        if role == "passage":
            self.passages.extend(texts)
        return super().encode(texts, role=role)


def places(index: Index, query: str, **filters: list[str]) -> list[str]:
    return [f"{hit.path}:{hit.start}-{hit.end}" for hit in index.search(query, **filters).hits]  # type: ignore[arg-type]


def sync(index: Index, *paths: Path) -> SyncReport:
    (report,) = index.sync(paths)
    return report


def test_a_question_finds_the_function_with_its_exact_lines(filled: Index) -> None:
    assert places(filled, "try again after a failed upload")[0] == "src/upload.py:15-21"


def test_a_symbol_finds_its_definition_first(filled: Index) -> None:
    hit = filled.search("Uploader.retry_failed").hits[0]
    assert (hit.symbol, hit.kind, hit.path) == ("Uploader.retry_failed", "method", PurePosixPath("src/upload.py"))
    assert hit.why["definition"] > 0


def test_a_document_is_found_by_its_section(filled: Index) -> None:
    hit = filled.search("accept the licence").hits[0]
    assert (hit.path, hit.title) == (PurePosixPath("docs/guide.md"), "Guide > Installing")


@pytest.mark.parametrize("path", ["src/upload.py", "upload.py", "./src/upload.py", "src/upload.py:6"])
def test_a_path_finds_its_file_before_files_that_say_more_of_its_words(index: Index, tree: Path, path: str) -> None:
    (tree / "notes.md").write_text("# upload\n\nupload.py src upload upload py upload src/upload.py\n" * 3)
    index.sync([tree])
    assert index.search(path).hits[0].path == PurePosixPath("src/upload.py")


def test_a_path_with_a_line_finds_what_stands_there(filled: Index) -> None:
    assert filled.search("upload.py:18").hits[0].symbol == "Uploader.retry_failed"


@pytest.mark.parametrize("text", ["???", "🦘", "'\"'"])
def test_an_answer_to_no_word_is_not_confident(filled: Index, text: str) -> None:
    result = filled.search(text)
    assert not result.confident
    assert result.notice


@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        ({"languages": ["go"]}, {"src/server.go"}),
        ({"kinds": ["section"]}, {"docs/guide.md"}),
        ({"paths": ["src/**"]}, {"src/upload.py", "src/server.go"}),
        ({"symbols": ["retry_failed"]}, {"src/upload.py"}),
        ({"repos": ["elsewhere"]}, set()),
    ],
)
def test_filters_hold_for_every_hit(filled: Index, filters: dict[str, list[str]], allowed: set[str]) -> None:
    hits = filled.search("upload", **filters).hits  # type: ignore[arg-type]
    assert {str(hit.path) for hit in hits} <= allowed
    assert bool(hits) == bool(allowed)


def test_a_filter_that_excludes_all_is_named(filled: Index) -> None:
    assert "lang:rust" in (filled.search("upload lang:rust").notice or "")


def test_pages_of_results_do_not_overlap_and_miss_nothing(index: Index, tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for number in range(600):  # more than an engine is asked for
        (root / f"m{number}.py").write_text(f"def upload_{number}(path):\n    return retry(path, {number % 7})\n")
    index.sync([root])
    whole = index.search("upload retry path", limit=100)
    pages = [index.search("upload retry path", limit=10, offset=offset) for offset in range(0, 100, 10)]
    assert [hit.id for page in pages for hit in page.hits] == [hit.id for hit in whole.hits]
    assert {page.total for page in pages} == {whole.total}
    assert not whole.total_is_exact


def test_an_unchanged_tree_encodes_and_writes_nothing(filled: Index, tree: Path) -> None:
    report = sync(filled, tree)
    assert (report.added, report.changed, report.removed, report.encoded) == (0, 0, 0, 0)
    assert report.unchanged == report.seen == 4


def test_a_touched_file_with_the_same_content_is_not_parsed_again(filled: Index, tree: Path) -> None:
    os.utime(tree / "src/upload.py", ns=(1, 1))
    assert sync(filled, tree).changed == 0
    assert not filled.search("retry_failed").hits[0].stale


def test_an_edited_file_is_replaced_and_only_its_new_text_is_encoded(tmp_path: Path, tree: Path) -> None:
    encoder = CountingEncoder()
    with open_index(tmp_path / "index", create=True, encoder=encoder) as index:
        index.sync([tree])
        encoder.passages.clear()
        path = tree / "src/upload.py"
        path.write_text(path.read_text().replace("def send", "def transmit"))
        assert index.search("Uploader.send").hits[0].stale
        report = sync(index, tree)
        assert (report.changed, report.encoded) == (1, len(encoder.passages))
        assert any("transmit" in passage for passage in encoder.passages)
        assert not any("retry_failed" in passage for passage in encoder.passages)
        assert "Uploader.send" not in {hit.symbol for hit in index.search("Uploader.send").hits}


def test_a_renamed_file_is_found_under_its_new_name_and_encoded_with_it(filled: Index, tree: Path) -> None:
    (tree / "src/upload.py").rename(tree / "src/sender.py")
    report = sync(filled, tree)
    assert (report.renamed, report.added, report.removed, report.pending) == (1, 0, 0, 0)
    assert report.encoded > 0
    assert filled.search("Uploader.retry_failed").hits[0].path == PurePosixPath("src/sender.py")


def test_a_deleted_file_is_gone_from_the_index(filled: Index, tree: Path) -> None:
    (tree / "src/server.go").unlink()
    assert sync(filled, tree).removed == 1
    assert not filled.search("Listen", languages=["go"]).hits


def test_text_is_searchable_without_vectors_and_says_so(index: Index, tree: Path) -> None:
    (report,) = index.sync([tree], vectors=False)
    assert report.pending > 0
    result = index.search("Uploader.retry_failed")
    assert result.hits[0].symbol == "Uploader.retry_failed"
    assert "no vectors" in (result.notice or "")
    assert sync(index, tree).encoded == report.pending


def test_an_emptied_folder_is_an_error_and_keeps_what_was_indexed(filled: Index, tree: Path) -> None:
    for path in tree.rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(PathError, match="4 files indexed of `project` before are kept"):
        filled.sync([tree])
    assert filled.search("Uploader.retry_failed").hits


def test_an_empty_folder_is_an_error_that_leaves_no_repository(index: Index, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PathError, match="nothing to index"):
        index.sync([tmp_path / "empty"])
    assert index.repos() == []


def test_a_missing_path_is_named(index: Index, tmp_path: Path) -> None:
    with pytest.raises(PathError, match="nowhere"):
        index.sync([tmp_path / "nowhere"])


def test_two_folders_of_one_name_get_two_names(index: Index, tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "project"
    other.mkdir(parents=True)
    (other / "a.py").write_text("def other_thing(): pass")
    index.sync([tree, other])
    names = {status.repo.name for status in index.repos()}
    assert len(names) == 2
    assert index.search("other_thing").hits[0].repo in names
    index.sync([other])
    assert {status.repo.name for status in index.repos()} == names


def test_a_single_file_can_be_added_without_losing_its_neighbours(filled: Index, tree: Path) -> None:
    (tree / "src/extra.py").write_text("def brand_new_thing(): pass")
    filled.sync([tree / "src/extra.py"])
    assert filled.search("brand_new_thing").hits[0].symbol == "brand_new_thing"
    assert filled.search("Uploader.retry_failed").hits[0].symbol == "Uploader.retry_failed"


def test_a_removed_repository_leaves_no_trace(filled: Index) -> None:
    filled.remove("project")
    assert filled.repos() == []
    assert not filled.search("upload").hits
    facts = filled.statistics()
    assert (facts["files"], facts["chunks"], facts["passages"], facts["vectors"]) == (0, 0, 0, 0)


def test_removing_what_is_not_there_names_what_is(filled: Index) -> None:
    with pytest.raises(PathError) as caught:
        filled.remove("nothing")
    assert "project" in caught.value.hint


def test_another_encoder_is_refused_by_name(tmp_path: Path, filled: Index) -> None:
    with (
        open_index(tmp_path / "index", encoder=FakeEncoder(dim=32)) as other,
        pytest.raises(ModelMismatchError, match="but"),
    ):
        other.search("upload")


def test_no_index_is_an_error_that_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError) as caught:
        open_index(tmp_path / "none")
    assert "index-repo" in caught.value.hint


def test_files_added_by_name_stay_a_list_of_files_and_their_folder_is_not_taken_for_indexed(
    index: Index, tree: Path
) -> None:
    index.sync([tree / "src/upload.py"])
    (named,) = index.repos()
    assert not named.repo.whole
    index.sync([tree])
    assert {status.repo.root: status.repo.whole for status in index.repos()} == {tree / "src": False, tree: True}


def test_a_named_file_that_is_gone_leaves_the_index_with_the_next_run(index: Index, tree: Path) -> None:
    index.sync([tree / "src/upload.py", tree / "src/server.go"])
    (tree / "src/server.go").unlink()
    assert sync(index, tree / "src/upload.py").removed == 1


def test_an_indexed_folder_keeps_its_name(filled: Index, tree: Path) -> None:
    with pytest.raises(PathError, match="is indexed as `project`") as caught:
        filled.sync([tree], name="other")
    assert "gte-search remove project" in caught.value.hint


def test_one_bad_path_does_not_stop_the_others_and_is_told(index: Index, tree: Path, tmp_path: Path) -> None:
    with pytest.raises(SyncError, match="nowhere") as caught:
        index.sync([tmp_path / "nowhere", tree])
    (report,) = caught.value.reports
    assert (report.seen, report.pending) == (4, 0)


def test_a_repository_is_indexed_by_its_own_settings_wherever_one_stands(index: Index, tree: Path) -> None:
    (tree / ".gtesearch.toml").write_text('exclude = ["docs/**"]')
    index.sync([tree])
    assert not index.search("licence", kinds=["section"]).hits


def test_a_new_model_replaces_the_old_when_it_is_complete(tmp_path: Path, filled: Index, tree: Path) -> None:
    with open_index(tmp_path / "index", encoder=FakeEncoder(dim=32)) as other:
        other.sync([tree])
        assert other.search("Uploader.retry_failed").hits
        assert other.statistics()["models"] == 1
    with pytest.raises(ModelMismatchError):
        filled.search("upload")


def test_a_model_folder_is_found_again_from_every_other_folder(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # of converted models
    checkpoints.write(tmp_path / "my-model")
    monkeypatch.chdir(tmp_path)
    with open_index(tmp_path / "index", create=True, flags={"model": "./my-model"}) as made:
        made.sync([tree])
    monkeypatch.chdir(tree)
    with open_index(tmp_path / "index") as opened:
        assert opened.model_name == str((tmp_path / "my-model").resolve())
        assert opened.search("upload").notice is None


def test_a_model_that_does_not_load_is_told_before_anything_is_written(tmp_path: Path, filled: Index) -> None:
    (tmp_path / "project/src/new.py").write_text("def brand_new():\n    return 'brand new'\n")
    with open_index(tmp_path / "index", flags={"model": "./gone"}) as other:
        with pytest.raises(EmbedderError, match=r"nothing was indexed.*`\./gone`") as caught:
            other.sync([tmp_path / "project"])
        assert "--no-vectors" in caught.value.hint
    assert not filled.search("brand_new", kinds=["function"], vectors=False).hits


def test_pending_vectors_are_told_before_there_is_any(index: Index, tree: Path) -> None:
    (report,) = index.sync([tree], vectors=False)
    assert index.search("upload").pending_vectors == report.pending > 0


def test_an_unknown_store_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="qdrant://there:6333"):
        open_index(tmp_path / "index", create=True, flags={"store": "qdrant://there:6333"})
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (-1, 0), (1, -1), (1001, 0)])
def test_a_limit_out_of_range_is_an_error(filled: Index, limit: int, offset: int) -> None:
    with pytest.raises(QueryError, match="out of range"):
        filled.search("upload", limit=limit, offset=offset)


@pytest.mark.parametrize(
    "text",
    [
        "???",
        '"',
        "a AND (b OR",
        "NEAR(x y)",
        "col:*",
        "'; DROP TABLE chunks; --",
        "😀 🚀",
        "\0",
        "%",
        "x" * 90_000,
        "-",
    ],
)
def test_strange_queries_get_an_answer(filled: Index, text: str) -> None:
    result = filled.search(text)
    assert result.query == text
    assert result.hits or result.notice


def test_a_chunk_is_found_again_by_the_id_of_its_hit(filled: Index) -> None:
    hit = filled.search("Uploader.retry_failed").hits[0]
    again = filled.chunk(hit.id)
    assert again is not None
    assert (again.path, again.start, again.end, again.text) == (hit.path, hit.start, hit.end, hit.text)
    assert filled.chunk("00000000-0000-0000-0000-000000000000") is None


def test_facets_count_what_the_filter_leaves(filled: Index) -> None:
    facets = filled.search("upload", languages=["python"], facets=True).facets
    assert facets is not None
    assert set(facets["languages"]) == {"python"}


def test_facets_count_what_answers_the_question(filled: Index) -> None:
    few, many = (filled.search(text, facets=True) for text in ('"Uploader"', "upload"))
    for result in (few, many):
        assert result.facets is not None
        assert [sum(counts.values()) for counts in result.facets.values()] == 4 * [result.total]
    assert few.total < many.total


def test_folders_are_counted_where_they_differ(filled: Index) -> None:
    whole = filled.search("upload", facets=True).facets
    inside = filled.search("upload", paths=["src/**"], facets=True).facets
    assert whole is not None
    assert inside is not None
    assert "src" in whole["folders"]
    assert all(folder.startswith("src") for folder in inside["folders"])


def test_the_repository_of_a_folder_inside_it(filled: Index, tree: Path) -> None:
    assert filled.here(tree / "src") == "project"
    assert filled.here(tree.parent) is None
