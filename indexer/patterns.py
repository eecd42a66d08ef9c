"""Exact text that is asked for: "quoted phrases" and /regular expressions/.

The engines know words, not characters. So a pattern says which words a text must hold that holds it, an
engine proposes the texts with these words, and each is checked. The rules are those of code search
elsewhere (zoekt, GitHub): a phrase is found inside longer words too, letter case counts only where the
pattern has a capital letter. White space in a phrase stands for any white space, as prose is wrapped.

Checked with `regex`, not with `re`: that one cannot be stopped while it backtracks for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import regex  # type: ignore[import-untyped]  # its stubs are a package of their own; only this file needs them

from indexer import tokens
from indexer.errors import QueryError

LONGEST_EXPRESSION: Final = 1_000  # characters; a longer one is pasted text between two slashes
PATIENCE: Final = 0.5  # seconds for one text where the caller sets no limit

ATOM: Final = regex.compile(
    r"""
    (?P<quantifier> (?: [*+?] | \{ [^}]* \} ) [?+]? )
    | \\ (?P<escape> .)
    | (?P<class> \[ \^? \]? (?: \[:\^?\w+:\] | [^\]\\] | \\. )* \] )
    | (?P<open> \( (?: \? (?P<flags> [a-zA-Z-]+ ) )? )
    | (?P<close> \) )
    | (?P<other> [|.^$] )
    | (?P<literal> .)
    """,
    regex.VERBOSE | regex.DOTALL,
)
APART: Final = frozenset("bsWntrfv")  # escapes at which a word begins or ends
UNKNOWN: Final = "\ue000"  # stands for what may be anything; a private character, so no word has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A phrase or expression, ready to be checked."""

    source: str  # as typed, with its quotes or slashes
    words: tuple[str, ...]  # tokens of a text that holds it as whole words
    certain: tuple[str, ...]  # those of them that every text has that holds it
    said: str  # its words as text, for engines that rank
    excluded: bool  # typed with "-": texts that hold it are not wanted
    expression: "regex.Pattern[str]"

    def holds(self, text: str, *, timeout: float = PATIENCE) -> bool:
        """Tell whether a text holds it. Raises TimeoutError after `timeout` seconds."""
        return self.expression.search(text, timeout=timeout) is not None

    def lines(self, text: str, *, timeout: float = PATIENCE) -> Iterator[tuple[int, int]]:
        """Yield first and last line, counted from 0, of each place that holds it; none after the timeout."""
        line, at = 0, 0
        try:
            for found in self.expression.finditer(text, timeout=timeout):
                line += text.count("\n", at, found.start())
                at = found.start()
                yield line, line + found.group().rstrip("\n").count("\n")
        except TimeoutError:
            return


def phrase(text: str, *, excluded: bool = False) -> Pattern:
    """Make the pattern of a quoted phrase; `text` has no quotes and is not blank."""
    flags = 0 if _has_capital(text) else regex.IGNORECASE
    return Pattern(
        source=f'"{text}"',
        words=_words(text),
        certain=_words(f"{UNKNOWN}{text}{UNKNOWN}"),
        said=text,
        excluded=excluded,
        expression=regex.compile(r"\s+".join(map(regex.escape, text.split())), flags),
    )


def expression(source: str, *, ignore_case: bool = False, excluded: bool = False) -> Pattern:
    """Make the pattern of an expression without its slashes. Raises QueryError where it is none."""
    typed = f"/{source}/"
    if len(source) > LONGEST_EXPRESSION:
        raise QueryError(
            f"the expression is {len(source):,} characters long", hint=f"at most {LONGEST_EXPRESSION:,} are read"
        )
    flags = regex.MULTILINE | (regex.IGNORECASE if ignore_case or not _has_capital(source) else 0)
    try:
        compiled = regex.compile(source, flags)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise QueryError(
            f"`{typed}` is no regular expression: {error}",
            hint=r'a backslash makes a sign literal, as in `/open\(/`; quotes find text as it stands: `"open("`',
        ) from None
    literal = _literal(source)
    words = _words(literal)
    return Pattern(
        source=typed,
        words=words,
        certain=words,
        said=" ".join(literal.replace(UNKNOWN, " ").split()),
        excluded=excluded,
        expression=compiled,
    )


def _has_capital(source: str) -> bool:
    r"""Tell whether a letter is a capital; the one of `\W` or `\S` is none."""
    return any(
        character.isupper() and (at == 0 or source[at - 1] != "\\" or source[max(0, at - 2) : at] == "\\\\")
        for at, character in enumerate(source)
    )


def _words(literal: str) -> tuple[str, ...]:
    """Return the tokens of words that nothing unknown touches.

    Each word counts as a whole, without separators: its parts depend on letter case, which may be another there.
    """
    found = []
    for word in tokens.WORD.finditer(literal):
        before = literal[: word.start()].rstrip("_")
        after = literal[word.end() :].lstrip("_")
        if before.endswith(UNKNOWN) or after.startswith(UNKNOWN):
            continue
        whole = word.group().replace("_", "").lower()
        if len(whole) <= tokens.LONGEST:
            found.append(tokens.split(whole)[-1])
    return tuple(dict.fromkeys(found))


def _literal(source: str) -> str:
    """Return what every match holds, in order, with UNKNOWN for the rest; UNKNOWN alone where one cannot tell."""
    parts, depth = [UNKNOWN], 0
    for atom in ATOM.finditer(source):
        if atom["open"]:
            if "x" in (atom["flags"] or ""):
                return UNKNOWN  # white space and comments in it are not meant
            depth += 1
        elif atom["close"]:
            depth -= 1
            parts.append(UNKNOWN)
        elif depth:
            continue
        elif atom.group() == "|":
            return UNKNOWN
        elif atom["quantifier"]:
            if not atom.group().startswith("+"):
                parts.pop()
            parts.append(UNKNOWN)
        else:
            parts.append(_meant(atom))
    return "".join([*parts, UNKNOWN])


def _meant(atom: "regex.Match[str]") -> str:
    """Return the character that an atom outside of groups stands for, a space where it parts words."""
    escape: str | None = atom["escape"]
    if atom.group() in ("^", "$") or (escape and escape in APART):
        return " "
    if escape and not escape.isalnum():
        return escape
    return str(atom["literal"] or UNKNOWN)
