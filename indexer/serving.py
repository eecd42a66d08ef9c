"""Where a running server of an index is found: a file in the index's folder says its address.

A file a server, named by its process, for its owner alone. It holds a token that the server was started with: a
request that shows it is answered by this server and by no other that has taken its port since (`guard.Named`).
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

PREFIX: Final = "server-"
HEADER: Final = "X-GTE-Search-Server"  # of a request: the token of the server that it is meant for


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A server of an index, as it announced itself; it may have died since."""

    host: str  # a loopback address
    port: int
    token: str
    pid: int
    model: str  # the settings that change an answer; what a program with others asks, it answers itself
    rerank: str


def new_token() -> str:
    """Return a token for a server that starts."""
    return secrets.token_urlsafe(16)


@contextmanager
def announced(folder: Path, *, host: str, port: int, token: str, model: str, rerank: str) -> Iterator[None]:
    """Say in the index's `folder`, made where it is missing, that this process serves it; take it back at the end.

    Files of servers that died are removed. Where nothing can be written the server is not announced, and serves.
    """
    serving = Serving(host=host, port=port, token=token, pid=os.getpid(), model=model, rerank=rerank)
    file = folder / f"{PREFIX}{serving.pid}.json"
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_dead(folder)
        draft = file.with_suffix(".partial")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
            json.dump(asdict(serving), opened)
        draft.replace(file)
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def servers(folder: Path) -> list[Serving]:
    """Return the servers that say so in the index's folder and whose process is alive, the newest file first."""
    found = [(_time(file), serving) for file in _files(folder) if (serving := _read(file)) is not None]
    return [serving for _, serving in sorted(found, key=lambda one: -one[0]) if _is_alive(serving.pid)]


def _files(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder) if name.startswith(PREFIX) and name.endswith(".json")]
    except OSError:
        return []


def _read(file: Path) -> Serving | None:
    """Read a file; None for one that another user may have written, and for one that is not understood."""
    try:
        with file.open(encoding="utf-8") as opened:
            status = os.fstat(opened.fileno())
            if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & 0o077):
                return None
            values = json.load(opened)
    except (OSError, ValueError):  # its server ended this very moment
        return None
    kinds = {field.name: field.type for field in fields(Serving)}
    if not isinstance(values, dict) or {name: type(value) for name, value in values.items()} != kinds:
        return None
    return Serving(**values)


def _remove_dead(folder: Path) -> None:
    for file in _files(folder):
        serving = _read(file)
        if serving is not None and not _is_alive(serving.pid):
            file.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    """Tell whether a process is there; on Windows nothing can be asked that way, and the connection is refused."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # of another user; none that could be
        return False
    return True


def _time(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
