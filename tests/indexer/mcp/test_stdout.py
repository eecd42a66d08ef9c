"""Nothing but the protocol reaches stdout, whoever prints."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from indexer import Index

ROOT = Path(__file__).resolve().parents[3]

NOISY = """
import ctypes, os, subprocess, sys
from indexer.mcp import stdout

wire = stdout.claim()
libc = ctypes.CDLL(None)

def noise(where):
    print("python at", where)
    sys.stdout.write("unfinished line")
    libc.puts(b"a library in C")
    os.write(1, b"straight to the descriptor\\n")
    subprocess.run([sys.executable, "-c", "print('a child')"])

noise("import")
from embedder.fake import FakeEncoder
from indexer import open_index
from indexer.mcp import server

class Noisy(FakeEncoder):
    def encode(self, texts, *, role):
        noise("a query")
        return super().encode(texts, role=role)

server.serve_stdio(lambda: open_index(sys.argv[1], encoder=Noisy()), wire)
noise("the end")
"""

CALLS: tuple[dict[str, Any], ...] = (
    {
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
    },
    {"method": "tools/call", "params": {"name": "search", "arguments": {"query": "failed uploads are tried again"}}},
    {"method": "nonsense"},
)


def test_whatever_prints_the_client_reads_only_the_protocol(filled: Index) -> None:
    command = [sys.executable, "-c", NOISY, str(filled.settings.index)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers = []
        for number, message in enumerate(CALLS):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, **message}) + "\n")
            process.stdin.flush()
            answers.append(json.loads(process.stdout.readline()))
        rest, said = process.communicate()
    assert process.returncode == 0, said
    assert [answer["id"] for answer in answers] == [0, 1, 2]
    assert answers[1]["result"]["structuredContent"]["hits"]
    assert "error" in answers[2]
    assert rest == ""
    for noise in ("python at import", "python at a query", "python at the end", "a library in C", "a child"):
        assert noise in said


def test_a_server_without_a_stderr_answers_all_the_same(filled: Index) -> None:
    closed = "import os; os.close(2)\n" + NOISY
    asked = "".join(json.dumps({"jsonrpc": "2.0", "id": number, **one}) + "\n" for number, one in enumerate(CALLS[:1]))
    done = subprocess.run(
        [sys.executable, "-c", closed, str(filled.settings.index)],
        cwd=ROOT,
        input=asked,
        capture_output=True,
        text=True,
    )
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["result"]["serverInfo"]["name"] == "gte-search"
