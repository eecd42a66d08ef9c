"""Answers kept while what they were computed from stays the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
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
        for answer in self.known([key], generation).values():
            return answer
        answer = compute()
        self.keep({key: answer}, generation)
        return answer

    def known(self, keys: Iterable[K], generation: int) -> dict[K, T]:
        """Return what is known for this generation, of those keys."""
        found = {}
        with self._mutex:
            for key in keys:
                kept = self._answers.get(key)
                if kept is not None and kept[0] == generation:
                    self._answers.move_to_end(key)
                    found[key] = kept[2]
        return found

    def keep(self, answers: Mapping[K, T], generation: int) -> None:
        """Keep answers; the oldest go where they cost too much together."""
        with self._mutex:
            for key, answer in answers.items():
                cost = self._cost(answer)
                if cost > self._size:
                    continue  # it would drive out all others for nothing
                before = self._answers.pop(key, None)
                self._kept += cost - (before[1] if before else 0)
                self._answers[key] = generation, cost, answer
            while self._kept > self._size:
                _, (_, gone, _) = self._answers.popitem(last=False)
                self._kept -= gone
