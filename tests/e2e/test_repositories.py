"""The pages Repositories and Status in a real browser: a run is forecast, started, told of, and looked into."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, write

pytestmark = pytest.mark.e2e

BOX = "Folder, file or git address to index"


def open_repositories(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/repositories")
    expect(page.locator("article.gs-repository").first).to_be_visible()


def test_a_forecast_run_is_started_told_of_and_its_files_listed(page: Page, server: Server, tmp_path: Path) -> None:
    letters = tmp_path / "letters"
    write(letters, {"mail/a.md": "# Pigeons\n\nBy air.\n", "mail/b.py": "def send():\n    return 1\n"})
    (letters / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (letters / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    open_repositories(page, server)
    page.get_by_role("textbox", name=BOX).fill(str(letters))
    page.get_by_role("button", name="Preview").click()
    plan = page.locator("article.gs-repository", has_text="not started")
    expect(plan).to_contain_text("By meaning, after another")
    expect(plan).to_contain_text("1 path would be left out")
    page.get_by_role("button", name="Index it").click()
    expect(page.get_by_text(f"{letters}: indexed")).to_be_visible()
    expect(plan).to_have_count(0)
    page.get_by_role("button", name="Dismiss").click()

    card = page.locator(".st-key-repo-letters")
    expect(card).to_contain_text("since indexed: 1 new")  # what cannot be read: each run tries it again
    card.get_by_role("button", name="Files").click()
    failed = card.locator("details.gs-files", has_text="could not be read").first
    expect(failed.locator("summary").first).to_have_text("1 file could not be read")
    failed.locator("summary").first.click()
    failed.get_by_text("in the folder itself").click()
    expect(failed.get_by_text("broken.pdf")).to_be_visible()

    (letters / "mail/c.md").write_text("# More\n", "utf-8")
    page.get_by_role("button", name="Look again").click()
    expect(card).to_contain_text(re.compile("2 new|3 files"))  # or the watch was quicker
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove from the index").click()
    expect(card).to_have_count(0)


def test_an_address_that_cannot_be_cloned_says_why(page: Page, server: Server) -> None:
    open_repositories(page, server)
    page.get_by_role("textbox", name=BOX).fill("https://user:secret@example.invalid/owner/site")
    page.get_by_role("button", name="Index", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("holds a password or a token")
    expect(alert).not_to_contain_text("secret@")


def test_status_runs_the_checks_and_shows_how_long_a_search_took(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/?q=upload")
    expect(page.locator("article.gs-card").first).to_be_visible()
    page.get_by_role("link", name="Status").click()
    expect(page.get_by_role("table", name="Milliseconds of the latest searches")).to_contain_text("median")
    expect(page.get_by_text("fingerprint")).to_be_visible()
    page.get_by_role("button", name="Run the checks").click()
    expect(page.locator(".gs-check", has_text="sqlite")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_pages_fit_a_phone(phone: Page, server: Server, scheme: Literal["light", "dark"]) -> None:
    phone.emulate_media(color_scheme=scheme)
    open_repositories(phone, server)
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    phone.goto(f"{server.url}/status")
    expect(phone.get_by_text("fingerprint").or_(phone.get_by_text("not loaded yet"))).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_run_that_fails_at_once_leaves_the_page_at_rest(page: Page, server: Server) -> None:
    open_repositories(page, server)
    page.get_by_role("textbox", name=BOX).fill("https://localhost:1/owner/site")
    page.get_by_role("button", name="Index", exact=True).click()
    expect(page.get_by_text("indexing failed with status 2")).to_be_visible()
    expect(page.get_by_text("cannot be cloned")).to_be_visible()
    expect(page.get_by_text("as on disk")).to_be_visible()
    expect(page.get_by_text("are free")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
