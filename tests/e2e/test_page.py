"""What only a browser shows: typing, links, Back, the keyboard, the sanitiser, a phone, and one port for all."""

import json
import re
import socket
import urllib.request
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Server, write

pytestmark = pytest.mark.e2e

QUESTION = "try a failed upload again a little later"
FOUND = "src/backoff.py"


def open_page(page: Page, server: Server, address: str = "/") -> None:
    page.goto(f"{server.url}{address}")
    expect(page.get_by_role("searchbox", name="Search")).to_be_visible()
    page.wait_for_function("window.gteSearch")  # our script is there


def ask(page: Page, query: str) -> None:
    box = page.get_by_role("searchbox", name="Search")
    box.fill(query)
    box.press("Enter")
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("q") == [query])


def first_card(page: Page) -> Locator:
    return page.locator("article.gs-card").first


def test_a_typed_question_brings_the_right_function_first(page: Page, server: Server) -> None:
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    open_page(page, server)
    expect(page).to_have_title("gte-search")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    card = first_card(page)
    expect(card).to_contain_text("Uploader.retry_failed_upload")
    expect(card).to_contain_text("uploads")
    expect(card).to_contain_text(FOUND)
    expect(card.locator(".gs-lines")).to_have_text("L13-19")
    numbers = card.locator("pre.gs-code .gs-l").evaluate_all("rows => rows.map(row => Number(row.dataset.n))")
    assert numbers == list(range(13, 20))
    expect(card.locator(".gs-l").first).to_contain_text("def retry_failed_upload(self, path, attempts=5):")
    assert hosts - {None} == {"127.0.0.1"}, "the page asked another machine"


def test_a_shared_address_opens_the_same_results(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=failed+upload&lang=markdown")
    expect(first_card(page)).to_contain_text("Uploading")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("failed upload")
    expect(page.get_by_label("Selected options for Language").or_(page.locator(".st-key-languages"))).to_contain_text(
        "markdown"
    )


def test_back_and_forward_walk_through_the_questions(page: Page, server: Server) -> None:
    open_page(page, server)
    ask(page, "retry_failed_upload")
    expect(first_card(page)).to_contain_text("retry_failed_upload")
    ask(page, "Listen")
    expect(first_card(page)).to_contain_text("src/server.go")
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("retry_failed_upload")
    expect(first_card(page)).to_contain_text("retry_failed_upload")
    page.go_forward()
    expect(first_card(page)).to_contain_text("src/server.go")


def test_a_filter_narrows_the_results_and_shows_counts(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=upload")
    expect(first_card(page)).to_be_visible()
    page.locator(".st-key-languages input").click()
    page.get_by_role("option", name=re.compile(r"^markdown \(\d+\)$")).click()
    expect(page).to_have_url(re.compile("lang=markdown"))
    expect(first_card(page)).to_contain_text("docs/guide.md")
    expect(page.locator("article.gs-card", has_text="src/")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("article.gs-card", has_text="src/").first).to_be_visible()


def test_a_long_function_unfolds_without_asking_the_server(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=long_report")
    card = first_card(page)
    rows = card.locator(".gs-l:visible")
    expect(card.get_by_text("Show all")).to_be_visible()
    folded = rows.count()
    assert 1 < folded <= 16
    card.get_by_text("Show all").click()
    expect(card.get_by_text("Show less")).to_be_visible()
    numbers = rows.evaluate_all("rows => rows.map(row => Number(row.dataset.n))")
    assert len(numbers) > folded
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    card.get_by_text("why").click()
    expect(card.get_by_role("table", name="What each signal gave")).to_be_visible()


def test_a_place_is_copied_and_opens_in_the_editor(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=retry_failed_upload")
    card = first_card(page)
    card.get_by_role("button", name="Copy path").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{FOUND}:13-19"
    address = card.get_by_role("button", name="Open in editor").get_attribute("data-editor")
    assert address is not None
    assert address.startswith(f"vscode://file{(server.tree / FOUND).as_posix()}:")


def test_slash_moves_to_the_query(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=upload")
    expect(first_card(page)).to_be_visible()
    page.locator("pre.gs-code").first.focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("a/b")


def test_markup_in_a_file_is_shown_and_never_run(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=hostile_markup")
    expect(first_card(page)).to_contain_text("<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>")
    assert page.evaluate("window.hacked") is None
    assert page.locator("article img, article script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_colours_of_the_system(
    page: Page, server: Server, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    open_page(page, server, "/?q=upload")
    expect(first_card(page)).to_be_visible()
    ground = first_card(page).evaluate("card => getComputedStyle(card).backgroundColor")
    bright = sum(int(part) for part in re.findall(r"\d+", ground)[:3]) > 3 * 128
    assert bright == (scheme == "light")


def test_the_page_fits_a_phone(phone: Page, server: Server) -> None:
    open_page(phone, server)
    ask(phone, QUESTION)
    card = first_card(phone)
    expect(card).to_contain_text("Uploader.retry_failed_upload")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    phone.get_by_test_id("stExpandSidebarButton").click()
    expect(phone.locator(".st-key-languages")).to_be_visible()


def test_the_api_answers_on_the_same_port_with_the_same_hits(page: Page, server: Server) -> None:
    request = urllib.request.Request(
        f"{server.url}/api/v1/search",
        data=json.dumps({"query": QUESTION}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        hits = json.load(answer)["hits"]
    open_page(page, server, "/?q=" + QUESTION.replace(" ", "+"))
    expect(first_card(page)).to_be_visible()
    expect(page.locator("article.gs-card")).to_have_count(len(hits))
    shown = page.locator("article.gs-card").evaluate_all("cards => cards.map(card => card.ariaLabel)")
    assert shown == [f"{hit['path']}:{hit['start']}-{hit['end']}" for hit in hits]
    with urllib.request.urlopen(f"{server.url}/api/docs", timeout=20) as docs:
        assert b"swagger" in docs.read().lower()


def test_only_this_machine_can_connect(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5):
        pass
    with pytest.raises(OSError, match=r"refused|unreachable|assign|timed out"):  # another address of this machine
        socket.create_connection(("127.0.0.2", server.port), timeout=5).close()


def test_a_folder_is_indexed_found_and_removed_from_the_page(page: Page, server: Server, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    write(notes, {"zebra.md": "# Zebra\n\nZebras are striped.\n"})
    open_page(page, server, "/?q=retry_failed_upload")
    expect(first_card(page)).to_be_visible()
    page.get_by_role("link", name="Repositories").click()
    expect(page.locator("article.gs-repository")).to_have_count(1)

    page.get_by_role("textbox", name="Folder, file or git address to index").fill(str(notes / "missing"))
    page.get_by_role("button", name="Index", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("does not exist")

    page.get_by_role("textbox", name="Folder, file or git address to index").fill(str(notes))
    page.get_by_role("button", name="Index", exact=True).click()
    expect(page.get_by_text(f"{notes}: indexed")).to_be_visible()
    expect(page.locator("article.gs-repository")).to_have_count(2)
    expect(page.locator("article.gs-repository", has_text="notes")).to_contain_text("Meaning 100 %")
    page.get_by_role("button", name="Dismiss").click()

    page.get_by_role("link", name="Search").click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("retry_failed_upload")
    ask(page, "striped zebras")
    expect(first_card(page)).to_contain_text("zebra.md")

    page.get_by_role("link", name="Repositories").click()
    page.locator(".st-key-remove-notes button").click()
    page.get_by_role("button", name="Remove from the index").click()
    expect(page.locator("article.gs-repository")).to_have_count(1)
    assert (notes / "zebra.md").exists()
