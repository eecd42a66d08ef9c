"""Sides that take turns, A B A B, each run a process of its own: running them, and what is told of their figures.

A machine that slows down slows every side of a turn, so a ratio is taken within a turn; of the ratios of all turns the
median is told, with the least and the most.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
ERROR_CHARACTERS: Final = 4000  # of a failed run's messages: the end of a traceback is what tells


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of `values` do not exceed, interpolated between neighbours.

    >>> percentile([40, 10, 30, 20], 0.5)
    25.0
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and most.

    >>> spread([3.0, 1.0, 2.0])
    {'median': 2.0, 'least': 1.0, 'most': 3.0}
    """
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def ratios(
    turns: Sequence[Mapping[str, Any]], measure: Callable[[Any], float], *, over: str, under: str
) -> dict[str, float]:
    """Return the spread of `measure` of side `over` divided by that of side `under`, taken within each turn."""
    return spread([measure(turn[over]) / measure(turn[under]) for turn in turns])


def shown(found: Mapping[str, float], digits: int = 2) -> str:
    """Return a spread as text.

    >>> shown({"median": 2.0, "least": 1.0, "most": 3.0})
    '2.00 (1.00 to 3.00)'
    """
    median, least, most = (f"{found[name]:,.{digits}f}" for name in ("median", "least", "most"))
    return f"{median} ({least} to {most})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table: the first column to the left, figures to the right."""
    align = ["---", *["--:"] * (len(head) - 1)]
    return [f"| {' | '.join(head)} |", f"|{'|'.join(align)}|", *(f"| {' | '.join(row)} |" for row in rows)]


def add_semble(parser: argparse.ArgumentParser, *, needs: str = "") -> None:
    """Add the options of semble as a side; `needs` is what the run asks for beside them."""
    parser.add_argument("--semble-python", metavar="PYTHON", help=f"a Python that has semble{needs}")
    parser.add_argument("--semble-model", default="", metavar="DIR", help="its static model (default: its own)")
    parser.add_argument("--semble-content", choices=["code", "all"], default="code", help="what it indexes")


def environment(source: Path = ROOT, **more: str) -> dict[str, str]:
    """Return the environment of a run that imports this project from `source`, and asks no hub for anything."""
    path = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"} | more


def semble_environment(cache: Path) -> dict[str, str]:
    """Return the environment of a run of semble that keeps its indexes below `cache`, with the workers of its door."""
    return os.environ | {"SEMBLE_CACHE_LOCATION": str(cache), "SEMBLE_INDEX_WORKERS": "4", "HF_HUB_OFFLINE": "1"}


def run(command: Sequence[str | Path], environ: Mapping[str, str], *, name: str) -> str:
    """Run a command; return what it printed. Exits with the end of its messages where it fails."""
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True, env=environ)
    if done.returncode:
        sys.exit(f"error: the run of {name} failed\n{done.stderr[-ERROR_CHARACTERS:]}")
    return done.stdout


def child(command: Sequence[str | Path], environ: Mapping[str, str], *, name: str) -> Any:  # noqa: ANN401  # JSON
    """Run one side; return the JSON of its last line."""
    return json.loads(run(command, environ, name=name).splitlines()[-1])


def write(found: Mapping[str, Any], page: str, out: Path | None) -> None:
    """Print a result's page; write the result to `out` and the page beside it as .md."""
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        out.with_suffix(".md").write_text(page, encoding="utf-8")
    print(page, end="")


def say(line: str) -> None:
    """Tell what goes on."""
    print(line, file=sys.stderr, flush=True)
