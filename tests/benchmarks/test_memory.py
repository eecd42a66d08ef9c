import os
import subprocess
import sys

import pytest

from benchmarks import memory

pytestmark = pytest.mark.skipif(not memory.PROC.is_dir(), reason="memory is read from /proc")

MEGABYTES = 40
CHILD = f"held = bytearray(b'1' * ({MEGABYTES} << 20)); print('ready', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}], check=True)"


def test_memory_of_a_process_counts_what_it_started() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        most = memory.Peak()
        most.look(process.pid)
        assert process.pid in memory.tree(process.pid)
        assert most.processes == 2
        assert most.rss > memory.rss(process.pid) + (MEGABYTES << 20)
        assert MEGABYTES << 20 < most.pss <= most.rss
        process.communicate(b"\n")
    assert memory.tree(process.pid) == []
    assert memory.rss(process.pid) == memory.pss(process.pid) == memory.peak(process.pid) == 0


def test_the_kernels_own_peak_is_at_least_what_is_held_now() -> None:
    held = memory.rss(os.getpid())
    assert memory.peak(os.getpid()) >= held > 0
