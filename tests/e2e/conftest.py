"""The real page, started as a user starts it, on a small index; and a real browser to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
SECONDS = 60  # to start, on a busy machine
PATIENCE = 20_000  # milliseconds for the page to show something
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

BACKOFF = '''"""Uploads that survive a bad network."""

import time


class Uploader:
    """Sends files to a server."""

    def send(self, path):
        """Send one file."""
        return self.session.post(path)

    def retry_failed_upload(self, path, attempts=5):
        """Try a failed upload again, a little later each time."""
        for attempt in range(attempts):
            if self.send(path):
                return attempt
            time.sleep(2**attempt)
        raise TimeoutError(path)


def long_report(rows):
    """Print a long report, line by line."""
'''
SERVER = """package server

// Listen accepts connections.
func Listen(address string) error {
\treturn nil
}
"""
GUIDE = """# Guide

## Installing

Run the installer.

## Uploading

A failed upload is tried again.
"""
HOSTILE = """def hostile_markup():
    return "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>"
"""
ENDLESS = f"def endless_line():\n    return '{'word ' * 1_000}'\n\n\n" + "# short\n" * 60
ARABIC = "# تعليمات\n\n## رفع الملفات\n\nيعاد رفع الملف بعد الفشل: upload مرة أخرى.\n"  # noqa: RUF001 - Arabic
CHINESE = "# 指南\n\n## 上传文件\n\n上传失败后会重试，每次稍晚一些。\n"  # noqa: RUF001 - Chinese
FILES = {
    "src/backoff.py": BACKOFF + "\n".join(f"    print('line {number}', rows)" for number in range(40)) + "\n",
    "src/server.go": SERVER,
    "docs/guide.md": GUIDE,
    "src/hostile.py": HOSTILE,
    "src/endless.py": ENDLESS,
    "docs/ar.md": ARABIC,
    "docs/zh.md": CHINESE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running page."""

    url: str  # without a slash at the end
    port: int
    tree: Path  # what is indexed
    log: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Index a small tree and serve it with `streamlit run ui`; end both afterwards."""
    base = tmp_path_factory.mktemp("page")
    tree, log = base / "uploads", base / "server.log"
    write(tree, FILES)
    settings = {"GTE_SEARCH_MODEL": "fake", "GTE_SEARCH_INDEX": str(base / "index"), "PYTHONPATH": str(ROOT)}
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("GTE_SEARCH_", "STREAMLIT_"))}
    environ = {**ours, "XDG_CONFIG_HOME": str(base / "config"), **settings}
    with log.open("wb") as output:
        subprocess.run(
            [sys.executable, "-m", "indexer.cli", "index", str(tree)],
            cwd=base,
            env=environ,
            stdout=output,
            stderr=output,
            check=True,
            timeout=SECONDS,
        )
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "ui", "--server.port", str(port)],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=output,
        )
        try:
            running = Server(url=f"http://127.0.0.1:{port}", port=port, tree=tree, log=log)
            wait_until_up(running, process)
            yield running
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


@pytest.fixture(scope="module")  # its event loop has ended when other tests run loops of their own
def browser() -> Iterator[Browser]:
    """Start the Chromium of the system."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open an empty window of a desktop's size."""
    yield from window(browser, width=1280, height=900)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Open an empty window of a phone's size."""
    yield from window(browser, width=390, height=844)


def window(browser: Browser, *, width: int, height: int) -> Iterator[Page]:
    """Open a window that may use the clipboard, close it afterwards."""
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(
        viewport={"width": width, "height": height}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield context.new_page()
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Iterator[None]:  # the report travels through the generator
    """Put the server's log beside what failed."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pytest sends the report of the inner hooks
    running = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(running, Server):
        report.sections.append(("log of the server", running.log.read_text("utf-8", "replace")))
    return report  # type: ignore[return-value]  # and takes it back


def write(folder: Path, files: dict[str, str]) -> None:
    """Write a small tree of files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wait_until_up(running: Server, process: "subprocess.Popen[bytes]") -> None:
    """Return when the API answers; fail with the log if the process ends or takes too long."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{running.url}/api/health", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the page did not start:\n{running.log.read_text('utf-8', 'replace')}")
