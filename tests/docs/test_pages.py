"""The documentation says what the code does."""

import inspect
import re
import tomllib
from pathlib import Path

from docs import check
from indexer.cli import build_parser
from indexer.forecast import STORE_FACTOR
from indexer.index import Index
from indexer.ingest import WINDOW
from indexer.ranking.weights import WEIGHTS
from indexer.settings import KNOBS, Settings
from indexer.walk import WalkRules

DOCS = Path(__file__).resolve().parents[2] / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_no_link_is_broken_and_no_generated_part_is_out_of_date() -> None:
    pages = check.pages()
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    assert [page for page, text in texts.items() if check.refresh(text) != text] == []
    assert [fault for page in pages for fault in check.broken(page)] == []


def test_every_command_has_its_help_in_cli_md() -> None:
    documented = set(re.findall(r"<!-- begin: help (\S+) -->", read("cli.md")))
    assert documented == {"gte-search", *check.subcommands(build_parser())}


def test_every_setting_is_in_the_table_of_cli_md() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", read("cli.md"), re.MULTILINE))
    assert documented == {field.name for field in KNOBS}


def test_every_ranking_signal_is_in_the_table_of_search_md() -> None:
    documented = re.findall(r"^\| `(\w+)` \| (-?[\d.]+) \|", read("search.md"), re.MULTILINE)
    assert {name: float(weight) for name, weight in documented} == WEIGHTS


def test_every_argument_of_search_and_sync_is_in_the_table_of_python_md() -> None:
    methods = (
        Index.search,
        Index.similar,
        Index.duplicates,
        Index.context,
        Index.sync,
        Index.here,
        Index.chunk,
        Index.remove,
    )
    for method in methods:
        (row,) = re.findall(rf"^\| `index\.{method.__name__}\((.*?)\)`", read("python.md"), re.MULTILINE)
        wanted = set(inspect.signature(method).parameters) - {"self"}
        assert {part.partition("=")[0] for part in row.split(", ")} - {"*"} == wanted


def test_the_limits_of_sizes_are_those_of_the_code() -> None:
    page = read("indexing.md")
    settings = Settings()
    assert f"sources and texts above {settings.max_file_bytes >> 20} MiB" in page
    assert f"above {settings.max_document_bytes >> 20} MiB" in page
    assert f"above {WalkRules().max_data_bytes >> 10} KiB" in page
    assert f"about {STORE_FACTOR:g} bytes on disk for each byte of text" in page
    assert f"windows of {WINDOW:,}" in page


def test_the_diagram_shows_the_layers_of_the_import_contract() -> None:
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["name"]: contract for contract in project["tool"]["importlinter"]["contracts"]}
    diagrams = re.findall(r"<!-- layers: ([^\n]+) -->\n```text\n(.*?)```", read("architecture.md"), re.DOTALL)
    shown = {name: [set(row.split()) for row in re.findall(r"│([^│\n]+)│", text)] for name, text in diagrams}
    wanted = {
        name: [{word.strip() for word in re.split(r"[|:]", layer)} for layer in contracts[name]["layers"]]
        for name in shown
    }
    assert shown == wanted
    assert set(shown) == {"imports point down", "the rooms of the indexer", "the rooms of training"}
