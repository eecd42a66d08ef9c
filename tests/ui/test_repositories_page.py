from dataclasses import replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from indexer.errors import IndexerError, PathError, StoreBusyError, StoreDamagedError, StoreMissingError
from indexer.index import Freshness
from indexer.types import Drift, Phase, Progress, Repo
from tests.ui.fake_backend import FakeBackend, status
from tests.ui.fake_upkeep import FakeUpkeep
from tests.ui.pages_under_test import open_page, texts


def open_repositories(backend: FakeBackend, upkeep: FakeUpkeep | None = None) -> AppTest:
    return open_page(backend, upkeep, page="views/repositories.py")


def index(app: AppTest, path: str) -> None:
    app.text_input(key="index-path").set_value(path)
    press(app, "Index")


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def labels(app: AppTest) -> list[str]:
    return [str(button.label) for button in app.button]


def test_each_repository_is_listed_with_what_the_index_holds() -> None:
    app = open_repositories(FakeBackend(statuses=[status("site", pending=375), status("uploads")]))
    site, uploads = [text for text in texts(app) if "main@01234567" in text]
    assert site.startswith("site main@01234567 indexed")
    assert "120 files · 1,500 chunks · 375 vectors pending" in site
    assert "Text 100 % 100 % Meaning 75 % 75 %" in site
    assert "python 100 · markdown 20" in uploads
    assert "pending" not in uploads


def test_an_empty_index_says_what_to_do() -> None:
    missing = FakeBackend(repos_error=StoreMissingError("there is no index", hint="make one"))
    for backend in (missing, FakeBackend(statuses=[])):
        assert "Nothing is indexed yet Type the path of a folder above, or the address of a repository" in texts(
            open_repositories(backend)
        )


def test_an_index_that_does_not_open_is_reported() -> None:
    app = open_repositories(FakeBackend(repos_error=StoreDamagedError("the index is damaged", hint="index again")))
    assert "The index is damaged Index again" in texts(app)


def test_a_path_that_does_not_exist_starts_nothing(tmp_path: Path) -> None:
    backend = FakeBackend()
    app = open_repositories(backend)
    index(app, str(tmp_path / "nowhere"))
    assert any("does not exist" in text for text in texts(app))
    assert backend.runs == []
    index(app, "  ")
    assert any("No path was given" in text for text in texts(app))


def test_indexing_shows_progress_and_blocks_a_second_run(tmp_path: Path) -> None:
    backend = FakeBackend(statuses=[])
    app = open_repositories(backend)
    index(app, str(tmp_path))
    assert f"Indexing {tmp_path}: finding files" in texts(app)
    assert next(button for button in app.button if button.label == "Index").disabled
    backend.statuses = [
        status(repo=Repo(name="new", root=tmp_path), files=30, expected_files=120, chunks=400, pending=100)
    ]
    app.run()
    (shown,) = [text for text in texts(app) if text.startswith("Indexing")]
    assert "30 of 120 files, 400 chunks" in shown
    assert "Text 25 %" in shown
    assert "Meaning 75 %" in shown


def test_the_page_comes_to_rest_when_a_run_ends(tmp_path: Path) -> None:
    backend = FakeBackend()
    app = open_repositories(backend)
    index(app, str(tmp_path))
    backend.end(returncode=0, log="120 files, 1,500 chunks")
    app.run()
    assert f"{tmp_path}: indexed" in texts(app)
    assert [code.value for code in app.code] == ["120 files, 1,500 chunks"]
    assert not next(button for button in app.button if button.label == "Index").disabled
    press(app, "Dismiss")
    assert backend.runs == []
    assert not any("indexed" in text and str(tmp_path) in text for text in texts(app))


def test_a_run_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    backend = FakeBackend()
    app = open_repositories(backend)
    index(app, str(tmp_path))
    backend.end(returncode=2, log="error: disk full\nhint: make room")
    app.run()
    assert any("indexing failed with status 2" in text for text in texts(app))
    assert [code.value for code in app.code] == ["error: disk full\nhint: make room"]


def test_a_run_that_fails_without_a_word_announces_no_log(tmp_path: Path) -> None:
    backend = FakeBackend()
    app = open_repositories(backend)
    index(app, str(tmp_path))
    backend.end(returncode=-9)
    app.run()
    assert any("status -9 It wrote nothing; run index-repo" in text for text in texts(app))
    assert not app.code


def test_a_run_can_be_stopped(tmp_path: Path) -> None:
    backend = FakeBackend()
    app = open_repositories(backend)
    index(app, str(tmp_path))
    press(app, "Stop")
    app.run()
    assert any("stopped" in text for text in texts(app))
    assert not backend.runs[0].running


def test_a_repository_is_brought_up_to_date_from_its_card(tmp_path: Path) -> None:
    backend = FakeBackend(statuses=[status(repo=Repo(name="uploads", root=tmp_path))])
    app = open_repositories(backend)
    press(app, "Update")
    assert [run.path for run in backend.runs] == [tmp_path]


def test_a_repository_whose_folder_is_gone_cannot_be_updated(tmp_path: Path) -> None:
    backend = FakeBackend(statuses=[status(repo=Repo(name="uploads", root=tmp_path / "gone"))])
    app = open_repositories(backend)
    press(app, "Update")
    assert any("does not exist" in text for text in texts(app))


def test_removing_asks_first() -> None:
    backend = FakeBackend(statuses=[status("site"), status("uploads")])
    app = open_repositories(backend)
    app.button(key="remove-uploads").click().run()
    assert any("Remove uploads from the index?" in text for text in texts(app))
    assert len(backend.statuses) == 2
    press(app, "Keep")
    assert "Remove from the index" not in labels(app)
    app.button(key="remove-uploads").click().run()
    press(app, "Remove from the index")
    assert [one.repo.name for one in backend.statuses] == ["site"]
    assert "Remove from the index" not in labels(app)


def test_a_removal_that_fails_is_reported() -> None:
    class Busy(FakeBackend):
        def remove(self, name: str) -> None:
            raise error

    error: IndexerError = StoreBusyError("process 12 is writing the index", hint="wait for it")
    app = open_repositories(Busy())
    app.button(key="remove-uploads").click().run()
    press(app, "Remove from the index")
    assert "Process 12 is writing the index Wait for it" in texts(app)


def test_files_that_were_named_one_by_one_offer_no_update_of_their_folder() -> None:
    whole = status("site")
    named = replace(whole, repo=replace(whole.repo, name="notes", whole=False))
    app = open_repositories(FakeBackend(statuses=[named]))
    assert "Update" not in labels(app)
    assert "Remove" in labels(app)


def test_a_preview_forecasts_a_run_and_starts_it(tmp_path: Path) -> None:
    backend = FakeBackend(statuses=[])
    app = open_repositories(backend)
    app.text_input(key="index-path").set_value(str(tmp_path))
    press(app, "Preview")
    (shown,) = [text for text in texts(app) if "not started" in text]
    assert "Files 1,204, in about 9,800 chunks" in shown
    assert "Searchable by words after about 3.2 s" in shown
    assert "By meaning, after another about 4 min" in shown
    assert "Size on disk about 31 MB" in shown
    assert "3 paths would be left out: 1 binary, 1 minified, 1 ignored by git" in shown
    assert "<b>.min.js minified" in shown
    assert backend.runs == []
    press(app, "Index it")
    assert [run.path for run in backend.runs] == [tmp_path]
    assert "Index it" not in labels(app)


def test_a_preview_that_fails_says_why_and_can_be_closed() -> None:
    error = PathError("nothing to index in /srv/empty", hint="the folder is empty")
    app = open_repositories(FakeBackend(), FakeUpkeep(error=error))
    press(app, "Preview")
    assert "Nothing to index in /srv/empty The folder is empty" in texts(app)
    press(app, "Close")
    assert "Close" not in labels(app)


def test_a_run_tells_its_phase_its_pace_and_how_long_it_still_takes(tmp_path: Path) -> None:
    backend = FakeBackend(statuses=[])
    app = open_repositories(backend)
    index(app, str(tmp_path))
    told = Progress(repo="new", phase=Phase.ENCODING, done=400, total=1_000, chunks=400, rate=20.0, eta=30.0)
    backend.runs[0] = replace(backend.runs[0], progress=told)
    app.run()
    assert any("encoding: 400 of 1,000 passages, 20 a second, about 30 s left" in text for text in texts(app))


def test_a_stopped_run_is_continued(tmp_path: Path) -> None:
    backend = FakeBackend()
    app = open_repositories(backend)
    index(app, str(tmp_path))
    press(app, "Stop")
    app.run()
    press(app, "Continue")
    (run,) = backend.runs
    assert run.running
    assert run.path == tmp_path


def test_a_repository_with_work_left_offers_to_continue() -> None:
    app = open_repositories(FakeBackend(statuses=[status("site", pending=3), status("uploads", complete=False)]))
    assert "Update" not in labels(app)
    assert labels(app).count("Continue") == 2


def test_a_repository_is_compared_with_its_folder() -> None:
    site, uploads, gone = status("site"), status("uploads"), status("gone")
    fresh = {
        "site": Freshness(status=site, commit_on_disk="f" * 40, exists=True, drift=Drift(added=2, changed=1)),
        "uploads": Freshness(status=uploads, commit_on_disk=uploads.repo.commit, exists=True, drift=Drift()),
        "gone": Freshness(status=gone, commit_on_disk=None, exists=False, drift=Drift(removed=120)),
    }
    app = open_repositories(FakeBackend(statuses=[gone, site, uploads]), FakeUpkeep(fresh=fresh))
    gone_shown, site_shown, uploads_shown = [text for text in texts(app) if "main@01234567" in text]
    assert "indexed at commit 01234567, now at commit ffffffff; since indexed: 2 new, 1 changed" in site_shown
    assert uploads_shown.endswith("as on disk")
    assert "its folder is gone" in gone_shown
    assert "The index takes 31 MB on disk; 5.0 GB are free" in texts(app)


def test_what_was_compared_before_a_change_is_not_shown() -> None:
    site = status("site")
    fresh = {"site": Freshness(status=site, commit_on_disk="f" * 40, exists=True, drift=Drift(added=2))}
    app = open_repositories(FakeBackend(statuses=[replace(site, files=121)]), FakeUpkeep(fresh=fresh))
    assert not any("since indexed" in text for text in texts(app))


def test_an_address_is_cloned_and_tried_again_by_its_address() -> None:
    backend = FakeBackend()
    app = open_repositories(backend)
    index(app, "https://example.org/<owner>/name")
    assert "Cloning https://example.org/<owner>/name, without its history" in texts(app)
    backend.end(returncode=2, log="error: cannot be cloned")
    app.run()
    assert any(text.startswith("https://example.org/<owner>/name : indexing failed") for text in texts(app))
    press(app, "Try again")
    (run,) = backend.runs
    assert run.running
    assert run.address == "https://example.org/<owner>/name"


def test_removing_a_clone_says_that_its_files_go_too() -> None:
    app = open_repositories(FakeBackend(statuses=[status(repo=Repo(name="uploads", root=Path("/clones/uploads")))]))
    app.button(key="remove-uploads").click().run()
    assert any("so does the clone that was made for the index" in text for text in texts(app))


def test_each_file_is_told_when_asked_folded_by_folder() -> None:
    app = open_repositories(FakeBackend())
    assert not any("could not be read" in text for text in texts(app))
    press(app, "Files")
    (shown,) = [text for text in texts(app) if "could not be read" in text]
    assert shown.startswith(
        "1 file could not be read docs/ 1 <x>.pdf no PDF; open it 1 file new or changed src/ 1 new.py"
    )
    assert "indexed and gone" not in shown
    assert "3 paths left out: 1 binary, 1 minified, 1 ignored by git in the folder itself 1 logo.png binary" in shown
    assert shown.endswith("3 files indexed, 4 kB on disk in the folder itself 1 README.md src/ 2 a.py b.py")
    press(app, "Files")
    assert not any("could not be read" in text for text in texts(app))


def test_files_that_cannot_be_listed_are_reported() -> None:
    app = open_repositories(FakeBackend(), FakeUpkeep(error=StoreDamagedError("damaged", hint="index again")))
    press(app, "Files")
    assert "Damaged Index again" in texts(app)


def test_looking_again_asks_anew() -> None:
    upkeep = FakeUpkeep()
    app = open_repositories(FakeBackend(), upkeep)
    upkeep.fresh = {"uploads": Freshness(status=status(), commit_on_disk=None, exists=True, drift=Drift(added=7))}
    press(app, "Look again")
    assert any("7 new" in text for text in texts(app))
