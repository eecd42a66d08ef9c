import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import QueryError
from indexer.query import LONGEST, LONGEST_MEANING, MOST_TOKENS, Intent, parse
from indexer.types import Filter, Kind, Terms


def test_operators_become_filters_and_leave_the_question() -> None:
    query = parse('where lang:py -path:tests/** kind:function repo:"my repo" are retries symbol:Session::send')
    assert query.text == "where are retries"
    assert query.where.only == Terms(
        repos=("my repo",), languages=("python",), kinds=(Kind.FUNCTION,), symbols=("Session.send",)
    )
    assert query.where.without == Terms(paths=("tests/**",))


def test_values_with_commas_are_alternatives() -> None:
    assert parse("x lang:python,go").where.only.languages == ("python", "go")


def test_given_filters_are_joined_to_those_in_the_text() -> None:
    where = Filter(only=Terms(languages=("python",)))
    assert parse("x lang:go", where=where).where.only.languages == ("python", "go")


def test_an_operator_without_a_value_is_part_of_the_question() -> None:
    assert parse("raise path: missing").text == "raise path: missing"


def test_a_url_or_a_scoped_name_is_no_operator() -> None:
    query = parse("https://example.org std::vector")
    assert not query.where
    assert "std.vector" in query.symbols


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("where are redirects followed", Intent.MEANING),
        ("resolve_redirects", Intent.SYMBOL),
        ("Session.resolve_redirects", Intent.SYMBOL),
        ("Session::send()", Intent.SYMBOL),
        ("src/requests/sessions.py", Intent.PATH),
        ("sessions.py", Intent.PATH),
        ("./src/sessions.py:300", Intent.PATH),
        ("args.go:12-40", Intent.PATH),
        ("???", Intent.MEANING),
    ],
)
def test_what_kind_of_query_it_is(text: str, intent: Intent) -> None:
    assert parse(text).intent is intent


def test_names_of_a_long_question_are_only_those_written_like_code() -> None:
    assert parse("why does Session.send call resolve_redirects twice").symbols == (
        "Session.send",
        "resolve_redirects",
        "send",
    )
    assert parse("redirects").symbols == ("redirects",)


def test_stop_words_go_unless_nothing_else_is_there() -> None:
    assert parse("where is the parser").tokens == ("parser",)
    assert parse("to be or not to be").tokens != ()


def test_a_filter_by_symbol_alone_is_a_question_for_it() -> None:
    assert parse("symbol:Session.send").text == "Session.send"


@pytest.mark.parametrize("text", ["", "   \n", "lang:python"])
def test_a_query_without_a_question_is_an_error_with_an_example(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert "such as" in caught.value.hint


@pytest.mark.parametrize("text", ["x lang:klingon", "x kind:thing"])
def test_a_value_that_does_not_exist_is_named(text: str) -> None:
    with pytest.raises(QueryError, match=text.split(":")[1]):
        parse(text)


def test_a_query_beyond_the_limit_is_an_error_and_one_at_it_is_cut_for_the_engines() -> None:
    with pytest.raises(QueryError, match="characters long"):
        parse("x" * (LONGEST + 1))
    query = parse(" ".join(f"word{number}" for number in range(LONGEST // 10)))
    assert len(query.tokens) == MOST_TOKENS
    assert len(query.text) == LONGEST_MEANING


@given(st.text(min_size=1, max_size=200))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    assert query.text
    assert len(set(query.tokens)) == len(query.tokens)
