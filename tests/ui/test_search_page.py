from pathlib import Path

from embedder.errors import ModelNotFoundError
from indexer import Index
from indexer.errors import QueryError, StoreDamagedError, StoreMissingError
from indexer.jobs import Jobs
from indexer.query import parse
from indexer.types import Kind
from tests.ui.fake_backend import FakeBackend, hit, status
from tests.ui.pages_under_test import cards, open_page, texts
from ui.backend import LocalBackend

MANY = [hit(f"src/file{number:02}.py") for number in range(35)]
MIXED = [
    hit("src/retry.py"),
    hit("web/retry.ts", language="typescript", repo="site"),
    hit("docs/retry.md", language="markdown", kind=Kind.SECTION, symbol=None, title="Retry"),
]
TWO = [status("uploads"), status("site", languages={"typescript": 9})]


def test_typing_a_query_shows_its_hits_in_order() -> None:
    app = open_page(FakeBackend(hits=MIXED))
    app.text_input(key="query").set_value("retry").run()
    assert not app.exception
    assert cards(app) == ["src/retry.py:12-20", "web/retry.ts:12-20", "docs/retry.md:12-20"]
    assert any(text.startswith("3 results in 14 ms") for text in texts(app))


def test_query_and_filters_go_into_the_address() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO))
    app.text_input(key="query").set_value("retry").run()
    app.multiselect(key="languages").select("typescript").run()
    app.text_input(key="path").set_value("web/*, *.md").run()
    assert app.query_params == {"q": "retry", "lang": "typescript", "path": ["web/*", "*.md"]}
    assert cards(app) == ["web/retry.ts:12-20"]


def test_an_address_opens_as_it_was_shared() -> None:
    backend = FakeBackend(hits=MIXED, statuses=TWO)
    app = open_page(backend, q="retry", repo="site", lang=["typescript", "python"], kind="function", path="web/*")
    assert app.text_input(key="query").value == "retry"
    assert app.multiselect(key="repos").value == ["site"]
    assert app.multiselect(key="languages").value == ["typescript", "python"]
    assert app.multiselect(key="kinds").value == ["function"]
    assert app.text_input(key="path").value == "web/*"
    assert cards(app) == ["web/retry.ts:12-20"]
    assert backend.asked[-1] == {
        "query": "retry",
        "repos": ("site",),
        "languages": ("typescript", "python"),
        "kinds": ("function",),
        "paths": ("web/*",),
        "limit": 10,
    }


def test_going_back_in_the_browser_asks_the_earlier_question() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry")
    app.multiselect(key="languages").select("typescript").run()
    assert cards(app) == ["web/retry.ts:12-20"]
    app.query_params.clear()
    app.query_params["q"] = "retry"
    app.run()
    assert app.multiselect(key="languages").value == []
    assert len(cards(app)) == 3


def test_a_change_wins_over_an_address_that_lags_behind() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO))
    app.text_input(key="query").set_value("retry").run()
    app.query_params.clear()  # the browser asks with the address it had before
    app.multiselect(key="languages").select("typescript").run()
    assert cards(app) == ["web/retry.ts:12-20"]
    assert app.query_params == {"q": "retry", "lang": "typescript"}


def test_a_filter_value_that_nobody_knows_is_kept_and_shown() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry", lang="cobol")
    assert app.multiselect(key="languages").value == ["cobol"]
    assert cards(app) == []


def test_filters_tell_how_much_they_leave() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry")
    assert app.multiselect(key="languages").options == ["python (123)", "markdown"]
    assert app.multiselect(key="kinds").options[:3] == ["function (100)", "method (23)", "class"]


def test_filters_stay_chosen_when_their_counts_change() -> None:
    backend = FakeBackend(hits=MIXED)
    app = open_page(backend, q="retry")
    app.multiselect(key="languages").select("python").run()
    backend.changes = {"facets": {"languages": {"python": 7}}}
    app.text_input(key="query").set_value("again").run()
    assert app.multiselect(key="languages").value == ["python"]
    assert "python (7)" in app.multiselect(key="languages").options


def test_more_results_come_when_asked_for_and_a_new_query_starts_again() -> None:
    app = open_page(FakeBackend(hits=MANY), q="retry")
    assert len(cards(app)) == 10
    app.button(key="more").click().run()
    app.button(key="more").click().run()
    assert len(cards(app)) == 30
    app.button(key="more").click().run()
    assert len(cards(app)) == 35
    assert "more" not in [button.key for button in app.button]
    app.text_input(key="query").set_value("other").run()
    assert len(cards(app)) == 10


def test_more_results_come_below_those_that_are_there(index: Index, tree: Path) -> None:
    for number in range(20):
        text = "".join(f"def retry_{number}_{part}():\n    return upload({part})\n\n\n" for part in range(3))
        (tree / f"src/part{number}.py").write_text(text, "utf-8")
    index.sync([tree])
    app = open_page(LocalBackend(lambda: index, jobs=Jobs(tree.parent / "index")), q="retry upload")
    before = cards(app)
    assert len(before) == 10
    for count in (20, 30):
        app.button(key="more").click().run()
        assert len(cards(app)) == count
        assert cards(app)[: len(before)] == before
        before = cards(app)


def test_before_a_query_the_page_says_what_it_holds_and_how_to_ask() -> None:
    backend = FakeBackend()
    app = open_page(backend)
    assert "1 repository, 120 files, 1,500 chunks to search" in texts(app)
    assert any("lang:python kind:function retry" in text for text in texts(app))
    assert backend.asked == []


def test_white_space_is_no_query() -> None:
    backend = FakeBackend()
    open_page(backend, q="   ")
    assert backend.asked == []


def test_recent_queries_are_offered_again() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry *all*")
    app.text_input(key="query").set_value("upload").run()
    app.text_input(key="query").set_value("").run()
    recent = [button for button in app.button if str(button.key).startswith("recent-")]
    assert [button.label for button in recent] == ["upload", r"retry \*all\*"]
    recent[1].click().run()
    assert app.text_input(key="query").value == "retry *all*"
    assert app.query_params == {"q": "retry *all*"}


def test_without_an_index_the_page_says_how_to_make_one() -> None:
    missing = FakeBackend(repos_error=StoreMissingError("there is no index", hint="make one"))
    for backend in (missing, FakeBackend(statuses=[])):
        app = open_page(backend, q="retry")
        assert any("Nothing is indexed yet" in text and "index-repo PATH" in text for text in texts(app))
        assert [link.label for link in app.page_link] == ["Open Repositories"]


def test_an_index_that_does_not_open_is_reported_with_what_to_do() -> None:
    app = open_page(FakeBackend(repos_error=StoreDamagedError("the index is damaged", hint="index again")))
    assert "The index is damaged Index again" in texts(app)


def test_a_query_that_fails_is_reported_and_the_next_one_works() -> None:
    for error in (
        QueryError("no such kind: noun", hint="kinds are: class"),
        ModelNotFoundError("no model", hint="get one"),
    ):
        backend = FakeBackend(hits=MIXED, search_error=error)
        app = open_page(backend, q="kind:noun retry")
        assert any(str(error)[1:] in text and error.hint[1:] in text for text in texts(app))
        backend.search_error = None
        app.text_input(key="query").set_value("retry").run()
        assert len(cards(app)) == 3


def test_without_hits_each_filter_can_be_dropped() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry", lang="python", repo="site", path="*.rs")
    assert any(text.startswith("Nothing matches") for text in texts(app))
    drops = [button for button in app.button if str(button.key).startswith("drop-")]
    assert [button.label for button in drops] == [r"repo\: site", r"lang\: python", r"path\: \*\.rs"]
    drops[2].click().run()
    assert app.query_params == {"q": "retry", "repo": "site", "lang": "python"}
    app.button(key="clear").click().run()
    assert app.query_params == {"q": "retry"}
    assert len(cards(app)) == 3


def test_without_hits_the_notice_of_the_search_says_what_to_try() -> None:
    app = open_page(FakeBackend(), q="retry")
    assert any("try other words" in text for text in texts(app))


def test_what_the_search_wants_known_is_shown() -> None:
    app = open_page(FakeBackend(hits=MIXED, changes={"notice": "no vectors yet: found by words only"}), q="retry")
    assert "No vectors yet: found by words only" in texts(app)


def test_a_corrected_name_is_told_beside_the_notice() -> None:
    corrected = parse("retyr").with_spelling({"retyr": ("retry",)}).understood()
    changes = {"understood": corrected, "notice": "no vectors yet: found by words only"}
    shown = texts(open_page(FakeBackend(hits=MIXED, changes=changes), q="retyr"))
    assert "No vectors yet: found by words only" in shown
    assert "Looked for retry instead of retyr" in shown


def test_doubtful_results_are_called_so() -> None:
    app = open_page(FakeBackend(hits=MIXED, changes={"confident": False}), q="retry")
    assert "No strong match; these are the nearest" in texts(app)
    assert len(cards(app)) == 3


def test_vectors_that_are_missing_are_announced() -> None:
    half = status(files=60, expected_files=120, chunks=1_000, pending=580)
    app = open_page(FakeBackend(hits=MIXED, statuses=[half], changes={"pending_vectors": 580}), q="retry")
    assert "Still indexing: text 50 %, meaning 42 %" in texts(app)


def test_the_question_is_still_there_after_a_visit_to_another_page() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry", lang="typescript")
    app.query_params.clear()  # as the navigation does
    app.switch_page("pages/repositories.py").run()
    app.switch_page("pages/search.py").run()
    assert not app.exception
    assert app.text_input(key="query").value == "retry"
    assert app.multiselect(key="languages").value == ["typescript"]
    assert cards(app) == ["web/retry.ts:12-20"]
