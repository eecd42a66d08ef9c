"""Memory of a process and of all that it started, read from /proc: Linux only, and no package is needed.

Two figures. `rss` adds up what every process has in memory, so that a page that several share counts several times;
`pss` divides each shared page by the processes that share it, also those that are not ours.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
PSS_SECONDS: Final = 0.5  # between looks at pss: the kernel walks every page for it, while the process waits
PROC: Final = Path("/proc")


@dataclass(slots=True)
class Peak:
    """The most memory of a process tree at any look, in bytes."""

    rss: int = 0
    pss: int = 0
    processes: int = 0
    _asked: float = 0.0

    def look(self, pid: int) -> None:
        """Look at the tree below `pid` now."""
        pids = tree(pid)
        self.processes = max(self.processes, len(pids))
        self.rss = max(self.rss, sum(map(rss, pids)))
        if time.monotonic() - self._asked >= PSS_SECONDS:
            self._asked = time.monotonic()
            self.pss = max(self.pss, sum(map(pss, pids)))


def tree(pid: int) -> list[int]:
    """Return `pid` and the processes that descend from it; empty where it is gone."""
    parents = {}
    for entry in os.listdir(PROC):
        if entry.isdecimal():
            # "pid (name) state parent ...", where the name may hold anything
            rest = _read(PROC / entry / "stat").rpartition(")")[2].split()
            if rest:
                parents[int(entry)] = int(rest[1])
    found = [pid] if pid in parents else []
    for one in found:  # grows while it is read
        found += [child for child, parent in parents.items() if parent == one]
    return found


def rss(pid: int) -> int:
    """Return the bytes that a process has in memory; 0 where it is gone."""
    fields = _read(PROC / str(pid) / "statm").split()
    return int(fields[1]) * PAGE if fields else 0


def pss(pid: int) -> int:
    """Return the bytes that a process has in memory, shared pages divided; 0 where it is gone."""
    return _kilobytes(_read(PROC / str(pid) / "smaps_rollup"), "Pss")


def peak(pid: int) -> int:
    """Return the most bytes that a process ever had in memory, as the kernel counted; 0 where it is gone."""
    return _kilobytes(_read(PROC / str(pid) / "status"), "VmHWM")


def _kilobytes(text: str, name: str) -> int:
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # it ended meanwhile, or is somebody else's
        return ""
