"""Doc comments and docstrings to prose: markers off, indentation off, ornaments out."""

import inspect
import re
from typing import Final

_STRING: Final = re.compile(r"^[@\w\s]*?(\"\"\"|'''|~[sS]\"\"\"|~[sS]\"|\"|')(.*?)(\1|\"\"\")?\s*$", re.S)
_OPENING: Final = re.compile(
    r"^\s*(?:"
    r"/\*+[!<]*|//+[!<]*|\(\*+|\{-+\s*[|^]?|\{\*?|#\|+|--\[=*\[|--+\s*[|^]?|#+['!:|]?|;+|%+|!+[<>*]?|\"+|<#|'+"
    r")\s?"
)
_CLOSING: Final = re.compile(r"\s*(?:\*+/|\*+\)|-\}|\]=*\]|\|#|#>)\s*$")
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
    block = False  # inside /* ... */, where lines begin with an optional star
    for line in text.split("\n"):
        opening = None if block else _OPENING.match(line)
        if opening:
            block = opening[0].lstrip().startswith(("/*", "(*", "{", "#|", "--[", "<#", '"""'))
            line = line[opening.end() :]
        elif block:
            line = _STAR.sub("", line) if line.lstrip().startswith(("*", "|")) else line
        if closing := _CLOSING.search(line):
            line = line[: closing.start()]
            block = False
        lines.append(_TAGS.sub("", line).rstrip())
    return _tidy(lines)


def prose_of_string(text: str) -> str:
    r"""Return what a docstring says: a string literal of any quotes and prefix, perhaps behind an attribute name.

    >>> prose_of_string('r\"\"\"Adds.\n\n    Never fails.\n    \"\"\"')
    'Adds.\n\nNever fails.'
    """
    found = _STRING.match(text.strip())
    return _tidy(inspect.cleandoc(found[2] if found else text).split("\n"))


def _tidy(lines: list[str]) -> str:
    kept = ["" if _ORNAMENT.match(line) else line for line in lines]
    return inspect.cleandoc("\n".join(kept)).strip()
