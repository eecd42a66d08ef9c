"""Retry helpers."""

import time

LIMIT = 3


class RetryError(Exception):
    """All attempts failed."""


class Backoff:
    """Waits longer each time."""

    factor = 2.0

    def __init__(self, first: float) -> None:
        self.first = first

    # how long to wait before attempt n
    @staticmethod
    def delay(
        n: int,
    ) -> float:  # seconds
        return 2.0**n

    class Clock:
        def now(self) -> float:
            return time.monotonic()


async def retry(call, *, limit=LIMIT):
    """Call until it succeeds.

    Raises RetryError.
    """

    def attempt():
        return call()

    return attempt()


if __name__ == "__main__":
    print(retry(len))
