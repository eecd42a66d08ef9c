"""A real server asked over HTTP, as another program would: `gte-search serve` or `ui` in a process of its own."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks import memory, turns

START_SECONDS: Final = 60.0
DOORS: Final = ("serve", "ui")
HOST: Final = "127.0.0.1"


def ask(index: Path, queries: Sequence[str], *, rounds: int, seed: int) -> dict[str, Any]:
    """Ask a fresh server every query to warm it up, then all in each round; return times in ms and memory in MB.

    `total` is what the client waits; the parts are what the server says of them.
    """
    with serving(index) as (connection, pid):
        ready = _sent(connection, "GET", "/api/ready")
        without = [query for query in queries if not search(connection, query)["hits"]]
        answers = []
        for number in range(rounds):
            order = list(queries)
            random.Random(f"{seed} {number}").shuffle(order)
            for query in order:
                started = time.perf_counter()
                result = search(connection, query)
                answers.append(
                    {"query": query, "total": 1e3 * (time.perf_counter() - started), **result["timings"]},
                )
        return {
            "chunks": ready["chunks"],
            "pending_vectors": ready["pending_vectors"],
            "without_hits": without,
            "peak_rss_mb": memory.peak(pid) / 1e6,
            "rss_mb": memory.rss(pid) / 1e6,
            "answers": answers,
        }


@contextmanager
def serving(index: Path, *, door: str = "serve") -> Iterator[tuple[http.client.HTTPConnection, int]]:
    """Start one of DOORS on a free port; give a connection that stays open, and the process's id."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "indexer.cli", door, "--index", str(index), "--port", str(port)]
    environ = turns.environment()
    environ.pop("DISPLAY", None)  # the page opens no browser by itself
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as server:
        connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
        try:
            _wait(connection, server)
            yield connection, server.pid
        finally:
            connection.close()
            for pid in memory.tree(server.pid):  # the page is a process that `gte-search ui` started
                os.kill(pid, signal.SIGTERM)


def search(connection: http.client.HTTPConnection, query: str) -> Any:  # noqa: ANN401  # JSON
    """Ask a server; return its answer."""
    return _sent(connection, "POST", "/api/v1/search", {"query": query})


def _wait(connection: http.client.HTTPConnection, server: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and server.poll() is None:
        try:
            connection.connect()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    sys.exit("error: the server does not start")


def _sent(connection: http.client.HTTPConnection, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
    data = None if body is None else json.dumps(body)
    connection.request(method, path, body=data, headers={"Content-Type": "application/json"} if data else {})
    response = connection.getresponse()
    text = response.read()
    if response.status != http.client.OK:
        sys.exit(f"error: the server answers {response.status}: {text.decode(errors='replace')}")
    return json.loads(text)
