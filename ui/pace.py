"""How long what is being counted will still take, from how fast it went so far."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

WINDOW: Final = 120.0  # seconds of the past that count
SHORTEST: Final = 4.0  # seconds below which a rate is chance


@dataclass(slots=True)
class Pace:
    """Readings of how much is left, the oldest first."""

    readings: deque[tuple[float, int]] = field(default_factory=deque)  # seconds on any clock, and what was left then

    def note(self, now: float, left: int) -> None:
        """Add a reading; one that has more left than the last begins anew: there is more to do."""
        if self.readings and left > self.readings[-1][1]:
            self.readings.clear()
        while self.readings and now - self.readings[0][0] > WINDOW:
            self.readings.popleft()
        self.readings.append((now, left))

    def seconds_left(self) -> float:
        """Return the seconds that the rest takes at this pace; infinite where nothing goes on, or is known yet."""
        if len(self.readings) < 2:
            return math.inf
        (began, before), (now, left) = self.readings[0], self.readings[-1]
        if now - began < SHORTEST or left >= before:
            return math.inf
        return left * (now - began) / (before - left)


def about(seconds: float) -> str:
    """Say a time to come as people do: `about 3 min left`; "" for one that is not known."""
    if not math.isfinite(seconds):
        return ""
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {round(seconds / 3600)} h left"
