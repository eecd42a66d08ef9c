"""A repository's doc comments and the functions they describe, as training rows for an encoder.

What a function says of itself is the query that should find it. Most comments are not fit for that; the rules here
keep those that are, and count the others by reason.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from indexer import ingest, languages, parse, repository, walk
from indexer.aside import is_aside
from indexer.errors import DocumentError
from indexer.settings import Settings, for_repository
from indexer.targets import Target, resolve_targets
from indexer.types import Kind, Skipped, Span

QUERY_CHARS: Final = 300
QUERY_WORDS: Final = 3
POSITIVE_CHARS: Final = 1_600  # about what a model of 512 tokens reads
POSITIVE_LINES: Final = 3  # that are not blank
LETTERS: Final = 0.6  # share of a query's characters, blanks aside, that are letters: less is a formula or a list
LATIN: Final = 0.9  # share of its letters that are ASCII: less is another language, or a name of signs
SAME_QUERY: Final = 2  # how often a query may come: "Returns the size." says nothing about which function is meant

_FUNCTIONS: Final = frozenset({Kind.FUNCTION, Kind.METHOD})
_CONSTRUCTORS: Final = frozenset({"constructor", "initialize", "init", "deinit", "finalize"})
_TRIVIAL: Final = frozenset(  # what every class overrides, described by what the base class says
    "clone compareto dispose equals gethashcode hashcode inspect to_s to_string tostring".split()
)
_TEST: Final = re.compile(
    r"(?:test|bench|benchmark|fuzz|example)(?:_.*|[A-Z0-9].*)?|(?:Test|Benchmark|Fuzz|Example)\w*|it"
)
_NOT_PROSE: Final = re.compile(  # where a description ends and its parameters, examples or underlined headings begin
    r"[@\\](?!brief\b|short\b|summary\b)\w+|:\w+[^:]*:|[-=~*]{3,}\s*$|```|>>>|#+\s|\.\. "
    r"|(?:args|arguments|parameters|params|returns?|raises|throws|examples?|usage|notes?|yields|see also)\s*:?\s*$",
    re.IGNORECASE,
)
_BRIEF: Final = re.compile(r"^[@\\](?:brief|short|summary)\s+")
_LINK: Final = re.compile(r"\{@(?:link(?:code|plain)?|code|literal|see)\s+([^{}]*)\}")
_NO_DESCRIPTION: Final = re.compile(
    r"copyright\b|\blicen[cs]ed? under\b|SPDX-|\{@inheritdoc\}|@inheritdoc|^(?:todo|fixme|xxx|hack|see)\b|^noqa|^type:"
    r"|eslint-|pylint:|clang-format|^nolint|^region\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One training row."""

    query: str  # the first paragraph of a doc comment
    positive: str  # the function, without it
    lang: str
    source: str  # name of the repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function without its doc comment."""

    place: str  # repository, path and first line: "project/src/upload.py:15"
    text: str
    query: str  # what its doc comment says, where that is fit to train on; else empty
    lang: str
    source: str  # name of the repository


@dataclass(slots=True)
class Tally:
    """What was seen and what was left out."""

    files: int = 0
    pairs: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # functions with a doc comment, by reason
    failed: list[Skipped] = field(default_factory=list)  # files that could not be read


def pairs(paths: Sequence[Path], *, settings: Settings, tally: Tally) -> Iterator[Pair]:
    """Yield the pairs of all repositories, folders or files at `paths`, in the order of their files.

    The files are those that would be indexed, tests and examples left out. Counts into `tally` on the way.
    Raises PathError for a path that is missing or holds nothing to index, SettingsError for a repository's settings.
    """
    yield from told_apart(functions(paths, settings=settings, tally=tally), tally)


def functions(paths: Sequence[Path], *, settings: Settings, tally: Tally) -> Iterator[Function]:
    """Yield every function there that can be told from its doc comment, if it has one; raises as `pairs` does."""
    for target in resolve_targets(paths):
        repo = repository.identify(target.root).name
        for found in _files(target, for_repository(settings, target.root)):
            tally.files += 1
            yield from _of_file(found, repo, tally)


def told_apart(found: Iterable[Function], tally: Tally) -> Iterator[Pair]:
    """Yield the pairs of what functions say and are: each function once, each description at most SAME_QUERY times."""
    bodies: set[str] = set()
    queries: Counter[str] = Counter()
    for each in found:
        if not each.query:
            continue
        body, query = without_space(each.text), folded(each.query)
        if body in bodies:
            tally.left_out["a function of the same text was there before"] += 1
        elif queries[query] == SAME_QUERY:
            tally.left_out["its description describes other functions too"] += 1
        else:
            bodies.add(body)
            queries[query] += 1
            tally.pairs += 1
            yield Pair(query=each.query, positive=each.text, lang=each.lang, source=each.source)


def description(docstring: str) -> str:
    r"""Return the first paragraph of a doc comment's prose, on one line, at most QUERY_CHARS long.

    >>> description("@brief Adds `a`\nto {@link B}.\n@param a first\n\nMore.")
    'Adds `a` to B.'
    >>> description("Args:\n    a: first")
    ''
    """
    lines: list[str] = []
    for line in docstring.strip().split("\n"):
        line = line.strip()
        if not line or _NOT_PROSE.match(line):
            break
        lines.append(_BRIEF.sub("", line))
    text = " ".join(_LINK.sub(r"\1", " ".join(lines)).split())
    if len(text) <= QUERY_CHARS:
        return text
    cut = text[: QUERY_CHARS + 1]
    sentence = max(cut.rfind(end) for end in (". ", "! ", "? "))
    return cut[: sentence + 1] if sentence >= QUERY_CHARS // 3 else cut.rpartition(" ")[0] or text[:QUERY_CHARS]


def _files(target: Target, settings: Settings) -> Iterator[walk.Found]:
    items = list(ingest.find(target, settings=settings, known={}))
    if not any(isinstance(item, walk.Found) for item in items):
        raise ingest.nothing_to_index(target, [item for item in items if isinstance(item, Skipped)])
    for item in items:
        if isinstance(item, walk.Found) and not is_aside(item.path):
            yield item


def _of_file(found: walk.Found, repo: str, tally: Tally) -> Iterator[Function]:
    try:
        data = walk.read(found)
        language = languages.of_path(found.path, data[: languages.HEAD])
        if language.document:
            return
        parsed = parse.parse(data, path=found.path, language=language)
    except DocumentError as error:
        tally.failed.append(Skipped(path=found.path, reason=str(error), hint=error.hint))
        return
    for span in parsed.spans:
        if span.kind not in _FUNCTIONS:
            continue
        query, text = description(span.docstring or ""), _without_doc(span)
        unusable = _unfit_function(span, text)
        reason = _unfit_name(span.symbol or "") or _unfit_query(query) or unusable
        if reason and span.docstring:
            tally.left_out[reason] += 1
        if not unusable:
            yield Function(
                place=f"{repo}/{found.path}:{span.start}",
                text=text,
                query="" if reason else query,
                lang=parsed.language,
                source=repo,
            )


def _unfit_name(symbol: str) -> str | None:
    *scope, name = symbol.split(".")
    if name.startswith("__") and name.endswith("__"):
        return "a method that the language calls"
    if name.lower().strip("_") in _CONSTRUCTORS or name.startswith("~") or (scope and name == scope[-1]):
        return "a constructor"
    if name.lower() in _TRIVIAL:
        return "an override that every class has"
    return "a test" if _TEST.fullmatch(name) else None


def _unfit_query(query: str) -> str | None:
    if len(query.split()) < QUERY_WORDS:
        return f"described in fewer than {QUERY_WORDS} words"
    if _NO_DESCRIPTION.search(query):
        return "a comment, but no description"
    letters = [char for char in query if char.isalpha()]
    if len(letters) < LETTERS * len("".join(query.split())):
        return "described in signs more than in words"
    if sum(map(str.isascii, letters)) < LATIN * len(letters):
        return "described in another language than English"
    return None


def _unfit_function(span: Span, positive: str) -> str | None:
    if span.docstring and not span.doc_lines:
        return "its description stands on the same lines as code"
    lines = sum(bool(line.strip()) for line in positive.split("\n"))
    return f"shorter than {POSITIVE_LINES} lines" if lines < POSITIVE_LINES else None


def _without_doc(span: Span) -> str:
    """Return the function without its doc comment, without common indentation, cut at a line's end."""
    doc = {line for first, last in span.doc_lines for line in range(first, last + 1)}
    kept = [line for number, line in enumerate(span.text.split("\n"), start=span.start) if number not in doc]
    return _cut(textwrap.dedent("\n".join(line.rstrip() for line in kept)).strip("\n"))


def _cut(text: str) -> str:
    if len(text) <= POSITIVE_CHARS:
        return text
    return text[: POSITIVE_CHARS + 1].rpartition("\n")[0].rstrip() or text[:POSITIVE_CHARS]


def without_space(text: str) -> str:
    """Return a text without white space: two functions that differ in nothing else are the same."""
    return "".join(text.split())


def folded(text: str) -> str:
    """Return a text's letters and digits, case folded: descriptions that differ in nothing else say the same."""
    return "".join(char for char in text.casefold() if char.isalnum())


def summary(tally: Tally) -> Iterable[str]:
    """Yield lines that say what came out, and what did not and why."""
    yield f"{tally.pairs:,} pairs from {tally.files:,} files"
    for reason, count in tally.left_out.most_common():
        yield f"  left out {count:,}: {reason}"
    for one in tally.failed:
        yield f"  not read {one.path}: {one.reason}"
