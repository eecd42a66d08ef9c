"""Rules in the syntax of `.gitignore`, judged entry by entry.

A verdict is about one entry alone, never about what lies above it: True "ignored", False "wanted by a `!` rule",
None "no rule speaks of it". A walk judges folders from the top and does not enter an ignored one, which is how
git comes to "a file cannot be wanted back when its folder is ignored". The single verdicts are what lets a folder
that the user named be entered although a rule ignores it; a matcher of whole paths cannot tell the two apart.
"""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MAX_BYTES: Final = 1 << 20  # of one file of rules; a longer one is no file of rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One line of an ignore file."""

    regex: re.Pattern[str]
    ignores: bool  # False for a `!` line
    folders_only: bool  # ended with "/"
    whole_path: bool  # held a "/": matched against the path below the file of rules, else against the name


class Patterns:
    """The rules of one ignore file, or of one option of the command line."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.patterns = tuple(pattern for line in lines if (pattern := parse(line)) is not None)
        self._latest_first = self.patterns[::-1]

    def __bool__(self) -> bool:
        """Tell whether there is any rule."""
        return bool(self.patterns)

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Judge one entry; `path` is relative to where the rules stand, "/" between its parts."""
        name = path[path.rfind("/") + 1 :]
        for pattern in self._latest_first:
            if pattern.folders_only and not folder:
                continue
            if pattern.regex.fullmatch(path if pattern.whole_path else name):
                return pattern.ignores
        return None

    def cover(self, path: str) -> bool:
        """Tell whether a file, or a folder above it, is matched (used for `--include` and `--exclude`)."""
        verdict = self.verdict(path, folder=False)
        end = path.rfind("/")
        while verdict is None and end > 0:
            verdict = self.verdict(path[:end], folder=True)
            end = path.rfind("/", 0, end)
        return bool(verdict)

    def without(self, folder: str) -> "Patterns":
        """Return the rules less those that ignore `folder` by way of all that is in it ("build/*")."""
        rest = Patterns(())
        child = f"{folder}/\0"  # a name that no file has
        rest.patterns = tuple(p for p in self.patterns if not (p.ignores and p.whole_path and p.regex.fullmatch(child)))
        rest._latest_first = rest.patterns[::-1]
        return rest


class IgnoreTree:
    """The ignore files of a folder and of the folders in it, read when first asked about."""

    def __init__(self, top: Path, *, names: Sequence[str], named: str = "", skip_top: bool = False) -> None:
        """`names` of the files in a folder, weakest first; `named`: a folder below `top` that is wanted by name.

        With `skip_top` the rules that stand in `top` itself do not count.
        """
        self._top = os.fspath(top)
        self._names = tuple(names)
        self._named = named
        self._chains: dict[str, _Chain] = {"": ()} if skip_top else {}

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Judge one entry; `path` is relative to the top. The deepest file of rules that speaks of it decides."""
        for start, rules in self._chain(path.rpartition("/")[0]):
            if (verdict := rules.verdict(path[start:], folder=folder)) is not None:
                return verdict
        return None

    def _chain(self, folder: str) -> "_Chain":
        missing: list[str] = []
        while folder not in self._chains:
            missing.append(folder)
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        chain = self._chains.get(folder, ())
        for part in reversed(missing):
            if rules := self._read(part):
                chain = ((len(part) + 1 if part else 0, rules), *chain)
            self._chains[part] = chain
        return chain

    def _read(self, folder: str) -> Patterns:
        lines: list[str] = []
        for name in self._names:
            lines += read_lines(os.path.join(self._top, folder, name))
        inner = self._named[len(folder) :].lstrip("/") if _holds(folder, self._named) else ""
        rules = Patterns(lines)
        return rules.without(inner) if inner else rules


_Chain = tuple[tuple[int, Patterns], ...]
"""The files of rules that speak of a folder's entries, deepest first: where in a path they start to match, and they."""


def _holds(folder: str, path: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def read_lines(path: str) -> list[str]:
    """Return the lines of an ignore file. None for a file that is missing, huge, a link (as in git) or unreadable.

    An unreadable one is reported by the walk that finds it among the other files.
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return []
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError:
        return []
    if len(data) > _MAX_BYTES:
        return []
    return os.fsdecode(data.removeprefix(b"\xef\xbb\xbf")).replace("\r\n", "\n").split("\n")


def parse(line: str) -> Pattern | None:
    """Read one line as git does; None for a comment, a blank line and a pattern that matches nothing."""
    if line.startswith("#"):
        return None
    line = _trim(line)
    ignores = not line.startswith("!")
    line = line if ignores else line[1:]
    folders_only = line.endswith("/")
    line = line[:-1] if folders_only else line
    whole_path = "/" in line
    line = line.removeprefix("/")
    if not line:
        return None
    source = _path_regex(_segments(line)) if whole_path else _segment_regex(line)
    if source is None:
        return None
    regex = re.compile(source, re.DOTALL)
    return Pattern(regex=regex, ignores=ignores, folders_only=folders_only, whole_path=whole_path)


def _trim(line: str) -> str:
    """Cut trailing spaces that no backslash protects."""
    bare = line.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 and len(bare) < len(line) else bare


def _segments(line: str) -> list[str]:
    """Split at "/", but not inside brackets and not behind a backslash."""
    segments, start, i = [], 0, 0
    while i < len(line):
        bracket = _bracket(line, i + 1) if line[i] == "[" else None
        if bracket is not None:
            i = bracket[1]
            continue
        if line[i] == "/":
            segments.append(line[start:i])
            start = i + 1
        i += 2 if line[i] == "\\" else 1
    return [*segments, line[start:]]


def _path_regex(segments: list[str]) -> str | None:
    parts: list[str] = []
    for i, segment in enumerate(segments):
        last = i == len(segments) - 1
        if len(segment) > 1 and not segment.strip("*"):  # "**"
            parts.append(".+" if last else "(?:.*/)?")
            continue
        source = _segment_regex(segment)
        if source is None:
            return None
        parts.append(source if last else source + "/")
    return "".join(parts)


def _segment_regex(segment: str) -> str | None:
    """Translate a glob without "/". Each star but the last is atomic, so that hostile patterns stay linear."""
    pieces = [""]
    i = 0
    while i < len(segment):
        char = segment[i]
        i += 1
        if char == "*":
            if pieces[-1] or len(pieces) == 1:
                pieces.append("")
        elif char == "?":
            pieces[-1] += "[^/]"
        elif char == "[":
            found = _bracket(segment, i)
            if found is None:
                return None
            source, i = found
            pieces[-1] += source
        elif char == "\\":
            if i == len(segment):
                return None
            pieces[-1] += re.escape(segment[i])
            i += 1
        else:
            pieces[-1] += re.escape(char)
    first, *rest = pieces
    if not rest:
        return first
    return first + "".join(f"(?>[^/]*?{piece})" for piece in rest[:-1]) + f"[^/]*{rest[-1]}"


_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


def _bracket(text: str, i: int) -> tuple[str, int] | None:
    """Translate a bracket expression whose inside starts at `i`; returns the regex and where it ends."""
    negated = text[i : i + 1] in ("!", "^")
    i += negated
    ranges: list[str] = []
    previous: str | None = None
    first = True
    while i < len(text) and (first or text[i] != "]"):
        first = False
        char = text[i]
        if text.startswith("[:", i) and (close := text.find(":]", i + 2)) >= 0:
            name = text[i + 2 : close]
            if name not in _CLASSES:
                return None
            ranges.append(_CLASSES[name])
            previous, i = None, close + 2
            continue
        is_range = char == "-" and previous is not None and i + 1 < len(text) and text[i + 1] != "]"
        i += is_range
        if text[i] == "\\":
            i += 1
        if i >= len(text):
            return None
        char = text[i]
        i += 1
        if is_range and previous is not None:
            if previous <= char:  # a range that runs backwards adds nothing
                ranges.append(f"{re.escape(previous)}-{re.escape(char)}")
            previous = None
        else:
            ranges.append(re.escape(char))
            previous = char
    if i >= len(text):
        return None  # never closed: matches nothing
    return f"(?!/)[{'^' if negated else ''}{''.join(ranges)}]", i + 1
