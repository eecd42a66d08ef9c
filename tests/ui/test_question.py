import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.question import Question, from_params, split_globs, to_params

WORDS = st.text(min_size=1, max_size=8)
VALUES = st.lists(WORDS, unique=True, max_size=3).map(tuple)


@given(st.text().filter(str.strip), VALUES, VALUES, VALUES, VALUES)
def test_a_question_survives_the_address_bar(
    query: str, repos: tuple[str, ...], languages: tuple[str, ...], kinds: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    question = Question(query=query, repos=repos, languages=languages, kinds=kinds, paths=paths)
    assert from_params(to_params(question)) == question


def test_an_empty_question_leaves_the_address_bare() -> None:
    assert to_params(Question(query="  ")) == {}
    assert from_params({}) == Question()


def test_unknown_parameters_and_repeated_values_are_ignored() -> None:
    read = from_params({"q": ["first", "last"], "lang": ["go", "go", ""], "utm_source": ["mail"]})
    assert read == Question(query="last", languages=("go",))


def test_dropping_one_value_keeps_the_others() -> None:
    question = Question(query="retry", languages=("go", "python"), paths=("src/**",))
    assert question.without("languages", "go") == Question(query="retry", languages=("python",), paths=("src/**",))
    assert question.filters == [("languages", "go"), ("languages", "python"), ("paths", "src/**")]


@pytest.mark.parametrize(
    ("typed", "globs"),
    [("", ()), ("src/**", ("src/**",)), (" src/** , *.md,, ", ("src/**", "*.md")), ("a b", ("a b",))],
)
def test_globs_are_separated_by_commas(typed: str, globs: tuple[str, ...]) -> None:
    assert split_globs(typed) == globs
