"""Pasted stack traces and error messages: which code they went through, and what went wrong.

A text box folds lines into one, so that nothing here rests on line ends. Every expression begins at a fixed
word or at the start of a word and is bounded in length: a pasted log of any kind is read in linear time.
"""

import re
from dataclasses import dataclass
from typing import Final

from indexer import tokens
from indexer.types import Frame

LONGEST: Final = 20_000  # characters; of a longer text the first and the last half of that are read
MOST_FRAMES: Final = 100  # of a trace; a recursion repeats itself a thousand times
LOOK_BACK: Final = 300  # characters before a place in which a function may be named

_PATH: Final = r"(?P<path>(?:[A-Za-z]:)?[^\s:\"'()\[\]]{1,400}\.[A-Za-z]\w{0,7})"

PYTHON: Final = re.compile(
    r'\bFile "(?P<path>[^"\n]{1,500})", line (?P<line>\d{1,7})(?:, in (?P<name>[\w.<>]{1,200}))?'
)
JVM: Final = re.compile(
    r"\bat (?:[\w.@-]{0,100}/){0,2}(?P<name>[\w.$<>-]{1,300})\((?P<path>[\w$.-]{1,200}\.(?:java|kts?|scala|groovy|clj))"
    r":(?P<line>\d{1,7})\)"
)
SHARP: Final = re.compile(
    r"\bat (?P<name>[\w.<>`+\[\],]{1,300})\([^()\n]{0,300}\) in "
    r"(?P<path>(?:[A-Za-z]:)?[^\n:]{1,400}?):line (?P<line>\d{1,7})"
)
SCRIPT: Final = re.compile(
    r"\bat (?:(?:async |new )?(?P<name>[\w.$<>#]{1,200})(?: \[as \w{1,100}\])? \()?"
    r"(?P<path>(?=[^\s()]{0,500}[./])[^\s()]{1,500}?):(?P<line>\d{1,7}):\d{1,7}\)?"
)
FIREFOX: Final = re.compile(
    r"(?<![\w.$/<])(?P<name>[\w.$/<]{0,200})@(?P<path>[a-z-]{2,20}://[^\s]{1,500}?):(?P<line>\d{1,7}):\d{1,7}"
)
PHP: Final = re.compile(
    r"#\d{1,4} (?P<path>[^\s()]{1,400}\.\w{1,8})\((?P<line>\d{1,7})\): (?P<name>[\w\\:>{}-]{1,300})\("
    r"|(?<=thrown in )(?P<path2>[^\s()]{1,400}\.\w{1,8}) on line (?P<line2>\d{1,7})"
)
PLACE: Final = re.compile(
    rf"(?<![^\s\"'(\[]){_PATH}:(?P<line>\d{{1,7}})"
    r"(?P<ruby>:in [`'](?:[a-z ]{1,60} in )?(?P<name>[\w.:#?!]{1,200})')?"
)
SURE: Final = (PYTHON, JVM, SHARP, SCRIPT, FIREFOX, PHP)
"""Forms that stand nowhere but in a trace; a PLACE is also printed by compilers and typed by people."""

GO_NAME: Final = re.compile(r"([\w./@-]{1,200}(?:\.\(\*?\w{1,100}\)|\.\w{1,100}){1,3})\([^()\n]{0,200}\)\s{1,8}$")
RUST_NAME: Final = re.compile(r"\d: (?:0x[0-9a-f]+ - )?([\w:<>]{1,200})\s{1,40}(?:at )?(?:\./)?$")
NATIVE_NAME: Final = re.compile(r" in ([\w:~]{1,200})(?:\([^()]{0,200}\))? (?:at )?$")

CAUSE: Final = "Caused by:"
LATEST_LAST: Final = "(most recent call last)"

ERROR: Final = re.compile(
    r"(?<![\w.$\\:])(?P<type>[\w.$\\:]{0,200}(?:Error|Exception|Failure|Fault|Interrupt|Panic|Warning)\b)"
    r"(?P<code>\[\w{1,20}\]|\(0x\w{1,16}\))?(?:: (?P<message>[^\n]{0,1000}))?"
)
SHORT: Final = re.compile(
    r"(?<![\w.])(?:(?P<type>(?:runtime |fatal |internal )?(?:error|panic|fatal|abort(?:ed)?))(?P<code>\[\w{1,20}\])?: "
    r"|thread '[^'\n]{0,100}'(?: \(\d+\))? panicked at (?:\S{1,300}:\d+:\d+:\s)?)(?P<message>[^\n]{0,1000})"
)
RUBY: Final = re.compile(r"'?: (?P<message>[^\n]{1,1000}?) \((?P<type>[A-Z][\w:]{0,200})\)(?P<code>)")
BEFORE_ERROR: Final = re.compile(
    r"\s*(?:Uncaught |Unhandled |\(in promise\) |Exception in thread \"[^\"\n]{0,100}\" |Caused by: |E {1,7})*"
)
AFTER_MESSAGE: Final = re.compile(
    r"\s+(?:goroutine \d|\[signal |stack backtrace:|Stack trace:|Traceback \(|During handling|The above exception"
    r"|Caused by:|\.\.\. \d+ more|note: run with|from /)"
)
NOISE: Final = re.compile(
    r"0x[0-9A-Fa-f]+"
    r"|\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b"
    r"|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|\b(?=[a-f]*\d)[0-9A-Fa-f]{8,}\b"
    r"|\b\d{5,}\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a pasted text tells of a failure."""

    frames: tuple[Frame, ...]  # distinct, the innermost first
    error: str | None  # kind and message, without numbers that are another at each run
    pasted: bool  # it has a form that no person types


def read(text: str) -> Trace:
    """Find the frames and the error of a text, most of which have none."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    frames = _frames(text)
    pasted = any(sure for _, sure, _ in frames) or len(frames) > 1 or (bool(frames) and "\n" in text.strip())
    distinct = dict.fromkeys(frame for _, _, frame in _innermost_first(text, frames))
    starts = [start for start, _, _ in frames]
    error = _last_error(text, starts) if pasted else _leading_error(text)
    return Trace(frames=tuple(distinct)[:MOST_FRAMES], error=error, pasted=pasted)


def without_noise(text: str) -> str:
    """Leave out addresses, times, hashes and long numbers."""
    return " ".join(NOISE.sub(" ", text).split())


_Found = tuple[int, bool, Frame]
"""Where it begins, whether its form is SURE, and the frame."""


def _frames(text: str) -> list[_Found]:
    """Return frames in the order of the text; of two forms at one place the surer."""
    found: list[tuple[int, int, bool, Frame]] = []
    for form in (*SURE, PLACE):
        for match in form.finditer(text):
            groups = match.groupdict()
            path, line = groups["path"] or groups["path2"], groups["line"] or groups["line2"]
            name = groups["name"] or _name_before(text, match.start("path") if groups["path"] else match.start())
            frame = Frame(path=_clean_path(path, name), line=int(line), name=_clean_name(name))
            found.append((match.start(), match.end(), form is not PLACE or groups["ruby"] is not None, frame))
    found.sort(key=lambda one: (one[0], not one[2]))
    kept: list[_Found] = []
    end = 0
    for start, stop, sure, frame in found:
        if start >= end:
            kept.append((start, sure, frame))
            end = stop
    return kept


def _name_before(text: str, at: int) -> str | None:
    before = text[max(0, at - LOOK_BACK) : at]
    for form in (GO_NAME, RUST_NAME, NATIVE_NAME):
        if found := form.search(before):
            return found[1]
    return None


def _innermost_first(text: str, frames: list[_Found]) -> list[_Found]:
    """Order frames: those of the last cause first, and Python's from its end."""
    if LATEST_LAST in text:
        return frames[::-1]
    causes = [found.start() for found in re.finditer(CAUSE, text)]
    return sorted(frames, key=lambda frame: -sum(cause < frame[0] for cause in causes))


def _clean_path(path: str, name: str | None) -> str:
    path = (
        re.sub(r"^[a-z-]{2,20}://(?:[^/]*:\d+/|[^/]*/\./|/)?|[?#].*$", "", path).replace("\\", "/").removeprefix("./")
    )
    package = [part for part in (name or "").split(".")[:-2] if part[:1].islower()]
    if path.endswith((".java", ".kt", ".scala", ".groovy", ".clj")) and "/" not in path and package:
        return "/".join([*package, path])
    return path


def _clean_name(name: str | None) -> str | None:
    """Return a qualified name with "." between its parts; None for what has no name."""
    if name is None:
        return None
    name = name.rpartition("/")[2]
    name = re.sub(r"::<[^>]*>|::h[0-9a-f]{16}$|::\{\{closure\}\}|[()*]", "", name)
    name = re.sub(r"::|->|#|\\|\$|/", ".", name)
    name = re.sub(r"\.<init>$", "", name).strip(".")
    if not name or "<" in name.rstrip("<") or "lambda" in name or name == "anonymous" or name.startswith("{"):
        return None
    name = name.rstrip("<")
    return name.removeprefix("Object.")


def _leading_error(text: str) -> str | None:
    """Return the error that a text begins with."""
    begin = BEFORE_ERROR.match(text)
    at = begin.end() if begin else 0
    found = ERROR.match(text, at) or SHORT.match(text, at)
    return _said(found, text, [])[0] if found and found["message"] else None


def _last_error(text: str, frames: list[int]) -> str | None:
    """Return the error of a trace: where it lists causes the last one. frames: where these begin."""
    for form in (ERROR, SHORT, RUBY):
        errors: list[str] = []
        at = 0
        while found := form.search(text, at):
            said, at = _said(found, text, frames)
            if found["message"]:
                errors.append(said)
        if errors:
            return errors[-1 if LATEST_LAST in text or CAUSE in text else 0]
    return None


def _said(found: re.Match[str], text: str, frames: list[int]) -> tuple[str, int]:
    """Return kind and message, and where the message ends: before the next frame at the latest."""
    kind = (found["type"] or "panic").replace("\\", ".")
    begin, end = found.span("message")
    if begin < 0:
        return kind, found.end()
    end = min([end, *(frame for frame in frames if frame >= begin)])
    if stop := AFTER_MESSAGE.search(text, begin, end):
        end = stop.start()
    return without_noise(f"{kind}: {text[begin:end]}"), max(end, found.start() + 1)


def words(trace: Trace, *, most: int) -> str:
    """Return what to search for by words and by meaning: the error, and what the innermost functions are called."""
    names = [frame.name.rpartition(".")[2] for frame in trace.frames if frame.name]
    distinct = [name for name in dict.fromkeys(names) if tokens.split(name)][:most]
    return " ".join([trace.error or "", *distinct]).strip()
