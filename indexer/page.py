"""Starts the page, which is a room above this one, as a process of its own, and opens the browser on it."""

import importlib.util
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path
from typing import Final

from indexer import access, loopback
from indexer.errors import InputError
from indexer.settings import Settings

PATIENCE: Final = 60.0  # seconds for the page to come up; a first start compiles what was just installed


def serve(settings: Settings) -> int:
    """Run the page until it is interrupted; return its exit status.

    Raises InputError where the page is not installed or the address is beyond this machine and there is no token.
    """
    access.require(settings.host, settings.port, settings.token)
    found = importlib.util.find_spec("ui")
    if found is None or not found.submodule_search_locations:
        raise InputError("the page is not installed", hint="install it with `pip install gte-search`")
    folder = Path(next(iter(found.submodule_search_locations)))
    where = [f"--server.address={settings.host}", f"--server.port={settings.port}"]
    if not loopback.contains(settings.host):
        where.append("--server.allowedHosts=*")  # whom it may be asked as, `guard.LocalOnly` decides
    command = [sys.executable, "-m", "streamlit", "run", folder.name, *where]
    with subprocess.Popen(command, cwd=folder.parent) as process:
        try:
            if _has_display():
                _open_when_up(process, f"http://{_local(settings.host)}:{settings.port}")
            return process.wait()
        except KeyboardInterrupt:  # the terminal sent it to the page too, which stops by itself
            return process.wait()


def _local(host: str) -> str:
    """Return where a browser of this machine finds who listens on `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def _has_display() -> bool:
    """Tell whether a browser has somewhere to open; without a display Python would take over the terminal with one."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_when_up(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
        except urllib.error.HTTPError:  # it asks for a token: the page has a form for it
            webbrowser.open(address)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            webbrowser.open(address)
            return
