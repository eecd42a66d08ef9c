"""The checker of the documentation finds what it is for."""

import argparse
from pathlib import Path

import pytest

from docs import check


def page(folder: Path, text: str, name: str = "page.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(check, "ROOT", tmp_path)
    return tmp_path


def test_a_link_to_a_missing_file_is_reported_with_its_page(root: Path) -> None:
    assert check.broken(page(root, "[a](gone.md)")) == ["page.md: link to `gone.md`, but there is no such file"]


def test_a_link_to_a_missing_heading_is_reported(root: Path) -> None:
    page(root, "# Here it is", name="other.md")
    text = "[a](other.md#here-it-is) and [b](other.md#nowhere)"
    assert check.broken(page(root, text)) == ["page.md: link to `other.md#nowhere`, but there is no such heading"]


def test_a_missing_image_is_reported(root: Path) -> None:
    assert len(check.broken(page(root, "![a](gone.png)"))) == 1


def test_links_in_tables_are_checked(root: Path) -> None:
    assert len(check.broken(page(root, "| a |\n|---|\n| [x](gone.md) |\n"))) == 1


def test_addresses_and_code_are_left_alone(root: Path) -> None:
    assert check.broken(page(root, "[a](https://example.org/x) `[b](gone.md)`\n\n```\n[c](gone.md)\n```\n")) == []


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Install a station", "install-a-station"),
        ("`index-repo PATH...`", "index-repo-path"),
        ("What, why?", "what-why"),
    ],
)
def test_anchors_are_those_of_code_hosts(heading: str, anchor: str) -> None:
    assert check.anchors(f"# {heading}\n") == {anchor}


def test_equal_headings_get_numbered_anchors() -> None:
    assert check.anchors("# A\n\n# A\n\n# A\n") == {"a", "a-1", "a-2"}


def test_a_file_part_is_replaced_by_the_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "DOCS", root)
    (root / "one.py").write_text("print(1)\n", encoding="utf-8")
    text = "before\n<!-- begin: file one.py -->\nold\n<!-- end -->\nafter\n"
    fresh = "before\n<!-- begin: file one.py -->\n```python\nprint(1)\n```\n<!-- end -->\nafter\n"
    assert check.refresh(text) == fresh
    assert check.refresh(fresh) == fresh


def test_help_names_every_option_once_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = argparse.ArgumentParser(prog="tool", description="Does it.")
    parser.add_argument("-k", "--limit", metavar="N", help="how many")
    monkeypatch.setenv("COLUMNS", "40")
    narrow = check.help_text(parser)
    monkeypatch.setenv("COLUMNS", "200")
    assert check.help_text(parser) == narrow
    assert "-k, --limit N" in narrow


def test_help_of_an_unknown_command_is_refused() -> None:
    with pytest.raises(SystemExit, match="no command `gone`"):
        check.command(argparse.ArgumentParser(prog="tool"), "gone")
