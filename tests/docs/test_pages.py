"""The documentation says what the code does."""

import inspect
import json
import re
import tomllib
from pathlib import Path
from typing import cast

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

from docs import check
from indexer.api import create_app
from indexer.api.app import ANYWHERE, STATUSES
from indexer.cli import build_parser
from indexer.commands.mcp import PORT
from indexer.forecast import STORE_FACTOR
from indexer.index import Index
from indexer.ingest import WINDOW
from indexer.jobs import Jobs
from indexer.mcp.server import PATH
from indexer.mcp.tools import TOOLS
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
        Index.file,
        Index.facets,
        Index.encoder,
        Index.remove,
    )
    for method in methods:
        (row,) = re.findall(rf"^\| `index\.{method.__name__}\((.*?)\)`", read("python.md"), re.MULTILINE)
        wanted = set(inspect.signature(method).parameters) - {"self"}
        assert {part.partition("=")[0] for part in row.split(", ")} - {"*", ""} == wanted


def test_every_request_of_the_api_and_every_field_is_in_api_md() -> None:
    app = create_app(lambda: cast("Index", None), jobs_of=Jobs(Path("unused")))
    description = app.openapi()
    page = read("api.md")
    documented = {
        part
        for row in re.findall(r"^\| (`(?:GET|POST|DELETE) /api/.*?) \|", page, re.MULTILINE)
        for part in row.split("`")
    }
    asked = {part.partition("?")[0] for part in documented if part.startswith(("GET", "POST", "DELETE"))}
    offered = {f"{m.upper()} /api{path}" for path, methods in description["paths"].items() for m in methods}
    assert asked == offered
    shapes = description["components"]["schemas"]
    for shape in ("SearchRequest", "SimilarRequest", "DuplicatesRequest", "IndexRequest", "EmbeddingsRequest", "Job"):
        assert [
            name for name in shapes[shape]["properties"] if f"`{name}`" not in page and f'"{name}"' not in page
        ] in ([], ["user"])


def test_every_status_of_an_error_is_in_api_md() -> None:
    rows = re.findall(r"^\| (\d{3}) \|", read("api.md"), re.MULTILINE)
    assert {int(row) for row in rows} == {*ANYWHERE, *(status for _, status in STATUSES), 405}


def test_every_tool_of_agents_is_in_mcp_md_with_its_arguments_and_their_defaults() -> None:
    page = read("mcp.md")
    for name, tool in TOOLS.items():
        (section,) = re.findall(rf"^### {name}\n(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL)
        rows = re.findall(r"^\| (`[^|]+`) \|([^|]*)\|", section, re.MULTILINE)
        documented = {field: default.strip(" `") for names, default in rows for field in re.findall(r"`(\w+)`", names)}
        wanted = {
            field: "" if one.is_required() else json.dumps(one.default) for field, one in tool.asks.model_fields.items()
        }
        assert documented == wanted


def test_the_setup_of_every_client_can_be_read_by_it() -> None:
    page = read("mcp.md")
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    entries = [server for block in blocks for named in json.loads(block).values() for server in named.values()]
    entries += tomllib.loads(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])["mcp_servers"].values()
    assert len(entries) == 4
    assert all(one["command"].endswith("gte-search") and one["args"] == ["mcp"] for one in entries)
    assert f"http://127.0.0.1:{PORT}{PATH}" in page


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


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    site = yaml.safe_load((check.ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = [page for part in site["nav"] for pages in part.values() for page in pages]
    named = [page if isinstance(page, str) else next(iter(page.values())) for page in pages]
    assert sorted(named) == sorted(path.name for path in (check.ROOT / "docs").glob("*.md"))
