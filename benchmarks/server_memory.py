"""Measure the memory of a warm server: `gte-search serve`, and the page, asked over HTTP and in a browser.

    python -m benchmarks.server_memory --index INDEX --queries QUERIES.txt --out RESULT.json [--browser CHROMIUM]

Each door is started as a user starts it, and asked every query once with its model loaded; with `--browser` the page
is then opened for each query too (Chromium itself is not counted). Told is the process that answers, which for the page
is the largest of those that `gte-search ui` started, and all of them together. Tables go to RESULT.md and to stdout.
Linux only; `--browser` needs `pip install --group dev`.
"""

import argparse
import http.client
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from benchmarks import memory, served, turns
from benchmarks.machine import conditions

TITLES: Final = {
    "serve": "`gte-search serve`, after requests",
    "ui": "the page, after requests",
    "browser": "the page, after as many pages in a browser",
}
PAGE_MILLISECONDS: Final = 60_000  # to show the first hit, on a busy machine


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    options = parse(arguments)
    queries = [line for line in options.queries.read_text(encoding="utf-8").splitlines() if line.strip()]
    sides: dict[str, Any] = {}
    for door in served.DOORS:
        with served.serving(options.index.resolve(), door=door) as (connection, pid):
            without = [query for query in queries if not served.search(connection, query)["hits"]]
            sides[door] = {**held(pid), "without_hits": without}
            if door == "ui" and options.browser:
                look(connection, [query for query in queries if query not in without], options.browser)
                sides["browser"] = held(pid)
        turns.say(f"{door}: {sides[door]['rss_mb']:.0f} MB")
    found = {"machine": conditions(), "settings": {"queries": len(queries)}, "sides": sides}
    turns.write(found, markdown(found), options.out)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure the memory of a warm server.")
    parser.add_argument("--index", type=Path, required=True, help="folder of an index with vectors")
    parser.add_argument("--queries", type=Path, required=True, help="one query a line")
    parser.add_argument("--out", type=Path, help="JSON file of the result; the table goes beside it as .md")
    parser.add_argument("--browser", metavar="CHROMIUM", help="a Chromium that opens the page too")
    return parser.parse_args(arguments)


def held(pid: int) -> dict[str, float]:
    """Return the memory in MB of the largest process below `pid`, now and at its most, and of all of them now."""
    pids = memory.tree(pid)
    largest = max(pids, key=memory.rss)
    return {
        "rss_mb": memory.rss(largest) / 1e6,
        "peak_rss_mb": memory.peak(largest) / 1e6,
        "all_rss_mb": sum(map(memory.rss, pids)) / 1e6,
        "all_pss_mb": sum(map(memory.pss, pids)) / 1e6,
        "processes": len(pids),
    }


def look(connection: http.client.HTTPConnection, queries: Sequence[str], browser: str) -> None:
    """Open the page of each query, and wait for its first hit."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=browser, args=flags)
        page = started.new_page()
        for query in queries:
            page.goto(f"http://{connection.host}:{connection.port}/?{urlencode({'q': query})}")
            page.locator("article.gs-card").first.wait_for(timeout=PAGE_MILLISECONDS)
        started.close()


def markdown(found: Mapping[str, Any]) -> str:
    """Return the table of a result."""
    machine, sides = found["machine"], found["sides"]
    measures = ("rss_mb", "peak_rss_mb", "all_rss_mb", "all_pss_mb", "processes")
    rows = [[TITLES[side], *(f"{one[name]:,.0f}" for name in measures)] for side, one in sides.items()]
    head = ["MB", "memory (RSS)", "most so far", "all processes (RSS)", "all processes (PSS)", "processes"]
    lines = [
        f"{found['settings']['queries']} queries; {machine['processor']}; commit {machine['commit']}.",
        "",
        *turns.table(head, rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
