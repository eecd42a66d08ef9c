"""A page that listens beyond this machine, in a real browser: it asks for the token, and opens with it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ROOT, SECONDS, Server, free_port, wait_until_up

pytestmark = pytest.mark.e2e

TOKEN = "a-token-of-this-test"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page of an empty index, started as people start it for others."""
    base = tmp_path_factory.mktemp("token")
    port, log = free_port(), base / "server.log"
    settings = {"GTE_SEARCH_MODEL": "fake", "GTE_SEARCH_INDEX": str(base / "index"), "GTE_SEARCH_TOKEN": TOKEN}
    environ = {**os.environ, "XDG_CONFIG_HOME": str(base / "config"), "PYTHONPATH": str(ROOT), **settings}
    environ.pop("DISPLAY", None)  # no browser of its own
    command = [sys.executable, "-m", "indexer.cli", "ui", "--host", "0.0.0.0", "--port", str(port)]
    with log.open("wb") as output, subprocess.Popen(command, cwd=base, env=environ, stdout=output, stderr=output) as ui:
        running = Server(url=f"http://127.0.0.1:{port}", port=port, tree=Path(), log=log)
        wait_until_up(running, ui)
        yield running
        ui.send_signal(2)  # as Ctrl-C does
        for child in children(ui.pid):
            os.kill(child, 15)
        ui.wait(SECONDS)


def children(pid: int) -> list[int]:
    listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listing.stdout.split()]


def test_the_page_asks_for_the_token_and_opens_with_it(server: Server, page: Page) -> None:
    page.goto(server.url)
    expect(page.get_by_label("Token")).to_be_focused()
    page.get_by_label("Token").fill("a guess")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("That is not the token")).to_be_visible()
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Search")).to_be_visible()  # the page's stream is let in, too
