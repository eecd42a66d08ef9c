"""Answers kept while what they were computed from stays the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cache(Generic[T]):
    """The latest answers, each valid for one generation of the data; used by any number of threads."""

    def __init__(self, size: int, *, cost: Callable[[T], int] = lambda _: 1) -> None:
        """Keep answers whose costs sum to `size` at the most."""
        self._size, self._cost = size, cost
        self._kept = 0  # sum of the costs
        self._answers: OrderedDict[Hashable, tuple[int, int, T]] = OrderedDict()  # generation, cost, answer
        self._mutex = threading.Lock()

    def get(self, key: Hashable, generation: int, compute: Callable[[], T]) -> T:
        """Return the answer for `key`, computed unless it is known for this generation.

        Two threads may compute the same at once: waiting for each other would make one slow query stop all.
        """
        with self._mutex:
            known = self._answers.get(key)
            if known is not None and known[0] == generation:
                self._answers.move_to_end(key)
                return known[2]
        answer = compute()
        cost = self._cost(answer)
        if cost > self._size:
            return answer  # it would drive out all others for nothing
        with self._mutex:
            before = self._answers.pop(key, None)
            self._kept += cost - (before[1] if before else 0)
            self._answers[key] = generation, cost, answer
            while self._kept > self._size:
                _, (_, gone, _) = self._answers.popitem(last=False)
                self._kept -= gone
        return answer
