"""What only a browser shows: typing, links, Back, the keyboard, the sanitiser, a phone, and one port for all."""

import json
import re
import socket
import urllib.request
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # has no types
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
    open_page(page, server, "/?q=failed+upload+lang:markdown&in=documents")
    expect(first_card(page)).to_contain_text("Uploading")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("failed upload lang:markdown")
    expect(page.get_by_role("radio", name="Documents")).to_be_checked()


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


def test_a_facet_writes_its_filter_into_the_query_and_takes_it_away(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=upload")
    expect(first_card(page)).to_be_visible()
    facet = page.get_by_role("button", name=re.compile(r"^(check )?markdown \d+"))
    facet.click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("upload lang:markdown")
    expect(page).to_have_url(re.compile("lang%3Amarkdown|lang:markdown"))
    expect(page.locator("article.gs-card", has_text="src/")).to_have_count(0)
    expect(first_card(page)).to_contain_text("docs/guide.md")
    page.locator(".st-key-facet-languages button").first.click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("upload")
    expect(page.locator("article.gs-card", has_text="src/").first).to_be_visible()


def test_relatives_of_a_hit_are_a_page_of_their_own_and_back_returns(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=retry_failed_upload")
    expect(first_card(page)).to_contain_text("retry_failed_upload")
    page.get_by_role("button", name="Similar").first.click()
    expect(page.get_by_role("heading", name="Similar to Uploader.retry_failed_upload")).to_be_visible()
    expect(page).to_have_url(re.compile("like="))
    expect(first_card(page)).to_be_visible()
    page.go_back()
    expect(first_card(page)).to_contain_text("Uploader.retry_failed_upload")
    page.go_forward()
    expect(page.get_by_role("heading", name="Similar to")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Similar to")).to_be_visible()


def test_lines_around_a_hit_unfold(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=retry_failed_upload")
    page.get_by_role("button", name="Lines around").first.click()
    expect(first_card(page).locator(".gs-near").first).to_be_visible()
    numbers = first_card(page).locator(".gs-l").evaluate_all("rows => rows.map(row => Number(row.dataset.n))")
    assert numbers == list(range(3, 30))
    expect(first_card(page)).to_contain_text("def send(self, path):")
    expect(page.get_by_role("button", name="More lines")).to_be_visible()


def test_hits_of_one_file_unfold_below_the_best(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=upload")
    more = page.get_by_role("button", name=re.compile(r"^\+\d+ more in this file"))
    expect(more.first).to_be_visible()
    folded = page.locator("article.gs-card").count()
    more.first.click()
    expect(page.get_by_role("button", name=re.compile("^Hide"))).to_be_visible()
    assert page.locator("article.gs-card").count() > folded


@pytest.mark.parametrize(("suffix", "begins"), [("json", "{"), ("csv", "repo,path,"), ("md", "# upload")])
def test_the_hits_are_taken_away_as_a_file(page: Page, server: Server, suffix: str, begins: str) -> None:
    open_page(page, server, "/?q=upload")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.locator(f".st-key-export-{suffix} button").click()
    assert waiting.value.suggested_filename == f"gte-search.{suffix}"
    assert Path(waiting.value.path()).read_text("utf-8").startswith(begins)


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
    assert address(page).startswith(f"vscode://file{(server.tree / FOUND).as_posix()}:")


def address(page: Page) -> str:
    """Press the first "Open in editor" and return what it would open."""
    page.evaluate("HTMLAnchorElement.prototype.click = function () { window.opened = this.href; }")
    first_card(page).get_by_role("button", name="Open in editor").click()
    return str(page.evaluate("window.opened"))


def test_the_editor_of_choice_is_remembered(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=retry_failed_upload")
    page.get_by_role("button", name="Keys and editor").click()
    page.get_by_label("Editor", exact=True).select_option("Cursor")
    assert address(page).startswith("cursor://file/")
    open_page(page, server, "/?q=retry_failed_upload")
    expect(first_card(page)).to_be_visible()
    assert address(page).startswith("cursor://file/")
    page.get_by_role("button", name="Keys and editor").click()
    expect(page.get_by_label("Editor", exact=True)).to_have_value("cursor")
    page.get_by_label("Editor", exact=True).select_option("PyCharm")
    assert address(page).startswith("jetbrains://pycharm/navigate/reference?project=uploads&path=src/backoff.py:")


def test_the_keyboard_walks_through_the_hits(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=upload")
    expect(page.locator("article.gs-card").nth(1)).to_be_visible()
    for key, at in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        expect(page.locator("article.gs-card").nth(at)).to_be_focused()
    page.evaluate("HTMLAnchorElement.prototype.click = function () { window.opened = this.href; }")
    page.keyboard.press("Enter")
    assert page.evaluate("window.opened").startswith("vscode://file/")
    page.keyboard.press("y")
    expect(first_card(page).get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("src/")
    page.keyboard.press("Escape")
    expect(page.locator("article.gs-card:focus")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("j/k?")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("j/k?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox", name="Search")).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("table", name="Keys")).to_be_visible()


def test_markup_in_a_file_is_shown_and_never_run(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=hostile_markup")
    expect(first_card(page)).to_contain_text("<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>")
    assert page.evaluate("window.hacked") is None
    assert page.locator("article img, article script").count() == 0


def test_a_line_of_thousands_of_characters_does_not_widen_the_page(page: Page, server: Server) -> None:
    open_page(page, server, "/?q=endless_line")
    expect(first_card(page)).to_contain_text("more characters")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(
    ("query", "file", "direction"), [("رفع الملفات", "docs/ar.md", "rtl"), ("上传文件", "docs/zh.md", "ltr")]
)
def test_text_reads_in_its_own_direction(page: Page, server: Server, query: str, file: str, direction: str) -> None:
    open_page(page, server)
    ask(page, query)
    card = page.locator("article.gs-card", has_text=file).first
    expect(card).to_contain_text(query)
    row = card.locator(".gs-l", has_text=query).first
    left = row.evaluate(
        """row => {
            const range = document.createRange();
            range.selectNodeContents(row);
            const box = range.getBoundingClientRect(), own = row.getBoundingClientRect();
            return (own.right - box.right) < (box.left - own.left) ? "rtl" : "ltr";
        }"""
    )
    assert left == direction


def test_an_example_of_the_index_is_a_question_with_an_answer(page: Page, server: Server) -> None:
    open_page(page, server)
    example = page.locator(".st-key-example-queries button").first
    expect(example).to_be_visible()
    name = example.inner_text()
    example.click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value(name)
    expect(first_card(page)).to_be_visible()


STATES = {  # address, and what is pressed there
    "home": ("/", ""),
    "why": ("/?q=upload", ".gs-why summary"),
    "filtered": ("/?q=upload+lang:markdown&in=documents", ""),
    "around": ("/?q=retry_failed_upload", "text=Lines around"),
    "file": ("/?q=upload", "text=more in this file"),
    "similar": ("/?q=retry_failed_upload", "text=Similar"),
    "export": ("/?q=upload", "text=Export"),
    "keys": ("/?q=upload", "text=Keys and editor"),
    "no-hits": ("/?q=%22retry_failed_upload%22+lang:go", ""),
    "error": ("/?q=/(/", ""),
    "repositories": ("/repositories", "text=Files"),
    "status": ("/status", ""),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_the_page(page: Page, server: Server, state: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    where, pressed = STATES[state]
    page.goto(server.url + where)
    page.wait_for_selector("article.gs-card, .st-key-example-queries, .gs-note, .gs-repository, .gs-facts")
    if pressed:
        page.locator(pressed).first.click()
        page.wait_for_timeout(1_000)  # to be drawn: whatever it is
    serious = [
        f"{one['id']}: {node['html'][:200]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []


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
    expect(phone.locator(".st-key-facet-languages")).to_be_visible()


def test_the_api_answers_on_the_same_port_with_the_same_hits(page: Page, server: Server) -> None:
    request = urllib.request.Request(
        f"{server.url}/api/v1/search",
        data=json.dumps({"query": QUESTION, "limit": 100}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        hits = json.load(answer)["hits"]
    open_page(page, server, "/?q=" + QUESTION.replace(" ", "+"))
    expect(first_card(page)).to_be_visible()
    best: dict[str, str] = {}  # of each file; the others are folded under it
    for hit in hits:
        best.setdefault(hit["path"], f"{hit['path']}:{hit['start']}-{hit['end']}")
    expect(page.locator("article.gs-card")).to_have_count(len(best))
    shown = page.locator("article.gs-card").evaluate_all("cards => cards.map(card => card.ariaLabel)")
    assert shown == list(best.values())
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
