"""Answers are kept for one generation, and only so many."""

from indexer.store.cache import Cache


class Asked:
    """A cache of texts by themselves, and what it had to compute."""

    def __init__(self, cache: Cache[str]) -> None:
        self._cache = cache
        self.computed: list[str] = []

    def __call__(self, text: str, generation: int = 1) -> None:
        def compute() -> str:
            self.computed.append(text)
            return text

        assert self._cache.get(text, generation, compute) == text


def test_an_answer_is_computed_once_a_generation() -> None:
    ask = Asked(Cache(4))
    for generation in (1, 1, 2, 2):
        ask("a", generation)
    assert ask.computed == ["a", "a"]


def test_of_too_many_answers_the_one_not_asked_for_longest_goes() -> None:
    ask = Asked(Cache(2))
    for text in ("a", "b", "a", "c", "a", "c", "b"):
        ask(text)
    assert ask.computed == ["a", "b", "c", "b"]


def test_answers_go_by_what_they_cost_and_one_that_costs_too_much_drives_out_none() -> None:
    ask = Asked(Cache(10, cost=len))
    for text in ("four", "five5", "far too long a text", "four", "five5", "two", "five5", "four"):
        ask(text)
    assert ask.computed == ["four", "five5", "far too long a text", "two", "four"]


def test_an_answer_of_a_new_generation_takes_the_place_of_the_old_one() -> None:
    ask = Asked(Cache(10, cost=len))
    for generation in range(5):
        ask("a text", generation)
    ask("four", 4)
    ask("a text", 4)
    assert ask.computed == ["a text"] * 5 + ["four"]
