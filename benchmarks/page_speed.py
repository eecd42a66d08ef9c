"""Measure the search page in a real browser: until it can be used, and from Enter to painted results.

    python -m benchmarks.page_speed --index INDEX --queries QUERIES.txt --out RESULT.json

A server is started on INDEX and asked once. "First paint" is from the request to the box for the query, in a window
that holds nothing from before. "Results" is from the key Enter to the frame after the last change of the page, when the
server's script has ended; what the server says that the search took is told beside it. Tables go to RESULT.md and to
stdout.
"""

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import turns
from benchmarks.machine import conditions

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
BOX: Final = ".st-key-query input"
SECONDS: Final = 90  # for the server to start, or the page to answer
SETTLED: Final = 1.0  # seconds without a change after which the page has nothing more to draw
FIRST: Final = "a question that warms up, which nobody asks again"
WATCH: Final = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  const began = performance.now();
  let state = app.getAttribute('data-test-script-state'), ran = false;
  window.painted = null;
  window.watching?.disconnect();
  window.watching = new MutationObserver(() => {
    state = app.getAttribute('data-test-script-state');
    ran ||= state === 'running';
    if (ran && state !== 'running')
      requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now() - began; }));
  });
  window.watching.observe(document.documentElement, { subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ['data-test-script-state'] });
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    options = parse(arguments)
    queries = [line for line in options.queries.read_text("utf-8").splitlines() if line.strip()]
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        sys.exit(f"error: none of {', '.join(BROWSERS)} is installed")
    with served(options.index) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        first_paints(browser, url, 1)
        paints = first_paints(browser, url, options.times)
        asked = answers(browser.new_page(), url, queries)
        browser.close()
    found = {
        "machine": conditions(),
        "settings": {"index": options.index.resolve().name, "queries": len(queries), "times": options.times},
        "first_paint_ms": paints,
        "queries": asked,
    }
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure the search page in a real browser.")
    parser.add_argument("--index", type=Path, required=True, help="a complete index")
    parser.add_argument("--queries", type=Path, required=True, help="a text file, one a line")
    parser.add_argument("--times", type=int, default=10, help="that the page is opened (default: 10)")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the tables go beside it as .md")
    return parser.parse_args(arguments)


@contextmanager
def served(index: Path) -> Iterator[str]:
    """Serve the page on an index, until the block ends; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environ = turns.environment(GTE_SEARCH_INDEX=str(index.resolve()), GTE_SEARCH_WATCH="no")
    command = [sys.executable, "-m", "streamlit", "run", "ui", "--server.port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=turns.ROOT, env=environ, stdout=log, stderr=log)
        try:
            until_up(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


def until_up(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return when the server answers. Exits where it does not."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/api/health", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    sys.exit("error: the page did not start")


def first_paints(browser: Browser, url: str, times: int) -> list[float]:
    """Open the page in a new window each time; return the milliseconds until the query can be typed."""
    found = []
    for _ in range(times):
        with browser.new_context() as context:
            page = context.new_page()
            started = time.perf_counter()
            page.goto(url)
            page.wait_for_selector(BOX, timeout=SECONDS * 1000)
            found.append((time.perf_counter() - started) * 1000)
    return found


def answers(page: Page, url: str, queries: Sequence[str]) -> list[dict[str, Any]]:
    """Ask each query in one window; return what it took to paint the answer, and to search. The first warms up."""
    page.goto(url)
    page.wait_for_selector(BOX, timeout=SECONDS * 1000)
    found = []
    for number, query in enumerate([FIRST, *queries]):
        box = page.locator(BOX)
        box.select_text()
        page.keyboard.insert_text(query)
        page.wait_for_timeout(SETTLED * 1000)
        page.evaluate(WATCH)
        box.press("Enter")
        page.wait_for_function("window.painted", timeout=SECONDS * 1000)
        page.wait_for_timeout(SETTLED * 1000)
        said = page.locator("p.gs-summary[role=status]").first.inner_text(timeout=SECONDS * 1000)
        if number:
            took = re.search(r"in ([\d,]+) ms", said)
            searched = float(took[1].replace(",", "")) if took else None
            found.append({"query": query, "painted_ms": page.evaluate("window.painted"), "search_ms": searched})
    return found


def markdown(found: dict[str, Any]) -> str:
    """Return the page of the result."""
    machine, settings = found["machine"], found["settings"]
    painted = [one["painted_ms"] for one in found["queries"]]
    searched = [one["search_ms"] for one in found["queries"] if one["search_ms"] is not None]
    sides = {
        "first paint": found["first_paint_ms"],
        "from Enter to painted results": painted,
        "of these, the search": searched,
    }
    lines = [
        f"{settings['queries']} queries, {settings['times']} first paints, warm; {machine['processor']}; "
        f"load {machine['load_average']:.1f}; commit {machine['commit']}.",
        "",
        *turns.table(
            ["milliseconds", "p50", "p95", "most"],
            [
                [name, *(f"{turns.percentile(values, share):,.0f}" for share in (0.5, 0.95, 1.0))]
                for name, values in sides.items()
                if values
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
