"""Answers kept while what they were computed from stays the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, TypeVar, cast

SIZE: Final = 64  # answers: the filters of a handful of people at once

T = TypeVar("T")


class Cache:
    """The latest answers, each valid for one generation of the data; used by any number of threads."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, tuple[int, object]] = OrderedDict()
        self._mutex = threading.Lock()

    def get(self, key: Hashable, generation: int, compute: Callable[[], T]) -> T:
        """Return the answer for `key`, computed unless it is known for this generation.

        Two threads may compute the same at once: waiting for each other would make one slow query stop all.
        """
        with self._mutex:
            known = self._answers.get(key)
            if known is not None and known[0] == generation:
                self._answers.move_to_end(key)
                return cast(T, known[1])
        answer = compute()
        with self._mutex:
            self._answers[key] = generation, answer
            self._answers.move_to_end(key)
            while len(self._answers) > SIZE:
                self._answers.popitem(last=False)
        return answer
