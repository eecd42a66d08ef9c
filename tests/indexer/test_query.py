import contextlib
import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import QueryError
from indexer.query import LONGEST, LONGEST_MEANING, MOST_TOKENS, Intent, parse
from indexer.types import Filter, Kind, Reading, Terms


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
        ("indexer/store", Intent.PATH),
        ("/usr/lib/python", Intent.PATH),
        ('"Session.send"', Intent.SYMBOL),
        ('"max retries"', Intent.EXACT),
        ("/retry/", Intent.EXACT),
        ("KeyError: 'host'", Intent.ERROR),
        ("error: no such file", Intent.ERROR),
        ("how is KeyError: raised", Intent.MEANING),
        ("note: foo", Intent.MEANING),
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


def test_stop_words_stay_in_identifiers_and_where_they_are_the_question() -> None:
    assert parse("where is is_valid set").tokens == ("is", "valid", "isvalid", "set")
    assert parse("where").symbols == ("where",)
    assert parse("Builder.where").symbols == ("Builder.where", "where")
    assert parse("Where, then?").tokens == ("where", "then")


def test_camel_case_and_snake_case_of_a_name_are_the_same_words() -> None:
    assert parse("resolveRedirects").tokens == parse("resolve_redirects").tokens
    assert set(parse("resolve_redirects").tokens) < set(parse("Session.resolve_redirects").tokens)


@pytest.mark.parametrize(
    ("text", "path", "named"),
    [
        ("indexer/store", "indexer/store/local.py", True),
        ("store/local", "indexer/store/local.py", True),
        ("Store/Local.py", "indexer/store/local.py", True),
        ("./store/local.py", "indexer/store/local.py", True),
        ("/home/me/project/indexer/store/local.py", "indexer/store/local.py", True),
        ("sessions.py", "src/sessions.py", True),
        ("tore/local", "indexer/store/local.py", False),
        ("store/loc", "indexer/store/local.py", False),
        ("sessions.py", "src/my_sessions.py", False),
        ("where is it", "where/is/it.py", False),
    ],
)
def test_a_part_of_a_path_names_what_is_there(text: str, path: str, named: bool) -> None:
    assert parse(text).names(PurePosixPath(path)) is named


@pytest.mark.parametrize(
    ("text", "patterns", "question"),
    [
        ('"max retries" pool', ['"max retries"'], "max retries pool"),
        ('"a b" "c d"', ['"a b"', '"c d"'], "a b c d"),
        ('retry -"give up"', ['-"give up"'], "retry"),
        (r'"say \"hi\"" now', ['"say "hi""'], 'say "hi" now'),
        (r"/def \w+_all\(/ files", [r"/def \w+_all\(/"], "def _all( files"),
        ("/[/]x/i retry", ["/[/]x/"], "x retry"),
        ("/foo/ -/bar/", ["/foo/", "-/bar/"], "foo"),
        (r"/\d+\W/", [r"/\d+\W/"], r"/\d+\W/"),
        ('"lang:go is text" in', ['"lang:go is text"'], "lang:go is text in"),
        # no patterns: inside of words, unclosed, blank, paths, the quotes of a message
        ('f("a b")', [], 'f("a b")'),
        ('say "hi', [], 'say "hi'),
        ('x "" "  "', [], 'x "" " "'),
        ("/usr/lib/ and / or /", [], "/usr/lib/ and / or /"),
        ('KeyError: "no host" given', [], 'KeyError: "no host" given'),
    ],
)
def test_quotes_and_slashes_ask_for_exact_text(text: str, patterns: list[str], question: str) -> None:
    query = parse(text)
    assert [f"{'-' * one.excluded}{one.source}" for one in query.patterns] == patterns
    assert query.text == question


def test_a_malformed_expression_is_an_error() -> None:
    with pytest.raises(QueryError, match="no regular expression"):
        parse("find /a(b/")


@pytest.mark.parametrize(
    "text",
    [
        "std::vector",
        "http://example.org",
        "note: foo",
        "x:y",
        "Lang:python",
        "lang: python",
        "file:///a",
        "mypath:x",
        "--lang:go",
    ],
)
def test_text_that_looks_like_an_operator_stays_text(text: str) -> None:
    query = parse(text)
    assert not query.where
    assert query.text == text


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ('x lang:"c++"', Terms(languages=("cpp",))),
        ('x path:"my docs/*.md"', Terms(paths=("my docs/*.md",))),
        ('x repo:""', Terms()),
        ('x symbol:"operator new"', Terms(symbols=("operator new",))),
        ("x path:./src kind:method,class", Terms(paths=("src",), kinds=(Kind.METHOD, Kind.CLASS))),
    ],
)
def test_values_may_be_quoted(text: str, only: Terms) -> None:
    assert parse(text).where.only == only


TRACE = """Traceback (most recent call last):
  File "/srv/app/main.py", line 3, in run
    send("lang:python", "a b")  # kind:thing
  File "/srv/app/upload.py", line 16, in Uploader.send
    raise TimeoutError(path)
app.errors.UploadTimeout: gave up after 0x7f3a at 2024-01-02 03:04:05
app.errors.UploadError: "no host" for 123456789
"""


def test_nothing_in_a_pasted_trace_restricts_and_its_noise_drowns_nothing() -> None:
    query = parse(TRACE)
    assert (query.intent, query.where, query.patterns) == (Intent.ERROR, Filter(), ())
    assert query.error == 'app.errors.UploadError: "no host" for'
    assert [(frame.path, frame.line) for frame in query.frames] == [("/srv/app/upload.py", 16), ("/srv/app/main.py", 3)]
    assert query.text == 'app.errors.UploadError: "no host" for send run'
    assert query.symbols == ("Uploader.send", "app.errors.UploadError", "UploadError")


def test_filters_beside_a_pasted_trace_hold() -> None:
    where = Filter(only=Terms(languages=("python",)))
    assert parse(TRACE, where=where).where == where


def test_another_spelling_is_asked_for_in_place_of_the_typed_one() -> None:
    query = parse("why does Session::resolv_redirects loop").with_spelling(
        {"Session.resolv_redirects": ("Session.resolve_redirects",)}
    )
    assert query.text == "why does Session.resolve_redirects loop"
    assert query.symbols == ("Session.resolve_redirects", "resolve_redirects")
    assert "resolveredirect" in query.tokens  # the stem
    assert query.respelled == (("Session.resolv_redirects", "Session.resolve_redirects"),)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("where are uploads retried", Reading.WORDS),
        ("Session.send", Reading.SYMBOL),
        ("src/sessions.py:300", Reading.PATH),
        ('"gave up after" retry', Reading.PHRASE),
        (r"/retr(y|ies)\(/", Reading.EXPRESSION),
        ("ConnectionResetError: [Errno 104] reset by peer", Reading.ERROR),
        (TRACE, Reading.TRACE),
    ],
)
def test_what_a_query_was_read_as_can_be_told(text: str, reading: Reading) -> None:
    assert parse(text).understood().reading is reading


def test_words_are_told_with_their_stems_and_parts_and_without_stop_words() -> None:
    assert parse("how are the resolve_redirects retried").understood().words == {
        "resolve_redirects": ("resolv", "redirect", "resolveredirect"),
        "retried": ("retri",),
    }


def test_filters_and_exact_text_are_told_as_one_types_them() -> None:
    where = Filter(only=Terms(languages=("python",)))
    understood = parse('retry "gave up" -/test_/ -path:docs/** repo:"my notes"', where=where).understood()
    assert understood.filters == ('repo:"my notes"', "lang:python", "-path:docs/**")
    assert understood.exact == ('"gave up"', "-/test_/")


def test_a_trace_is_told_with_its_frames_and_its_error() -> None:
    query = parse(TRACE)
    assert query.understood().frames == query.frames
    assert query.understood().error == query.error


def test_a_name_in_another_convention_is_no_correction() -> None:
    query = parse("sendFile").with_spelling({"sendFile": ("send_file",)})
    assert query.understood().instead == {}
    assert parse("sendd_file").with_spelling({"sendd_file": ("send_file", "sent_file")}).understood().corrections == (
        "looked for `send_file` and `sent_file` instead of `sendd_file`",
    )


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


PARTS = [
    '"',
    "/",
    "\\",
    "[",
    "]",
    "(",
    "lang:",
    "path:",
    "-",
    " ",
    "\n",
    "a",
    "B_c",
    ".",
    ":1",
    "*",
    "?",
    "{2}",
    "Error: ",
    'File "',
]


@given(st.text(min_size=1, max_size=200) | st.lists(st.sampled_from(PARTS), min_size=1, max_size=40).map("".join))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    assert query.text
    assert len(set(query.tokens)) == len(query.tokens)


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "a ",
        '" ',
        ' "a',
        "/a ",
        "/[",
        "\\/",
        "-",
        "a.",
        "a::",
        "a/",
        "lang",
        "path:a ",
        "(",
        "_",
        "$",
        "a-b",
        "a.py:1 ",
        "é",
        "0x1 ",
        "\0",
    ],
)
def test_a_query_of_any_length_is_understood_at_once(part: str) -> None:
    started = time.process_time()
    with contextlib.suppress(QueryError):
        parse(part * (LONGEST // len(part)))
    assert time.process_time() - started < 2
