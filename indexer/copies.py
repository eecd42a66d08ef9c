"""What makes two pieces of code copies: their tokens, whatever their comments and white space."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from indexer import languages

_STRINGS: Final = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\\n])*`"
_TOKEN: Final = rf"({_STRINGS}|\w+|[^\w\s])"
_HASH, _SLASH, _DASH = r"#[^\n]*", r"//[^\n]*|/\*.*?\*/", r"--[^\n]*"
_DOCSTRING: Final = r"(?:\A|(?<=:))\s*(?:(?<=\n)[ \t]*|\A)[rR]?(?:\"\"\".*?\"\"\"|'''.*?''')"  # first, or under a colon

_COMMENTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        "bash cmake coffeescript dockerfile elixir fish gdscript gitignore graphql ini julia make nim nix perl"
        " powershell r ruby starlark tcl toml yaml".split(),
        _HASH,
    ),
    "python": f"{_DOCSTRING}|{_HASH}",
    "php": f"{_SLASH}|{_HASH}",
    "hcl": f"{_SLASH}|{_HASH}",
    **dict.fromkeys("ada elm haskell lua luau sql vhdl".split(), rf"{_DASH}|\{{-.*?-\}}|/\*.*?\*/"),
    **dict.fromkeys("clojure commonlisp elisp racket scheme".split(), r";[^\n]*|#\|.*?\|#"),
    **dict.fromkeys("erlang latex matlab".split(), r"%[^\n]*"),
    **dict.fromkeys("html xml markdown".split(), r"<!--.*?-->"),
    **dict.fromkeys("ocaml ocaml_interface fsharp pascal".split(), r"//[^\n]*|\(\*.*?\*\)"),
}
"""Comments by language; of those that are not here, comments are written as in C."""

_IMPORTS: Final = re.compile(
    r"^[ \t]*(?:(?:from\s+\S+\s+)?import\s*\([^)]*\)|(?:import|export)\s*(?:type\s*)?[\w\s,*]*\{[^}]*\}\s*from[^\n]*"
    r"|(?:import|from|package|namespace|module|use|using|require|require_once|require_relative|include|extern\s+crate"
    r"|\#\s*include|@?import|(?:const|var|let)\s+[^=\n]*=\s*require)\b[^\n]*)",
    re.MULTILINE,
)


def tokens_of(text: str, language: str) -> list[str]:
    """Return words, strings and single signs in order, without comments, docstrings and white space.

    >>> tokens_of("x = f(1)  # why", "python")
    ['x', '=', 'f', '(', '1', ')']
    """
    return [token for token in _pattern(language).findall(text) if token]


def without_imports(text: str) -> str:
    r"""Return the text less its imports, which equal needs make equal and nobody can save.

    >>> without_imports("import os\nfrom a import (\n  b,\n)\nx = 1").strip()
    'x = 1'
    """
    return _IMPORTS.sub("", text)


def digest(tokens: list[str]) -> bytes:
    """Return the 16-byte BLAKE2b digest of tokens: equal only for copies."""
    return hashlib.blake2b("\0".join(tokens).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """Match a comment, which leaves the group empty, or a token."""
    known = languages.by_name(language)
    default = "(?!)" if known is None or known.document or known is languages.TEXT else _SLASH
    return re.compile(f"(?:{_COMMENTS.get(language, default)})|{_TOKEN}", re.DOTALL)
