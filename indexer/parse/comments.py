"""Doc comments and docstrings to prose: markers off, indentation off, ornaments out."""

import inspect
import re
import textwrap
from typing import Final

_STRING: Final = re.compile(r"^[@\w\s]*?(\"\"\"|'''|~[sS]\"\"\"|~[sS]\"|\"|')(.*?)(\1|\"\"\")?\s*$", re.S)
_OPENING: Final = re.compile(
    r"^\s*(?:"
    r"/\*+[!<]*|//+[!<]*|\(\*+|\{-+\s*[|^]?|\{\*?|#\|+|--\[=*\[|--+\s*[|^]?|#+['!:|]?|;+|%+|!+[<>*]?|<#|'+"
    r"|(?:@\w*doc\s+)?(?:~[sS])?\"+"
    r")\s?"
)
_BLOCKS: Final = (  # how a comment of several lines begins and ends
    ("/*", re.compile(r"\s*\*+/\s*$")),
    ("(*", re.compile(r"\s*\*+\)\s*$")),
    ("{-", re.compile(r"\s*-\}\s*$")),
    ("{", re.compile(r"\s*\}\s*$")),
    ("#|", re.compile(r"\s*\|#\s*$")),
    ("--[", re.compile(r"\s*(?:--)?\]=*\]\s*$")),
    ("<#", re.compile(r"\s*#>\s*$")),
    ("", re.compile(r"\"+\s*$")),  # a string, perhaps behind "@doc"
)
_STAR: Final = re.compile(r"^\s*\*+(?=\s|$)\s?|^\s*\|(?=\s)\s?")
_ORNAMENT: Final = re.compile(r"^[\W_]*$")
_TAGS: Final = re.compile(r"</?(?:summary|remarks|para|returns|param|c|p|code|pre|b|i|em|ul|li|see|br)\b[^>]*>")


def prose_of_comment(text: str) -> str:
    r"""Return what a comment, or several in a row, says.

    >>> prose_of_comment("/**\n * Adds `a` to `b`.\n * @param a  first\n */")
    'Adds `a` to `b`.\n@param a  first'
    >>> prose_of_comment("# -----\n# Adds.\n# -----")
    'Adds.'
    """
    lines: list[str] = []
    opening_is_block = False  # then its first line lost its indentation with the marker
    closing: re.Pattern[str] | None = None  # of the block that the line is in; its lines may begin with a star
    for line in text.split("\n"):
        opening = None if closing else _OPENING.match(line)
        if opening:
            closing = _closing(opening[0].strip())
            opening_is_block = opening_is_block or closing is not None
            line = line[opening.end() :]
        elif closing:
            line = _STAR.sub("", line)
        if closing and (found := closing.search(line)):
            line = line[: found.start()]
            closing = None
        lines.append(_TAGS.sub("", line).rstrip())
    text = "\n".join(lines)
    first_is_bare = text[:1].strip() and opening_is_block
    return _tidy(inspect.cleandoc(text) if first_is_bare else textwrap.dedent(text))


def _closing(opening: str) -> re.Pattern[str] | None:
    """Return what ends a comment that begins so; None for one that ends with its line."""
    if opening.endswith('"'):
        return _BLOCKS[-1][1] if opening.endswith('"""') or opening.startswith("@") else None
    return next((pattern for start, pattern in _BLOCKS[:-1] if opening.startswith(start)), None)


def prose_of_string(text: str) -> str:
    r"""Return what a docstring says: a string literal of any quotes and prefix, perhaps behind an attribute name.

    >>> prose_of_string('r\"\"\"Adds.\n\n    Never fails.\n    \"\"\"')
    'Adds.\n\nNever fails.'
    """
    found = _STRING.match(text.strip())
    return _tidy(inspect.cleandoc(found[2] if found else text))


def _tidy(text: str) -> str:
    """Blank out lines of ornaments."""
    return "\n".join("" if _ORNAMENT.match(line) else line for line in text.split("\n")).strip()
