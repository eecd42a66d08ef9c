import math

import pytest

from ui.pace import SHORTEST, WINDOW, Pace, about


def noted(*readings: tuple[float, int]) -> Pace:
    pace = Pace()
    for now, left in readings:
        pace.note(now, left)
    return pace


def test_the_rest_takes_as_long_as_it_did_so_far() -> None:
    assert noted((0, 100), (10, 80)).seconds_left() == 40
    assert noted((0, 100), (10, 80), (20, 0)).seconds_left() == 0


@pytest.mark.parametrize("readings", [(), ((0, 9),), ((0, 9), (60, 9)), ((0, 9), (SHORTEST / 2, 1))])
def test_what_is_not_known_yet_is_not_guessed(readings: tuple[tuple[float, int], ...]) -> None:
    assert noted(*readings).seconds_left() == math.inf


def test_more_to_do_begins_anew_and_the_distant_past_does_not_count() -> None:
    assert noted((0, 10), (10, 5), (20, 100), (30, 90)).seconds_left() == 90
    assert noted((0, 1_000), (WINDOW, 110), (WINDOW + 10, 100)).seconds_left() == 100


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (math.inf, ""),
        (12, "less than a minute left"),
        (170, "about 3 min left"),
        (3 * 3_600, "about 3 h left"),
    ],
)
def test_a_time_is_said_as_people_do(seconds: float, said: str) -> None:
    assert about(seconds) == said
