"""Alarms: when the water crosses a level, and when it is safe again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

CALM = timedelta(minutes=15)  # a swell must not switch the siren on and off
MARGIN_CM = 10


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """One level of one harbour, in centimetres above chart datum."""

    name: str
    level_cm: float

    def crossed(self, height_cm: float) -> bool:
        """Tell whether the water has reached the level."""
        return height_cm >= self.level_cm

    def calm(self, height_cm: float) -> bool:
        """Tell whether the water is far enough below the level."""
        return height_cm < self.level_cm - MARGIN_CM


@dataclass(frozen=True, slots=True)
class Alarm:
    """A change that people are told about."""

    rule: AlarmRule
    at: datetime
    raised: bool  # False: the alarm ended


def watch(rule: AlarmRule, readings: Iterable[tuple[datetime, float]]) -> Iterator[Alarm]:
    """Yield an alarm when the level is crossed, and its end after a quarter of an hour of calm."""
    raised = False
    calm_since: datetime | None = None
    for at, height in readings:
        if not raised and rule.crossed(height):
            raised, calm_since = True, None
            yield Alarm(rule, at, raised=True)
        elif raised and not rule.calm(height):
            calm_since = None
        elif raised:
            calm_since = calm_since or at
            if at - calm_since >= CALM:
                raised = False
                yield Alarm(rule, at, raised=False)
