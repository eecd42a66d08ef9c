import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.languages import Language, by_name
from indexer.parse import parse
from indexer.parse.code import parse_code
from indexer.types import Kind, Parsed, Span


def language(name: str) -> Language:
    found = by_name(name)
    assert found is not None
    return found


def read(name: str, source: str) -> Parsed:
    return parse_code(source.encode(), language=language(name))


def span(parsed: Parsed, symbol: str) -> Span:
    (found,) = [span for span in parsed.spans if span.symbol == symbol]
    return found


def assert_covered(parsed: Parsed) -> None:
    """The contract of Parsed: ordered, without overlap, every non-blank line, text as in the file."""
    lines = parsed.text.split("\n")
    seen: list[int] = []
    for found in parsed.spans:
        assert found.start <= found.end
        assert found.text == "\n".join(lines[found.start - 1 : found.end])
        assert all(found.start < cut <= found.end for cut in found.cuts)
        assert list(found.cuts) == sorted(set(found.cuts))
        seen.extend(range(found.start, found.end + 1))
    assert seen == sorted(set(seen))
    assert {row for row, line in enumerate(lines, 1) if line.strip()} <= set(seen)


def test_a_method_has_symbol_signature_docstring_and_exact_lines() -> None:
    parsed = read(
        "python",
        "class A:\n"
        '    """Doc."""\n'
        "\n"
        "    @cached\n"
        "    def f(\n"
        "        self, x: int\n"
        "    ) -> int:  # noqa\n"
        '        """Adds one.\n'
        "\n"
        "        Never fails.\n"
        '        """\n'
        "        return x + 1\n",
    )
    method = span(parsed, "A.f")
    assert (method.kind, method.start, method.end) == (Kind.METHOD, 4, 12)
    assert method.signature == "def f( self, x: int ) -> int"
    assert method.docstring == "Adds one.\n\nNever fails."
    owner = span(parsed, "A")
    assert (owner.kind, owner.start, owner.end, owner.docstring) == (Kind.CLASS, 1, 2, "Doc.")


def test_nested_functions_stay_inside() -> None:
    parsed = read(
        "python", "def outer():\n    def inner():\n        pass\n    class Local:\n        def f(self): pass\n"
    )
    assert [found.symbol for found in parsed.spans] == ["outer"]


def test_fields_between_methods_are_pieces_of_the_class() -> None:
    parsed = read("java", "class A {\n int x;\n void f() {\n }\n int y;\n void g() {\n }\n}\n")
    assert [(found.symbol, found.kind, found.start, found.end) for found in parsed.spans] == [
        ("A", Kind.CLASS, 1, 2),
        ("A.f", Kind.METHOD, 3, 4),
        ("A", Kind.CLASS, 5, 5),
        ("A.g", Kind.METHOD, 6, 7),
        (None, Kind.MODULE, 8, 8),
    ]


def test_scopes_are_joined_by_dots() -> None:
    parsed = read("cpp", "namespace ns {\nint Foo<int>::bar(int x) {\n  return x;\n}\n}\n")
    assert "ns.Foo.bar" in [found.symbol for found in parsed.spans]


def test_a_comment_apart_is_not_a_docstring() -> None:
    parsed = read("go", "package a\n\n// Apart.\n\n// Adds.\nfunc Add() int {\n\treturn 1\n}\n")
    assert span(parsed, "Add").docstring == "Adds."
    assert span(parsed, "Add").start == 5


def test_a_trailing_comment_is_not_a_docstring() -> None:
    parsed = read("go", "package a\n\nvar x = 1 // one\nfunc Add() int {\n\treturn 1\n}\n")
    assert span(parsed, "Add").docstring is None
    assert span(parsed, "Add").start == 4


def test_definitions_on_one_line_share_a_span() -> None:
    parsed = read("c", "int a(void) { return 1; } int b(void) { return 2; }\nint c(void) { return 3; }\n")
    assert [(found.symbol, found.start) for found in parsed.spans] == [("a", 1), ("c", 2)]


def test_cuts_are_the_statements_of_the_body() -> None:
    body = "".join(f"    if a{number}:\n        b({number})\n" for number in range(20))
    parsed = read("python", f"def f():\n{body}")
    assert span(parsed, "f").cuts == tuple(range(2, 42, 2))


def test_a_long_statement_is_cut_inside() -> None:
    body = "".join(f"            b({number})\n" for number in range(30))
    parsed = read("python", f"def f():\n    a()\n    with x:\n        for y in z:\n{body}")
    assert {2, 3, 4, *range(5, 35)} <= set(span(parsed, "f").cuts)


def test_long_module_code_is_cut_at_statements_not_after_their_comments() -> None:
    parsed = read("python", "".join(f"# about {number}\nX{number} = [\n    1,\n]\n" for number in range(10)))
    assert parsed.spans[0].cuts == tuple(range(5, 41, 4))


def test_crlf_form_feed_and_line_separators_do_not_shift_lines() -> None:
    source = 'X = "\u2028\u2029\x85"\r\n\x0c\r\ndef f():\r\n    return "\x0b\x1c"\r\n\r\n\r\ndef g():\r\n    pass\r\n'
    parsed = read("python", source)
    assert [(found.symbol, found.start, found.end) for found in parsed.spans] == [
        (None, 1, 1),
        ("f", 3, 4),
        ("g", 7, 8),
    ]
    assert "\r" not in parsed.text


def test_syntax_errors_are_counted_and_the_rest_is_kept() -> None:
    parsed = read("python", "def good():\n    return 1\n\n\nx = = 2\n\n\ndef also():\n    return 2\n")
    assert {"good", "also"} <= {found.symbol for found in parsed.spans}
    assert parsed.notes == ("1 syntax error",)


def test_text_that_is_not_the_language_becomes_blocks() -> None:
    parsed = read("java", "Dear all,\n\nthis is: not, Java! at (all) ??? \\ it ' is prose\n" * 20)
    assert {found.kind for found in parsed.spans} == {Kind.BLOCK}
    assert parsed.notes == ("mostly not understood: read as plain lines",)
    assert parsed.language == "java"


def test_a_language_without_query_becomes_blocks() -> None:
    parsed = read("yaml", "a: 1\n\nb: 2\n")
    assert [(found.kind, found.start, found.end) for found in parsed.spans] == [(Kind.BLOCK, 1, 3)]
    assert parsed.notes == ()


def test_a_missing_grammar_is_noted() -> None:
    gone = Language(name="python", grammar="klingon")
    parsed = parse_code(b"def f(): pass\n", language=gone)
    assert parsed.notes == ("no grammar for python installed: read as plain lines",)
    assert_covered(parsed)


def test_a_time_limit_ends_the_parse() -> None:
    started = time.monotonic()
    parsed = parse_code(b"x = [" + b"1,\n" * 1_000_000 + b"]\n", language=language("python"), seconds=0.05)
    assert time.monotonic() - started < 5
    assert parsed.notes == ("parsing took longer than 0.05 s: read as plain lines",)
    assert parsed.spans[0].kind is Kind.BLOCK


def test_a_line_of_ten_megabytes_is_read_as_a_line() -> None:
    parsed = parse_code(b"x = '" + b"a" * 10_000_000 + b"'\n", language=language("javascript"))
    assert parsed.notes == ("larger than 8 MB: read as plain lines",)
    assert [(found.start, found.end) for found in parsed.spans] == [(1, 1)]


def test_minified_code_is_read_as_lines() -> None:
    parsed = parse_code(b"function a(){return 1};" * 10_000, language=language("javascript"))
    assert parsed.notes == ("a line longer than 100,000 bytes: read as plain lines",)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("python", "x = " + "(" * 20_000 + ")" * 20_000),
        ("c", "int x = " + "(\n" * 20_000 + "1" + ")" * 20_000 + ";"),
        ("javascript", "a(" * 20_000),
        ("java", "class A {\n" * 3_000 + "}\n" * 3_000),
        ("rust", "mod a {\n" * 3_000 + "}\n" * 3_000),
        ("cpp", "int f() {\n" + "{\n" * 5_000 + "}\n" * 5_000 + "}\n"),
    ],
)
def test_deep_nesting_is_survived(name: str, source: str) -> None:
    assert_covered(read(name, source))


def test_a_comment_without_line_end_does_not_hang_the_scanner() -> None:
    assert read("perl", "d#").spans[0].end == 1


def test_nul_bytes_are_survived() -> None:
    parsed = parse_code(b"def f():\n    return '\0'\n", language=language("python"))
    assert span(parsed, "f").end == 2
    assert parsed.notes == ("1 NUL characters replaced",)


@pytest.mark.parametrize("source", ["", "\n", " \n\t\n", "\x0c", "\ufeff"])
def test_an_empty_file_has_no_spans(source: str) -> None:
    assert read("python", source).spans == ()


def test_the_dispatcher_reads_code() -> None:
    parsed = parse(b"def f():\n    pass\n", path=PurePosixPath("a.py"), language=language("python"))
    assert [found.symbol for found in parsed.spans] == ["f"]


def test_a_long_file_is_read_quickly() -> None:
    source = "".join(
        f"def f{number}(a, b):\n    if a:\n        return b\n    return [a, b]\n\n\n" for number in range(350)
    )
    read("python", source)  # loads the grammar
    started = time.perf_counter()
    parsed = read("python", source)
    assert time.perf_counter() - started < 1.0  # 0.02 s on a quiet machine: this finds what is quadratic
    assert len(parsed.spans) == 350


PIECES = st.sampled_from(
    [
        *(
            "class A { ",
            " class B: ",
            "def f(x): ",
            " def g(self):",
            "void h() {",
            "fn k() {",
            "function n() {",
            "sub f {",
        ),
        *(
            "func (a *A) m() {",
            "int f() { int g; }",
            "struct A {",
            "impl A {",
            "template <T>",
            "module M",
            "defmodule A do",
        ),
        *(
            " }",
            "}",
            "} }",
            "end",
            "do",
            "=>",
            "x = 1",
            "(",
            ")",
            "[",
            "]",
            "{",
            ";",
            "@dec",
            "#if X",
            "#endif",
            "<?php",
        ),
        *("# note", "// note", "/* a", "*/", "/** doc */ ", "=pod", "'''", '"""', '"', "é", "漢"),
        *("\n", "\n", "\n\n", "\r\n", " ", "\t", "\x0c", "\u2028"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(
        ["python", "java", "cpp", "ruby", "go", "rust", "javascript", "php", "elixir", "haskell", "perl"]
    ),
    source=st.lists(PIECES, max_size=40).map("".join),
)
def test_spans_cover_any_source(name: str, source: str) -> None:
    assert_covered(read(name, source))


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(["python", "c", "typescript", "yaml", "sql"]), data=st.binary(max_size=400))
def test_spans_cover_any_bytes(name: str, data: bytes) -> None:
    assert_covered(parse_code(data, language=language(name)))
