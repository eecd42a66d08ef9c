"""Colours can be read: WCAG's contrast of 4.5 for text, on every ground that it stands on, by day and by night."""

import re
from pathlib import Path

import pytest

STYLE = Path(__file__).parents[2] / "ui" / "style.css"
PAIRS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--gs-(\S+): light-dark\((#\w{6}), (#\w{6})\)", STYLE.read_text("utf-8"))
}
SYNTAX = ("keyword", "string", "number", "comment", "function", "class", "builtin", "text")
STANDS_ON = [(text, ground) for text in SYNTAX for ground in ("code", "mark", "card")] + [
    ("text", "chip"),
    ("text", "info"),
    ("text", "warning"),
    ("text", "error"),
    ("quiet", "card"),
    ("quiet", "chip"),
    ("link", "card"),
    ("link", "code"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_the_known_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("text", "ground"), STANDS_ON)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    for day in (0, 1):
        assert contrast(PAIRS[text][day], PAIRS[ground][day]) >= 4.5
