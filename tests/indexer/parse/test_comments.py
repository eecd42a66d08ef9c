import doctest
from types import ModuleType

import pytest

import indexer.parse.comments
import indexer.parse.embedded
import indexer.parse.spans
import indexer.parse.text
from indexer.parse.comments import prose_of_comment, prose_of_string


@pytest.mark.parametrize(
    ("comment", "prose"),
    [
        ("/**\n * Adds.\n *\n * Twice.\n */", "Adds.\n\nTwice."),
        ("/* Adds. */", "Adds."),
        ("/*\n  Adds\n    deeper\n*/", "Adds\n  deeper"),
        ("// Adds.\n// Twice.", "Adds.\nTwice."),
        ("/// Adds.\n///\n/// # Panics\n/// Never.", "Adds.\n\n# Panics\nNever."),
        ("//! Inner.", "Inner."),
        ("/// <summary>\n/// Adds.\n/// </summary>", "Adds."),
        ("# Adds.\n#   deeper", "Adds.\n  deeper"),
        ("#' Adds.\n#' @param x one", "Adds.\n@param x one"),
        ("-- | Adds.\n-- Twice.", "Adds.\nTwice."),
        ("{-| Adds.\nTwice.\n-}", "Adds.\nTwice."),
        ("--[[ Adds.\n  Twice. ]]", "Adds.\nTwice."),
        ("(** Adds.\n\n    Twice. *)", "Adds.\n\nTwice."),
        (";;; Adds.\n;; Twice.", "Adds.\nTwice."),
        ("%% @doc Adds.", "@doc Adds."),
        ("!> Adds.", "Adds."),
        ('" Adds.', "Adds."),
        ("<#\n.SYNOPSIS\nAdds.\n#>", ".SYNOPSIS\nAdds."),
        ('@doc """\nAdds.\n"""', "Adds."),
        ("//////////\n// Adds.\n//////////", "Adds."),
        ("# * point one\n# * point two", "* point one\n* point two"),
        ("/*****/", ""),
    ],
)
def test_markers_of_comments_are_removed(comment: str, prose: str) -> None:
    assert prose_of_comment(comment) == prose


@pytest.mark.parametrize(
    ("literal", "prose"),
    [
        ('"""Adds."""', "Adds."),
        ("'''\n    Adds.\n      deeper\n    '''", "Adds.\n  deeper"),
        ('r"one \\ two"', "one \\ two"),
        ('"""Says "hi"."""', 'Says "hi".'),
        ('"""\n', ""),
        ("no quotes", "no quotes"),
    ],
)
def test_quotes_of_docstrings_are_removed(literal: str, prose: str) -> None:
    assert prose_of_string(literal) == prose


@pytest.mark.parametrize(
    "module", [indexer.parse.comments, indexer.parse.embedded, indexer.parse.spans, indexer.parse.text]
)
def test_the_examples_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
