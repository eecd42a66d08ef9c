from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from indexer.doctor import Check
from indexer.errors import IndexerError, StoreMissingError
from indexer.types import Timings
from tests.ui.fake_backend import FakeBackend
from tests.ui.fake_upkeep import FakeUpkeep
from tests.ui.pages_under_test import open_page, texts
from ui import timings


@pytest.fixture(autouse=True)
def no_searches() -> Iterator[None]:
    timings.forget()
    yield
    timings.forget()


def open_status(upkeep: FakeUpkeep) -> AppTest:
    return open_page(FakeBackend(), upkeep, page="views/status.py")


def test_it_tells_what_answers_here() -> None:
    shown = texts(open_status(FakeUpkeep()))
    assert "Model model gte-mini runtime CTranslate2, 8 bit device cpu" in shown
    assert "Index store local size on disk 31 MB size of database 20 MB chunks 9,800" in shown
    assert "This machine python 3.11.9 gte-search 0.1" in shown


def test_searches_are_split_into_their_parts_the_newest_first() -> None:
    for rank in (1.0, 2.0, 6.0):
        timings.note(Timings(encode=5.0, search=4.0, rank=rank))
    (shown,) = [text for text in texts(open_status(FakeUpkeep())) if text.startswith("ms encode")]
    assert shown.startswith("ms encode search rank in all median 5.0 4.0 2.0 11.0 slowest 5.0 4.0 6.0 15.0")
    assert "latest 5.0 4.0 6.0 15.0 1 ago 5.0 4.0 2.0 11.0" in shown


def test_before_any_search_it_says_so() -> None:
    assert any("No search was made" in text for text in texts(open_status(FakeUpkeep())))


def test_checks_run_when_asked_and_name_what_mends() -> None:
    found = [
        Check(name="git", ok=True, detail="/usr/bin/git"),
        Check(name="site", ok=False, detail="changed since: <2> new", fix="index-repo /srv/site"),
        Check(name="model", ok=False, detail="not there", fix="name another with `--model`, or wait"),
    ]
    app = open_status(FakeUpkeep(found=found))
    assert not any("/usr/bin/git" in text for text in texts(app))
    app.button(key="check").click().run()
    (shown,) = [text for text in texts(app) if "/usr/bin/git" in text]
    assert shown.startswith("2 checks of 3 found something.")
    assert "✗ site : changed since: <2> new To mend it: index-repo /srv/site" in shown
    (markup,) = [str(piece.value) for piece in app.html if "/usr/bin/git" in str(piece.value)]
    assert "<code>index-repo /srv/site</code>" in markup
    assert "name another with <code>--model</code>, or wait" in markup


def test_all_well_is_said() -> None:
    app = open_status(FakeUpkeep(found=[Check(name="git", ok=True, detail="/usr/bin/git")]))
    app.button(key="check").click().run()
    assert any(text.startswith("All is well.") for text in texts(app))


def test_without_an_index_the_checks_can_still_be_run() -> None:
    app = open_status(FakeUpkeep(error=StoreMissingError("there is no index", hint="make one")))
    assert any(text.startswith("Nothing is indexed yet") for text in texts(app))
    assert app.button(key="check")


def test_what_fails_is_told() -> None:
    app = open_status(FakeUpkeep(error=IndexerError("there is no answer", hint="run it in a terminal")))
    app.button(key="check").click().run()
    assert texts(app).count("There is no answer Run it in a terminal") == 2
