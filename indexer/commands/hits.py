"""What `search`, `similar` and `duplicates` share: filters, the forms of an answer, and how one is printed."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from indexer.commands.output import complain, say, say_json

if TYPE_CHECKING:
    from indexer.asking import Asked
    from indexer.index import Index
    from indexer.types import Copy, Hit, SearchResult, SimilarResult, Understood


class Filters(TypedDict):
    """Filters by the names that Index has for them."""

    repos: list[str]
    languages: list[str]
    kinds: list[str]
    paths: list[str]
    symbols: list[str]


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add what restricts a search."""
    for option, text in (
        ("repo", "name of a repository"),
        ("lang", "language, such as python"),
        ("kind", "function, method, class, module, section, page, cell or block"),
        ("path", "glob, as in .gitignore"),
        ("symbol", "qualified symbol or its last parts"),
    ):
        parser.add_argument(f"--{option}", action="append", default=[], help=f"only this {text}; repeatable")
    parser.add_argument("--here", action="store_true", help="only the repository of the current folder")


def add_form(parser: argparse.ArgumentParser, *, explained: str) -> None:
    """Add what says how hits are printed; `explained` is what `--explain` shows."""
    parser.add_argument("-l", "--files", action="store_true", help="print only paths")
    parser.add_argument("-c", "--content", action="store_true", help="print whole chunks")
    parser.add_argument("--explain", action="store_true", help=explained)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the result as JSON")
    form.add_argument("--jsonl", action="store_true", help="print one JSON object a hit")


def filters(options: argparse.Namespace, index: "Asked | Index") -> Filters:
    """Return the filters that the flags give. Raises PathError for `--here` in a folder that is not indexed."""
    from indexer.errors import PathError

    repos = options.repo
    if options.here:
        here = index.here(Path.cwd())
        if here is None:
            raise PathError(f"{Path.cwd()} is not indexed", hint="index it with `index-repo .`")
        repos = [here]
    return {
        "repos": repos,
        "languages": options.lang,
        "kinds": options.kind,
        "paths": options.path,
        "symbols": options.symbol,
    }


def roots_of(places: "Iterable[Hit | Copy]", index: "Asked | Index") -> dict[str, Path | None]:
    """Return the folder of each repository that the places lie in."""
    return {name: index.root(name) for name in {place.repo for place in places}}


def print_understood(understood: "Understood", options: argparse.Namespace) -> None:
    """Print the whole where it is asked for; what was corrected must be known by everyone."""
    from indexer import terminal

    if options.json or options.jsonl:
        return
    if options.explain and not options.files:
        say(terminal.understood_lines(understood, colour=terminal.uses_colour()))
    else:
        complain(*map(terminal.printable, understood.corrections))


def print_result(result: "SearchResult | SimilarResult", index: "Asked | Index", options: argparse.Namespace) -> None:
    """Print hits in the form that the options ask for, and on stderr what the reader should know of them."""
    from indexer import terminal

    if options.json:
        say_json(result)
        return
    if options.jsonl:
        for hit in result.hits:
            say_json(hit, indent=None)
        return
    roots = roots_of(result.hits, index)
    colour = terminal.uses_colour()
    if options.files:
        files = dict.fromkeys(terminal.file_of(hit, roots[hit.repo]) for hit in result.hits)
        say(map(terminal.printable, files))
    else:
        for hit in result.hits:
            say(
                terminal.hit_lines(
                    hit, roots[hit.repo], content=options.content, explain=options.explain, colour=colour
                )
            )
    if result.notice:
        complain(terminal.printable(result.notice))
    if result.pending_vectors:
        complain(f"{result.pending_vectors:,} passages are not searchable by meaning yet")
