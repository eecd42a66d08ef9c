"""What the pages need beside searching: what a run would cost, how far folders have moved on, whether all is well.

Each of these takes a second or many. A page asks for them by `later`, draws what is there already, and looks again.
"""

import functools
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from indexer import Index, load_settings
from indexer.doctor import Check
from indexer.errors import IndexerError, PathError
from indexer.index import Freshness
from indexer.inventory import Inventory
from indexer.jobs import existing
from indexer.types import Skipped
from indexer.wire import from_json
from ui.backend import shared_index

AT_ONCE: Final = 0.15  # seconds that a page waits for an answer before it draws that one is coming
LONGEST: Final = 300.0  # seconds for a command; a folder that takes longer to walk is not one to try out
PACKAGES: Final = ("gte-search", "ctranslate2", "torch", "faiss-cpu", "tree-sitter-language-pack", "streamlit")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a first run over a folder would find and cost."""

    root: Path
    files: int
    skipped: tuple[Skipped, ...]
    languages: Mapping[str, int]  # to files
    chunks: int  # estimated
    text_seconds: float
    vector_seconds: float | None  # None: the model is not prepared yet, which only a run does
    disk_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is indexed, beside the disk."""

    repos: Mapping[str, Freshness]  # by name
    bytes: int  # of the index
    free_bytes: int  # on its disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What answers here: names to what is to be said of them."""

    model: Mapping[str, str]
    store: Mapping[str, str | int]
    machine: Mapping[str, str]


class Upkeep(Protocol):
    """What the pages need. Every method may raise an IndexerError or an EmbedderError, and may take its time."""

    def plan(self, path: str) -> list[Plan]:
        """Tell what a first run over a folder or file would do. Raises PathError."""
        ...

    def compared(self) -> Compared:
        """Look at the folder of every repository."""
        ...

    def inventory(self, name: str) -> Inventory:
        """Tell of each file of a repository what became of it."""
        ...

    def facts(self) -> Facts:
        """Tell what answers here: model, store and versions."""
        ...

    def checks(self) -> list[Check]:
        """Do what `gte-search doctor` does."""
        ...


class LocalUpkeep:
    """An Upkeep of the index that `open` opens, by commands in processes of their own where much is computed."""

    def __init__(self, open: Callable[[], Index], *, folder: Path, command: Sequence[str] | None = None) -> None:
        """Keep how to open the index; nothing is opened yet.

        folder: of the index. command: what to call instead of `python -m indexer.cli`.
        """
        self._open = open
        self._folder = folder
        self._command = command or [sys.executable, "-m", "indexer.cli"]

    def plan(self, path: str) -> list[Plan]:
        """Tell what a first run over a folder or file would do. Raises PathError."""
        target = existing(path)
        return [_plan(one) for one in self._asked("index", "--dry-run", "--json", str(target))]

    def compared(self) -> Compared:
        """Look at the folder of every repository."""
        index = self._open()
        return Compared(
            repos={one.status.repo.name: one for one in index.status()},
            bytes=int(index.statistics()["bytes"]),
            free_bytes=shutil.disk_usage(self._folder).free,
        )

    def inventory(self, name: str) -> Inventory:
        """Tell of each file of a repository what became of it."""
        return self._open().inventory(name)

    def facts(self) -> Facts:
        """Tell what answers here: model, store and versions."""
        index = self._open()
        statistics = index.statistics()
        encoder = index.loaded
        model: dict[str, str] = {"model": str(statistics.pop("model"))}
        if encoder is None:
            model["state"] = "not loaded yet; the first search by meaning loads it"
        else:
            model |= {
                "fingerprint": encoder.fingerprint,
                "runtime": str(getattr(encoder, "runtime", type(encoder).__name__)),
                "device": str(getattr(encoder, "device", "cpu")),
                "dimensions": str(encoder.dim),
                "tokens at most": str(encoder.max_tokens),
            }
        return Facts(model=model, store=statistics, machine=_machine())

    def checks(self) -> list[Check]:
        """Do what `gte-search doctor` does."""
        return [from_json(Check, one) for one in self._asked("doctor", "--json")]

    def _asked(self, *arguments: str) -> Any:  # noqa: ANN401 - whatever the command writes as JSON
        """Return what a command answers in JSON. Raises IndexerError with what it complains of."""
        try:
            done = subprocess.run(
                [*self._command, *arguments, f"--index={self._folder}"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LONGEST,
                check=False,
            )
            return json.loads(done.stdout)
        except subprocess.TimeoutExpired as error:
            raise IndexerError(
                f"there is no answer after {LONGEST:.0f} s", hint=f"run `gte-search {arguments[0]}` in a terminal"
            ) from error
        except OSError as error:
            raise IndexerError(f"no command can be run: {error}", hint="free memory, then try again") from error
        except ValueError as error:
            raise _complaint(done.stderr.decode("utf-8", "replace"), arguments[0]) from error


def _complaint(said: str, command: str) -> IndexerError:
    """Return the error that a command printed."""
    lines = dict(line.split(": ", 1) for line in said.splitlines() if line.startswith(("error: ", "hint: ")))
    return PathError(
        lines.get("error", "the command gave no answer"),
        hint=lines.get("hint", f"run `gte-search {command}` in a terminal to see why"),
    )


def _plan(given: Mapping[str, Any]) -> Plan:
    return Plan(
        root=Path(given["root"]),
        files=len(given["files"]),
        skipped=tuple(from_json(Skipped, one) for one in given["skipped"]),
        languages=given["languages"],
        chunks=given["chunks"],
        text_seconds=given["text_seconds"],
        vector_seconds=given["vector_seconds"],
        disk_bytes=given["disk_bytes"],
    )


def _machine() -> dict[str, str]:
    """Tell versions and memory of this process."""
    found = {"python": platform.python_version(), "system": platform.platform(terse=True)}
    found |= {name: version for name in PACKAGES if (version := _version(name))}
    return found | ({"memory of this process": memory} if (memory := _memory()) else {})


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # torch: an index made by the 8-bit runtime needs none
        return None


def _memory() -> str | None:
    """Say how much memory this process holds and held; None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    sizes = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return f"{sizes['VmRSS']:,} MiB now, {sizes['VmHWM']:,} MiB at most" if len(sizes) == 2 else None


_pool: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="upkeep")


def later(call: Callable[[], T]) -> "Future[T]":
    """Begin something that takes its time; a page that is closed meanwhile loses nothing but the answer."""
    return _pool.submit(call)


def ready(asked: "Future[Any]") -> bool:
    """Tell whether an answer is there, after waiting a moment for a quick one."""
    try:
        asked.exception(timeout=AT_ONCE)
    except NotYetError:
        return False
    return True


@functools.cache
def shared_upkeep() -> LocalUpkeep:
    """Return the one LocalUpkeep of this process."""
    return LocalUpkeep(shared_index, folder=load_settings().index)
