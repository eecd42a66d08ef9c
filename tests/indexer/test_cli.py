import json
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.cli import FAILED, FOUND, NOTHING, index_repo, main


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GTE_SEARCH_INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    monkeypatch.chdir(tmp_path)


def test_index_then_search_prints_path_and_lines(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert index_repo([str(tree)]) == FOUND
    assert "4 files (4 new)" in capsys.readouterr().out
    assert main(["search", "Uploader.retry_failed"]) == FOUND
    assert capsys.readouterr().out.startswith("project/src/upload.py:15-21  Uploader.retry_failed  method")


def test_json_has_the_documented_fields(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    main(["search", "--json", "-k", "1", "retry", "failed", "upload"])
    result = json.loads(capsys.readouterr().out)
    assert result["query"] == "retry failed upload"
    assert set(result["timings"]) == {"encode", "search", "rank"}
    (hit,) = result["hits"]
    documented = "id score repo path start end page kind language symbol title text matches stale url why".split()
    assert sorted(hit) == sorted(documented)


def test_explain_begins_with_what_was_understood(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    main(["search", "--explain", "-k", "1", "why does retry_faild give up", "lang:python"])
    out = capsys.readouterr().out.splitlines()
    assert out[:5] == [
        "read as:    words",
        "words:      retry_failed (retri fail retryfail), give, up",
        "symbols:    retry_failed",
        "corrected:  looked for `retry_failed` instead of `retry_faild`",
        "filters:    lang:python",
    ]
    assert "Uploader.retry_failed" in out[5]


def test_a_correction_is_told_on_stderr_without_being_asked(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    for form in ([], ["-l"], ["-l", "--explain"]):
        main(["search", *form, "retry_faild"])
        captured = capsys.readouterr()
        assert "looked for `retry_failed` instead of `retry_faild`" in captured.err
        assert "looked for" not in captured.out


def test_json_tells_what_was_understood(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    main(["search", "--json", "src/upload.py:15"])
    captured = capsys.readouterr()
    understood = json.loads(captured.out)["understood"]
    documented = "reading words symbols instead exact filters path line frames error".split()
    assert sorted(understood) == sorted(documented)
    assert (understood["reading"], understood["path"], understood["line"]) == ("path", "src/upload.py", 15)


def test_jsonl_is_one_hit_a_line(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    main(["search", "--jsonl", "upload"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(json.loads(line)["path"] for line in lines)


def test_files_only_prints_each_path_once(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    main(["search", "-l", "upload"])
    lines = capsys.readouterr().out.splitlines()
    assert "project/src/upload.py" in lines
    assert len(lines) == len(set(lines))


def test_content_prints_the_chunk_with_line_numbers(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    main(["search", "-c", "-k", "1", "Uploader.retry_failed"])
    out = capsys.readouterr().out
    assert "   15      def retry_failed(self, path):" in out
    assert "   21          raise TimeoutError(path)" in out


def test_no_hit_is_exit_status_one_with_a_reason(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    assert main(["search", "--lang", "rust", "upload"]) == NOTHING
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "lang:rust" in captured.err


@pytest.mark.parametrize(
    "arguments",
    [["search", "x"], ["index", "nowhere"], ["remove", "nothing"], ["search", "--lang", "klingon", "x"]],
)
def test_an_error_is_exit_status_two_with_a_hint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == FAILED
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert "\nhint: " in captured.err
    assert captured.out == ""


def test_a_dry_run_lists_paths_on_stdout_and_the_forecast_on_stderr(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / ".env").write_text("KEY=1")
    assert main(["index", "--dry-run", str(tree)]) == FOUND
    captured = capsys.readouterr()
    listed = ["docs/guide.md", "src/server.go", "src/upload.py", "tests/test_upload.py"]
    assert sorted(captured.out.splitlines()) == listed
    assert "4 files" in captured.err
    assert "on disk" in captured.err
    assert ".env: " in captured.err
    assert not (tmp_path / "index").exists()


def test_here_restricts_to_the_repository_one_stands_in(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "upload.py").write_text("def upload_elsewhere(): pass")
    main(["index", str(tree), str(other)])
    monkeypatch.chdir(other)
    capsys.readouterr()
    main(["search", "--here", "--jsonl", "upload"])
    assert {json.loads(line)["repo"] for line in capsys.readouterr().out.splitlines()} == {"other"}


def test_repos_status_and_remove(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    assert main(["repos"]) == FOUND
    assert main(["status"]) == FOUND
    assert "project: 4 files" in capsys.readouterr().out
    assert main(["remove", "project"]) == FOUND
    assert main(["repos"]) == NOTHING


def test_doctor_reports_a_repository_whose_folder_is_gone_with_the_command_that_mends_it(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    assert main(["doctor"]) == FOUND
    tree.rename(tree.parent / "moved")
    assert main(["doctor"]) == NOTHING
    assert "fix: gte-search remove project" in capsys.readouterr().out


def test_a_missing_path_does_not_keep_the_others_from_being_indexed(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree.parent / "empty").mkdir()
    assert main(["index", str(tree), "nowhere", "empty"]) == FAILED
    captured = capsys.readouterr()
    assert "4 files (4 new)" in captured.out
    assert "0 pending" in captured.out
    assert "nowhere" in captured.err
    assert "nothing to index in" in captured.err


def test_an_empty_folder_is_an_error_in_a_dry_run_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["index", "--dry-run", "empty"]) == FAILED
    assert "nothing to index" in capsys.readouterr().err


def test_a_damaged_document_is_told_with_what_to_do(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "cut.pdf").write_bytes(b"%PDF-1.7 and no more")
    main(["index", str(tree)])
    line = next(line for line in capsys.readouterr().out.splitlines() if "cut.pdf" in line)
    assert line.startswith("  not indexed: cut.pdf: ")
    assert line.endswith(")")


def test_what_a_file_holds_cannot_command_the_terminal(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "evil.md").write_text("# clip\x1b]52;c;ZXZpbA==\x07board\n\nclipboard thief \x1b[2J\n")
    main(["index", str(tree)])
    main(["search", "-c", "clipboard thief"])
    captured = capsys.readouterr()
    assert "thief" in captured.out
    assert "\x1b" not in captured.out + captured.err
    assert "\\x1b[2J" in captured.out
    main(["search", '"nowhere \x1b[2J"'])  # what is asked is told again where nothing holds it
    captured = capsys.readouterr()
    assert "nothing holds" in captured.err
    assert "\x1b" not in captured.out + captured.err


def test_doctor_without_an_index_says_so_and_makes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == NOTHING
    assert "fix: make one with `index-repo PATH`" in capsys.readouterr().out
    assert not (tmp_path / "index").exists()


def test_a_deleted_folder_to_stand_in_is_an_error_not_a_traceback(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(tree)])
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["search", "upload"]) == FAILED
    assert capsys.readouterr().err.startswith("error: ")


def test_status_tells_what_changed_on_disk_since(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    main(["status"])
    assert "project: 4 files, " in (out := capsys.readouterr().out)
    assert "nothing changed" in out
    (tree / "src/upload.py").write_text("def another_one(): pass")
    (tree / "src/server.go").unlink()
    (tree / "new.py").write_text("def new_one(): pass")
    main(["status"])
    assert "1 new, 1 changed, 1 gone" in capsys.readouterr().out
    assert main(["doctor"]) == NOTHING
    assert "changed since: 1 new, 1 changed, 1 gone" in capsys.readouterr().out


def test_an_empty_path_is_refused_and_not_taken_for_the_current_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["index", ""])
    assert caught.value.code == FAILED
    assert "a path is empty" in capsys.readouterr().err


def test_a_query_may_begin_with_an_exclusion(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    assert main(["search", "--jsonl", "-lang:python", "upload"]) == FOUND
    assert {json.loads(line)["language"] for line in capsys.readouterr().out.splitlines()} <= {"markdown", "go"}


def test_an_unknown_repository_is_told_with_the_known_ones(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(tree)])
    assert main(["search", "--repo", "Project", "upload"]) == NOTHING
    assert "there is no repository `Project`, indexed are: project" in capsys.readouterr().err


def test_a_run_in_which_nothing_could_be_read_fails(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "cut.pdf").write_bytes(b"%PDF-1.7 and no more")
    assert main(["index", str(tree / "cut.pdf")]) == FAILED
    assert "not indexed: cut.pdf" in capsys.readouterr().out


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys; from indexer.cli import build_parser; build_parser().format_help();"
        "heavy = {'torch', 'transformers', 'faiss', 'fastapi', 'streamlit', 'ctranslate2', 'tree_sitter', 'rich'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]  # the test's own folder is elsewhere, and the project need not be installed
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_similar_prints_hits_and_copies_for_a_path_of_the_current_folder(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "src" / "copied.py").write_text((tree / "src" / "upload.py").read_text("utf-8"), "utf-8")
    main(["index", str(tree)])
    monkeypatch.chdir(tree / "src")
    capsys.readouterr()
    assert main(["similar", "upload.py:17"]) == FOUND
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "copied.py:15-21  Uploader.retry_failed  the same"
    assert captured.err.splitlines()[-1] == "related to upload.py:15-21"
    assert main(["similar", "--json", "--lang", "markdown", "upload.py:17"]) == FOUND
    result = json.loads(capsys.readouterr().out)
    assert sorted(result) == ["copies", "hits", "notice", "of", "pending_vectors", "total"]
    assert {hit["language"] for hit in result["hits"]} == {"markdown"}


def test_duplicates_prints_groups_with_their_places(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "src" / "copied.py").write_text((tree / "src" / "upload.py").read_text("utf-8") + "\n\nNEW = 1\n", "utf-8")
    main(["index", "--no-vectors", str(tree)])
    capsys.readouterr()
    assert main(["duplicates"]) == FOUND
    captured = capsys.readouterr()
    first, *places = captured.out.splitlines()
    assert first == "7 lines to save  2 copies, equal"
    assert places == [
        "  project/src/copied.py:15-21  Uploader.retry_failed",
        "  project/src/upload.py:15-21  Uploader.retry_failed",
    ]
    assert captured.err == "1 group, 7 lines to save in all\n"
    assert main(["duplicates", "project/docs"]) == NOTHING
    assert main(["duplicates", "--min-lines", "8"]) == NOTHING
    capsys.readouterr()
    main(["duplicates", "--json"])
    assert sorted(json.loads(capsys.readouterr().out)) == ["compared", "groups", "lines", "total"]


@pytest.mark.parametrize(
    "arguments", [["similar", "nowhere.py:3"], ["duplicates", "nowhere"], ["duplicates", "--threshold", "2"]]
)
def test_a_place_that_is_not_indexed_is_exit_status_two_with_a_hint(
    tree: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", "--no-vectors", str(tree)])
    capsys.readouterr()
    assert main(arguments) == FAILED
    assert "\nhint: " in capsys.readouterr().err


def test_rerank_is_an_option_of_search_and_eval_and_explained(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(tree)])
    capsys.readouterr()
    assert main(["search", "--rerank", "fake", "--explain", "try", "again", "after", "a", "failed", "upload"]) == FOUND
    assert "judged" in capsys.readouterr().out
    queries = tmp_path / "queries.jsonl"
    queries.write_text(json.dumps({"query": "try again after a failed upload", "relevant": ["src/upload.py"]}), "utf-8")
    assert main(["eval", str(queries), "--rerank", "fake", "--json"]) == FOUND
    assert json.loads(capsys.readouterr().out)["settings"]["rerank"] == "fake"
    assert main(["search", "--rerank", "nowhere", "try again after a failed upload"]) == FAILED
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("server", ["serve", "ui"])
def test_a_server_does_not_start_with_a_cross_encoder_that_is_none(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GTE_SEARCH_RERANK", "nowhere")
    assert main([server]) == FAILED
    assert "nowhere" in capsys.readouterr().err
