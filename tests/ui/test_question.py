import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.question import MOST, PAGE, Qualifier, Question, Scope, from_params, to_params

LIKE = "0f0f0f0f-0000-4000-8000-0123456789ab"
TRACE = """Traceback (most recent call last):
  File "/srv/app/uploads.py", line 14, in send
    raise OSError("gave up")
OSError: gave up"""


@given(st.text().filter(str.strip), st.sampled_from(Scope), st.sampled_from(["", LIKE]), st.integers(PAGE, MOST))
def test_a_question_survives_the_address_bar(query: str, scope: Scope, like: str, shown: int) -> None:
    question = Question(query=query, scope=scope, like=like, shown=shown)
    assert from_params(to_params(question)) == question


def test_an_empty_question_leaves_the_address_bare() -> None:
    assert to_params(Question(query="  ")) == {}
    assert from_params({}) == Question()


def test_what_an_address_holds_beside_is_ignored() -> None:
    odd = {"q": ["first", "last"], "in": ["space"], "like": ["../etc/passwd"], "n": ["-5"], "utm_source": ["mail"]}
    assert from_params(odd) == Question(query="last")
    assert from_params({"n": ["99999"]}).shown == PAGE
    assert from_params({"n": ["999"]}).shown == MOST


def test_filters_of_earlier_addresses_are_written_into_the_query_once() -> None:
    read = from_params({"q": ["retry lang:py"], "lang": ["python", "go", ""], "repo": ["my notes"]})
    assert read.query == 'retry lang:py repo:"my notes" lang:go'


def test_a_filter_is_written_and_taken_away_again() -> None:
    question = Question(query="retry", shown=40)
    asked = question.toggled(Qualifier("", "lang", "go")).toggled(Qualifier("", "path", "my docs/**"))
    assert asked.query == 'retry lang:go path:"my docs/**"'
    assert asked.shown == PAGE
    assert asked.toggled(Qualifier("", "lang", "go")).query == 'retry path:"my docs/**"'
    assert asked.words == "retry"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("retry lang:py", "retry"),  # an alias
        ("retry lang:go,python,rust", "retry lang:go,rust"),
        ("lang:python retry -lang:python", "retry -lang:python"),  # what is excluded is another filter
        ('"say lang:python" lang:python', '"say lang:python"'),  # a phrase holds no filter
        ("retry", "retry"),
    ],
)
def test_one_value_is_taken_away_and_nothing_else(query: str, left: str) -> None:
    assert Question(query=query).without(Qualifier("", "lang", "python")).query == left


@given(st.text(alphabet='ab "/:,-lang', max_size=30))
def test_a_filter_that_was_written_is_there_and_gone_after_another_press(query: str) -> None:
    python = Qualifier("", "lang", "python")
    question = Question(query=query)
    once = question.toggled(python)
    if question.holds(python) or not once.holds(python):  # an open quote may swallow it
        return
    assert not once.toggled(python).holds(python)


def test_a_scope_narrows_without_touching_the_query() -> None:
    code, beside = Question(query="retry", scope=Scope.CODE).asked()
    assert code.startswith("retry -lang:")
    assert "markdown" in code
    assert "notebook" not in code  # is both
    assert not beside
    text, beside = Question(query="retry", scope=Scope.DOCUMENTS).asked()
    assert text == "retry"
    assert {"markdown", "pdf", "notebook"} <= {*beside["languages"]}
    assert "python" not in beside["languages"]
    assert Question(query="retry lang:rst", scope=Scope.DOCUMENTS).asked() == ("retry lang:rst", {})


def test_filters_behind_a_pasted_trace_are_given_beside_it() -> None:
    question = Question(query=TRACE).toggled(Qualifier("", "lang", "python")).toggled(Qualifier("", "path", "src/**"))
    assert question.asked() == (TRACE, {"languages": ["python"], "paths": ["src/**"]})
