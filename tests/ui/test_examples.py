from embedder.errors import ModelNotFoundError
from indexer.types import Hit, Kind
from tests.ui.fake_backend import FakeBackend, hit
from ui.examples import examples


def section(title: str) -> Hit:
    return hit(f"{title}.md", kind=Kind.SECTION, language="markdown", symbol=None, title=title)


def test_names_questions_and_headings_are_of_the_index() -> None:
    hits = [
        hit("tests/test_a.py", symbol="test_that_it_works"),
        hit("src/a.py", symbol="Queue.send_all"),
        hit("src/b.py", symbol="parseHTTPHeader"),
        hit("src/c.py", symbol="open_page"),
        hit("src/d.py", symbol="run"),
        section("Guide > Getting started"),
        section("Intro"),
    ]
    assert examples(FakeBackend(hits=hits)) == [
        "Queue.send_all",
        "parseHTTPHeader",
        "open page",
        "test that it works",
        "Getting started",
    ]


def test_an_index_without_any_of_it_has_none() -> None:
    assert examples(FakeBackend()) == []
    assert examples(FakeBackend(hits=[hit()], search_error=ModelNotFoundError("no model", hint="get one"))) == []
