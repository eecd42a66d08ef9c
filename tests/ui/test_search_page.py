import re
import time
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
from ui.question import Scope

BEYOND = 30  # hits that are asked for beyond those shown, to be folded


def id_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


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


def test_a_press_on_a_facet_writes_the_filter_into_the_query_and_another_takes_it_away() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry", lang="python")
    app.button(key="facet-lang:typescript").click().run()
    assert app.text_input(key="query").value == "retry lang:python lang:typescript"
    assert app.query_params == {"q": "retry lang:python lang:typescript"}
    assert cards(app) == ["src/retry.py:12-20", "web/retry.ts:12-20"]
    app.button(key="facet-lang:python").click().run()
    assert app.query_params == {"q": "retry lang:typescript"}
    assert cards(app) == ["web/retry.ts:12-20"]


def test_the_scope_goes_into_the_address_and_narrows_the_results() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry")
    app.segmented_control(key="scope").set_value(Scope.DOCUMENTS).run()
    assert app.query_params == {"q": "retry", "in": "documents"}
    assert cards(app) == ["docs/retry.md:12-20"]
    app.segmented_control(key="scope").set_value(Scope.CODE).run()
    assert app.query_params == {"q": "retry", "in": "code"}
    assert cards(app) == ["src/retry.py:12-20", "web/retry.ts:12-20"]


def test_an_address_opens_as_it_was_shared() -> None:
    backend = FakeBackend(hits=MIXED, statuses=TWO)
    app = open_page(backend, q="retry repo:site lang:typescript kind:function", **{"in": "code", "n": "20"})
    assert app.text_input(key="query").value == "retry repo:site lang:typescript kind:function"
    assert app.segmented_control(key="scope").value == Scope.CODE
    assert cards(app) == ["web/retry.ts:12-20"]
    assert backend.asked[-1]["limit"] == 20 + BEYOND


def test_an_address_of_an_earlier_version_has_its_filters_written_into_the_query() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry", repo="site", lang=["ts", "python"])
    assert app.text_input(key="query").value == "retry repo:site lang:ts lang:python"
    assert app.query_params == {"q": "retry repo:site lang:ts lang:python"}
    assert cards(app) == ["web/retry.ts:12-20"]


def test_going_back_in_the_browser_asks_the_earlier_question() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry")
    app.text_input(key="query").set_value("retry lang:typescript").run()
    assert cards(app) == ["web/retry.ts:12-20"]
    app.query_params.clear()
    app.query_params["q"] = "retry"
    app.run()
    assert app.text_input(key="query").value == "retry"
    assert len(cards(app)) == 3


def test_a_change_wins_over_an_address_that_lags_behind() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO))
    app.text_input(key="query").set_value("retry").run()
    app.query_params.clear()  # the browser asks with the address it had before
    app.segmented_control(key="scope").set_value(Scope.DOCUMENTS).run()
    assert cards(app) == ["docs/retry.md:12-20"]
    assert app.query_params == {"q": "retry", "in": "documents"}


def test_a_filter_value_that_nothing_has_is_kept_and_shown() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry lang:cobol")
    assert app.button(key="facet-lang:cobol").label == "cobol"
    assert cards(app) == []


def test_facets_tell_how_much_they_leave() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry")
    labels = [button.label for button in app.sidebar.button]
    assert labels == ["function :gray[100]", "method :gray[23]"]  # of one language and one repository: no choice
    more = open_page(FakeBackend(hits=MIXED, changes={"total_is_exact": False}), q="retry")
    assert more.sidebar.button[0].label == "function :gray[100+]"


def test_a_folder_is_narrowed_to_by_a_glob() -> None:
    facets = {"folders": {"src": 4, "web": 2, ".": 1}}
    app = open_page(FakeBackend(hits=MIXED, changes={"facets": facets}), q="retry")
    assert [button.label for button in app.sidebar.button] == ["src :gray[4]", "web :gray[2]"]
    app.button(key="facet-path:src/**").click().run()
    assert app.text_input(key="query").value == "retry path:src/**"
    assert cards(app) == ["src/retry.py:12-20"]


def test_hits_of_one_file_are_folded_under_the_best() -> None:
    same = [hit("src/retry.py", start=start, end=start + 8, id=id_of(start)) for start in (12, 40, 60)]
    app = open_page(FakeBackend(hits=[same[0], MIXED[1], *same[1:]]), q="retry")
    assert cards(app) == ["src/retry.py:12-20", "web/retry.ts:12-20"]
    app.button(key=f"others-{same[0].id}").click().run()
    assert cards(app) == ["src/retry.py:12-20", "src/retry.py:40-48", "src/retry.py:60-68", "web/retry.ts:12-20"]
    assert app.button(key=f"others-{same[0].id}").label == "Hide 2 more in this file"
    app.button(key=f"others-{same[0].id}").click().run()
    assert len(cards(app)) == 2


def test_lines_around_a_hit_are_shown_more_at_each_press() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry")
    assert not any("line 2" in text for text in texts(app))
    app.button(key=f"around-{MIXED[0].id}").click().run()
    shown = next(text for text in texts(app) if "line 2" in text)
    assert "line 30" in shown
    assert "line 31" not in shown
    app.button(key=f"around-{MIXED[0].id}").click().run()
    assert any("line 40" in text for text in texts(app))
    app.button(key=f"less-{MIXED[0].id}").click().run()
    assert not any("line 2" in text for text in texts(app))


def test_lines_around_what_was_indexed_anew_are_told_to_be_gone() -> None:
    backend = FakeBackend(hits=MIXED)
    app = open_page(backend, q="retry")
    backend.forgotten = True
    app.button(key=f"around-{MIXED[0].id}").click().run()
    assert "This was indexed anew meanwhile Search again" in texts(app)
    assert len(cards(app)) == 3


def test_similar_shows_the_relatives_of_a_hit_and_goes_back() -> None:
    backend = FakeBackend(hits=MIXED, copies=[hit("lib/copy.py")])
    app = open_page(backend, q="retry")
    app.button(key=f"similar-{MIXED[0].id}").click().run()
    assert app.query_params == {"q": "retry", "like": MIXED[0].id}
    assert cards(app) == ["lib/copy.py:12-20", "web/retry.ts:12-20", "docs/retry.md:12-20"]
    assert any(text.startswith("Similar to retry uploads") for text in texts(app))
    assert "The same elsewhere: 1 copy" in texts(app)
    app.segmented_control(key="scope").set_value(Scope.ALL).run()
    app.button(key="back").click().run()
    assert app.query_params == {"q": "retry"}
    assert len(cards(app)) == 3


def test_a_shared_address_of_relatives_opens_and_keeps_to_its_scope() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), like=MIXED[0].id, **{"in": "documents"})
    assert cards(app) == ["docs/retry.md:12-20"]
    gone = open_page(FakeBackend(hits=MIXED), like=id_of(99))
    assert any("There is no chunk" in text for text in texts(gone))
    odd = open_page(FakeBackend(hits=MIXED), like="/etc/passwd")  # no id of a hit
    assert odd.query_params == {}


def test_typing_a_new_query_leaves_the_relatives() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry", like=MIXED[0].id)
    app.text_input(key="query").set_value("again").run()
    assert app.query_params == {"q": "again"}
    assert len(cards(app)) == 3


def test_each_hit_says_how_well_it_matches() -> None:
    weak = hit("a.py", score=0.3, why={"meaning": 0.3})
    app = open_page(FakeBackend(hits=[MIXED[0], weak]), q="retry the call")
    assert [strength for text in texts(app) for strength in re.findall(r"(\w+ match) why", text)] == [
        "Good match",
        "Weak match",
    ]


def test_the_hits_are_there_as_files() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="retry")
    offered = [button.label for button in app.get("download_button")]  # type: ignore[union-attr]  # none is a block
    assert offered == ["JSON", "CSV", "Markdown"]
    assert not open_page(FakeBackend(), q="retry").get("download_button")


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


def test_ten_thousand_hits_are_shown_as_far_as_anybody_reads() -> None:
    backend = FakeBackend(hits=[hit(f"src/{number}.py", text="x") for number in range(10_000)])
    app = open_page(backend, q="retry")
    assert len(cards(app)) == 10
    assert any(text.startswith("10,000 results") for text in texts(app))
    app = open_page(backend, q="retry", n="200")
    assert len(cards(app)) == 200
    assert "more" not in [button.key for button in app.button]


def test_more_results_come_below_those_that_are_there(index: Index, tree: Path) -> None:
    for number in range(30):
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
    app = open_page(FakeBackend())
    assert "1 repository, 120 files, 1,500 chunks to search" in texts(app)
    assert any("lang:python kind:function retry" in text for text in texts(app))


def test_before_a_query_there_are_examples_from_the_index() -> None:
    sent = hit("src/send.py", symbol="Queue.send_all_messages")
    app = open_page(FakeBackend(hits=[*MIXED, sent, hit("src/a.py", symbol="HTTPServer.openPage")]))
    offered = [button for button in app.button if str(button.key).startswith("example-")]
    assert [button.label for button in offered] == [r"retry", r"Queue\.send\_all\_messages", "open page"]
    offered[1].click().run()
    assert app.query_params == {"q": "Queue.send_all_messages"}


def test_an_index_that_cannot_be_searched_offers_no_examples() -> None:
    app = open_page(FakeBackend(hits=MIXED, search_error=ModelNotFoundError("no model", hint="get one")))
    assert "1 repository, 120 files, 1,500 chunks to search" in texts(app)


def test_white_space_is_no_query() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="   ")
    assert cards(app) == []


def test_a_filter_alone_is_no_query_and_says_what_is_missing() -> None:
    app = open_page(FakeBackend(hits=MIXED), q="lang:python")
    assert any(text.startswith("The query holds only filters") for text in texts(app))


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


def test_without_hits_the_filters_that_are_to_blame_can_be_dropped() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry lang:python repo:uploads path:*.rs")
    assert any(text.startswith("Nothing matches") for text in texts(app))
    drops = [button for button in app.button if str(button.key).startswith("drop-")]
    assert [button.label for button in drops] == [r"all filters :gray[3 results]", r"path\:\*\.rs :gray[1 result]"]
    drops[1].click().run()
    assert app.query_params == {"q": "retry lang:python repo:uploads"}
    assert cards(app) == ["src/retry.py:12-20"]


def test_without_hits_a_scope_can_be_dropped() -> None:
    app = open_page(FakeBackend(hits=MIXED[:2], statuses=TWO), q="retry", **{"in": "documents"})
    app.button(key="drop-only documents").click().run()
    assert app.query_params == {"q": "retry"}
    assert len(cards(app)) == 2


def test_without_hits_and_no_filter_to_blame_it_says_so() -> None:
    app = open_page(FakeBackend(), q="retry lang:python")
    assert "There is nothing without the filters either." in texts(app)


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


def test_what_is_still_being_indexed_is_announced_until_it_is_done() -> None:
    half = status(files=60, expected_files=120, chunks=1_000, pending=580)
    backend = FakeBackend(hits=MIXED, statuses=[half], changes={"pending_vectors": 580})
    app = open_page(backend, q="retry")
    assert "Still indexing: text 50 %, meaning 42 %" in texts(app)
    app.session_state["pace"].readings.appendleft((time.monotonic() - 60, 1_160))
    app.run()
    assert "Still indexing: text 50 %, meaning 42 %, about 1 min left" in texts(app)
    backend.statuses = [status()]
    app.run()
    assert not any("Still indexing" in text for text in texts(app))


def test_the_question_is_still_there_after_a_visit_to_another_page() -> None:
    app = open_page(FakeBackend(hits=MIXED, statuses=TWO), q="retry lang:typescript", **{"in": "code"})
    app.query_params.clear()  # as the navigation does
    app.switch_page("views/repositories.py").run()
    app.switch_page("views/search.py").run()
    assert not app.exception
    assert app.text_input(key="query").value == "retry lang:typescript"
    assert app.segmented_control(key="scope").value == Scope.CODE
    assert cards(app) == ["web/retry.ts:12-20"]
