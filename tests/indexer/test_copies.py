import pytest

from indexer.copies import digest, tokens_of, without_imports


def same(one: str, other: str, language: str) -> bool:
    return digest(tokens_of(one, language)) == digest(tokens_of(other, language))


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("python", "def f(a):\n    # adds\n    return a + 1\n", "def f(a):\n\n        return a+1"),
        ("python", 'def f():\n    """Says what."""\n    return 1', "def f():\n    return 1"),
        ("javascript", "f(1); // one", "f( 1 ) ; /* two\nlines */"),
        ("haskell", "f x = x -- same\n", "f x =\n  x {- or\n not -}"),
        ("commonlisp", "(f 1) ; one", "(f   1)"),
        ("html", "<p>a</p><!-- b -->", "<p>a</p>"),
        ("markdown", "a  b\nc", "a b c"),
    ],
)
def test_comments_and_white_space_make_no_difference(language: str, one: str, other: str) -> None:
    assert same(one, other, language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("python", 'x = "# a"', 'x = "# b"'),  # no comment: it is in a string
        ("javascript", 'get("http://a")', 'get("http://b")'),
        ("python", 'x = """a"""', 'x = """b"""'),  # no docstring: it is a value
        ("python", "a - b", "a + b"),
        ("markdown", "# A title", "# Another title"),
        ("css", "a { color: red }", "a { color: blue }"),
    ],
)
def test_what_is_no_comment_makes_a_difference(language: str, one: str, other: str) -> None:
    assert not same(one, other, language)


@pytest.mark.parametrize(
    "imports",
    [
        "import os\nimport sys as system\nfrom a.b import (\n    c,\n    d,\n)\n",
        "import { a, b } from 'c'\nimport d, {\n  e,\n} from \"f\"\nexport { g } from './g'\nconst h = require('h')\n",
        'package main\n\nimport (\n\t"fmt"\n)\n',
        '#include <stdio.h>\n# include "a.h"\nusing std::string;\n',
        "package com.a;\nimport java.util.List;\n",
        "use std::io;\nextern crate serde;\n",
    ],
)
def test_imports_are_left_out(imports: str) -> None:
    assert without_imports(imports + "limit = 5\n").strip() == "limit = 5"
