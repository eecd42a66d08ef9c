"""What a run says while it works: a line a step on disk, a line now and then on the terminal."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from training.atomic import write_text
from training.errors import RunError
from training.progress import Say, clock_time, on_stderr

NAME: Final = "log.jsonl"
EVERY: Final = 5.0  # seconds between two lines on the terminal


class Log:
    """Writes `log.jsonl` of a run. Steps after the checkpoint that a run goes on from are cut off and written again."""

    def __init__(
        self,
        run: Path,
        *,
        step: int,
        steps: int,
        say: Say | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the log of a run that has done `step` of `steps`. say: takes lines for people; None is stderr.

        Raises RunError where the log of an earlier session is damaged.
        """
        path = run / NAME
        kept = [values for values in read(run) if values["step"] <= step] if path.is_file() else []
        write_text(path, "".join(_line(values) for values in kept))  # at once: a kill does not lose the steps before
        self._file = path.open("a", encoding="utf-8")
        self._steps, self._say, self._clock = steps, say or on_stderr(), clock
        self._began, self._first, self._told = clock(), step, clock() - EVERY

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def step(self, **values: Any) -> None:  # noqa: ANN401  # numbers and names
        """Write the values of a step: `step`, from 1, `loss`, `pairs_per_second`, `source` and any others."""
        self._file.write(_line(values))
        self._file.flush()
        now = self._clock()
        if now - self._told >= EVERY or values["step"] == self._steps:
            self._told = now
            done = values["step"] - self._first
            left = (now - self._began) / done * (self._steps - values["step"])
            self._say(
                f"step {values['step']}/{self._steps}  loss {values['loss']:.3f}  "
                f"{values['pairs_per_second']:.0f} pairs/s  {clock_time(left)} left  {values['source']}"
            )


def read(run: Path) -> list[dict[str, Any]]:
    """Return the steps in the log of a run; a last line that a kill cut short is none.

    Raises RunError where there is no log or a whole line of it cannot be read.
    """
    path = run / NAME
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"cannot read the log of {run}: {error}", hint="name the folder of a run") from error
    steps: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
            steps.append({**values, "step": int(values["step"])})
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"line {number} of {path} is no step: {error}", hint="delete that line") from error
    return steps


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values) + "\n"
