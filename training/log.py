"""What a run says while it works: a line a step on disk, a line now and then on the terminal."""

import json
import sys
import time
from pathlib import Path
from typing import Any, TextIO

EVERY = 5.0  # seconds between two lines on the terminal


class Log:
    """Writes `log.jsonl` of a run. Steps after the checkpoint that a run goes on from are cut off and written again."""

    def __init__(self, run: Path, *, step: int, steps: int, out: TextIO = sys.stderr) -> None:
        """Open the log of a run that has done `step` of `steps`."""
        self._path = run / "log.jsonl"
        kept = [line for line in self._lines() if json.loads(line)["step"] <= step]
        self._path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._file = self._path.open("a", encoding="utf-8")
        self._steps, self._out = steps, out
        self._began, self._first, self._told = time.monotonic(), step, 0.0

    def step(self, **values: Any) -> None:  # noqa: ANN401  # numbers and names
        """Write the values of a step; `step` counts from 1."""
        self._file.write(json.dumps(values) + "\n")
        self._file.flush()
        now = time.monotonic()
        if now - self._told > EVERY or values["step"] == self._steps:
            self._told = now
            done = values["step"] - self._first
            left = (now - self._began) / done * (self._steps - values["step"])
            self._out.write(
                f"step {values['step']}/{self._steps}  loss {values['loss']:.3f}  "
                f"{values['pairs_per_second']:.0f} pairs/s  {left / 60:.0f} min left  {values['source']}\n"
            )
            self._out.flush()

    def _lines(self) -> list[str]:
        """Return the whole lines of an earlier session; a kill may have cut the last one."""
        if not self._path.is_file():
            return []
        return [line for line in self._path.read_text(encoding="utf-8").split("\n")[:-1] if line]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
