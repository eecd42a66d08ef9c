"""Checks the documentation: `make docs`; `python docs/check.py --write` brings its generated parts up to date.

Every relative link and anchor of every Markdown file must lead somewhere, and every generated part must equal its
source. A generated part stands between two comments:

    <!-- begin: help search -->            the output of `gte-search search --help`
    <!-- begin: help gte-train mine -->    the output of `gte-train mine --help`
    <!-- begin: file examples/search.py -->   a file, the path relative to docs/; Markdown as it is, without a fence
    <!-- begin: settings -->               the table of settings
    <!-- begin: models -->                 the table of known models
    <!-- begin: signals -->                the table of ranking signals, with the comments beside their weights
    <!-- end -->
"""

import argparse
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import MISSING
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
PART: Final = re.compile(
    r"(<!-- begin: (help|file|models|settings|signals) *([^\n]*?) *-->\n).*?(<!-- end -->)", re.DOTALL
)
FENCES: Final = {".py": "python", ".sh": "sh", ".json": "json", ".txt": "text"}
WIDTH: Final = 100  # of help texts, in characters


class Plain(argparse.HelpFormatter):
    """Help that is the same on every Python and every terminal: fixed width, `-k, --limit N`."""

    def __init__(self, prog: str, **_: object) -> None:
        super().__init__(prog, width=WIDTH, max_help_position=30)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        # Until 3.12 argparse prints `-k N, --limit N`.
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        values = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {values}"


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of all subcommands by name; argparse has no public way to them."""
    choices = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: found for named in choices for name, found in named.items()}


def command(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """Return the parser of a subcommand, or `parser` itself for its own name."""
    known = {parser.prog: parser, **subcommands(parser)}
    if name not in known:
        raise SystemExit(f"error: `{parser.prog}` has no command `{name}`, but the docs ask for its help")
    return known[name]


class Unbroken(Plain):
    """The same with every line in one: versions of argparse break the usage at different places."""

    def __init__(self, prog: str, **_: object) -> None:
        argparse.HelpFormatter.__init__(self, prog, width=10_000)


def help_text(parser: argparse.ArgumentParser) -> str:
    """Return the help of one parser, as `Plain` prints it."""
    if hasattr(parser, "color"):  # Python 3.14 colours help unless told not to
        parser.color = False
    parser.formatter_class = Unbroken
    usage = re.sub(r"\[[^]]*\]", lambda option: option[0].replace(" ", "\0"), parser.format_usage())
    lines = textwrap.fill(usage, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    parser.formatter_class = Plain
    _, _, body = parser.format_help().partition("\n\n")
    return f"{lines}\n\n{body}".replace("\0", " ").rstrip("\n")


def settings_table() -> str:
    """Return the settings as a Markdown table, from their one home in the code."""
    from indexer.settings import KNOBS

    rows = ["| setting | default | meaning | in `.gtesearch.toml` |", "|---|---|---|---|"]
    for knob in KNOBS:
        shown = "yes" if knob.default is True else knob.default
        default = "" if knob.default is MISSING or knob.default in ("", ()) else f"`{shown}`"
        project = "yes" if knob.metadata["project"] else ""
        rows.append(f"| `{knob.name}` | {default} | {knob.metadata['help']} | {project} |")
    return "\n".join(rows) + "\n"


def signals_table() -> str:
    """Return the ranking signals as a Markdown table; what each says is the comment beside its weight."""
    from indexer.ranking import weights

    source = Path(weights.__file__).read_text(encoding="utf-8")
    says = dict(re.findall(r'^    "(\w+)": -?[\d.]+,  # (.+)$', source, re.MULTILINE))
    rows = ["| signal | weight | what it says |", "|---|---|---|"]
    rows += [f"| `{name}` | {weight:g} | {says[name]} |" for name, weight in weights.WEIGHTS.items()]
    return "\n".join(rows) + "\n"


def models_table() -> str:
    """Return the known models as a Markdown table."""
    from embedder import MODELS

    rows = ["| name | on the hub | dimensions | tokens | vector | licence |", "|---|---|---|---|---|---|"]
    for one in MODELS:
        made = f"{one.dim} | {one.max_tokens:,} | {one.pooling}" if one.dim else f"| {one.max_tokens:,} | labels"
        address = f"[{one.hub}](https://huggingface.co/{one.hub})" if one.hub else ""
        rows.append(f"| `{one.name}` | {address} | {made} | {one.licence} |")
    return "\n".join(rows) + "\n"


def generated(kind: str, name: str) -> str:
    """Return the Markdown of one generated part."""
    if kind == "file":
        path = DOCS / name
        if path.suffix == ".md":
            return path.read_text(encoding="utf-8")
        return f"```{FENCES[path.suffix]}\n{path.read_text(encoding='utf-8').rstrip()}\n```\n"
    if kind == "models":
        return models_table()
    if kind == "settings":
        return settings_table()
    if kind == "signals":
        return signals_table()
    from indexer import cli as search
    from training import cli as train

    door = train if name.startswith("gte-train") else search
    parser = command(door.build_parser(), name.removeprefix("gte-train ") if " " in name else name)
    return f"```text\n{help_text(parser)}\n```\n"


def refresh(text: str) -> str:
    """Return a page with every generated part as it should be."""
    return PART.sub(lambda part: part[1] + generated(part[2], part[3]) + part[4], text)


def slug(heading: str) -> str:
    """Return the anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _inline(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def anchors(text: str) -> set[str]:
    """Return the anchors of a page."""
    tokens = MarkdownIt().parse(text)
    found: set[str] = set()
    for opening, content in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(t.content for t in _inline([content]) if t.type in ("text", "code_inline"))
            base, number = slug(words), 0
            while (name := f"{base}-{number}" if number else base) in found:
                number += 1
            found.add(name)
    return found


def links(text: str) -> list[str]:
    """Return the targets of all links and images of a page."""
    attributes = (t.attrs.get("href") or t.attrs.get("src") for t in _inline(MarkdownIt().enable("table").parse(text)))
    return [str(target) for target in attributes if target]


def broken(page: Path) -> list[str]:
    """Return what is wrong with the relative links of a page, in words."""
    wrong = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            wrong.append(f"{page.relative_to(ROOT)}: link to `{link}`, but there is no such file")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
            wrong.append(f"{page.relative_to(ROOT)}: link to `{link}`, but there is no such heading")
    return wrong


def pages() -> list[Path]:
    """Return every Markdown file that git tracks or would track."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "*.md"]
    names = subprocess.run(listing, check=True, capture_output=True, text=True, cwd=ROOT).stdout.split("\0")
    return [ROOT / name for name in sorted(set(names)) if name and (ROOT / name).exists()]


def main(*, write: bool) -> int:
    """Check every page, or write its generated parts; return an exit status."""
    wrong: list[str] = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (fresh := refresh(text)) != text:
            if write:
                page.write_text(fresh, encoding="utf-8")
            else:
                wrong.append(f"{page.relative_to(ROOT)}: a generated part is out of date; run `make fix`")
        wrong += broken(page)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"documentation: {len(pages())} pages, {len(wrong)} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(write="--write" in sys.argv[1:]))
