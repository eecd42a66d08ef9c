import re

from benchmarks.machine import commit, conditions, processor


def test_a_commit_is_named_in_short_or_not_at_all() -> None:
    assert re.fullmatch(r"[0-9a-f]{7,}|", commit())


def test_the_processor_has_a_name() -> None:
    assert isinstance(processor(), str)


def test_every_result_says_what_it_was_measured_on() -> None:
    assert conditions().keys() == {"commit", "processor", "python", "load_average"}
