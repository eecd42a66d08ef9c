"""The documentation says what the code does."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from docs import check
from indexer.cli import build_parser
from indexer.settings import Settings

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
    assert documented == {field.name for field in fields(Settings)}


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
    assert set(shown) == {"imports point down", "the rooms of the indexer"}
