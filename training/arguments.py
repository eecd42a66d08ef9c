"""Numbers on the command line, refused where they would not do what they say."""

import argparse


def count(text: str) -> int:
    """Read a whole number of 1 or more.

    >>> count("8")
    8
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def share(text: str) -> float:
    """Read a number above 0 and at most 1.

    >>> share("0.95")
    0.95
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0 and at most 1")
    return value
