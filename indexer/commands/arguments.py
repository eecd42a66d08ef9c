"""Arguments that several commands share, and what is read from them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.index import Index


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what says which index, and how it is searched."""
    parser.add_argument("--index", metavar="DIR", help="folder of the index")
    parser.add_argument("--model", help="encoder: a known name, a folder, or a name on the Hugging Face hub")
    parser.add_argument("--store", help="where the index is kept (default: local)")


def add_globs(parser: argparse.ArgumentParser, verb: str) -> None:
    """Add what says which files of a folder; `verb` is what is done with them."""
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help=f"{verb} only matching paths")
    parser.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="leave out matching paths")


def add_rerank(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a cross-encoder."""
    parser.add_argument(
        "--rerank", metavar="MODEL", help="cross-encoder that puts the best hits of a question in order: slower"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the choice of JSON."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def path(text: str) -> Path:
    """Read a path; an empty one, such as of a variable that is not set, must not stand for the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("a path is empty; `.` is the current folder")
    return Path(text)


def flags(options: argparse.Namespace) -> dict[str, object]:
    """Return the options that are settings; None where one was not given."""
    names = ("index", "model", "rerank", "store", "include", "exclude", "host", "port")
    return {name: getattr(options, name, None) or None for name in names}


def opened(options: argparse.Namespace, *, create: bool = False) -> "Index":
    """Open the index that the options name, and the settings where they name none."""
    from indexer import open_index

    return open_index(create=create, flags=flags(options))
