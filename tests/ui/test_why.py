import pytest

from indexer import similar
from indexer.query import parse
from indexer.ranking.weights import WEIGHTS
from tests.ui.fake_backend import hit, result
from ui.why import SIGNALS, Strength, closeness, panel, scale

BEST = hit(score=2.0, why={"meaning": 2.0})
HALF = hit("b.py", score=1.0, why={"meaning": 1.0})
TENTH = hit("c.py", score=0.2, why={"meaning": 0.2})


def test_every_signal_has_words() -> None:
    assert SIGNALS.keys() == WEIGHTS.keys() | similar.WEIGHTS.keys()


def test_a_hit_is_as_good_as_its_share_of_a_good_best() -> None:
    measure = scale(result("retry the call", [BEST, HALF, TENTH]))
    assert [measure.strength(one) for one in (BEST, HALF, TENTH)] == [Strength.GOOD, Strength.FAIR, Strength.WEAK]


def test_nothing_is_good_where_the_best_is_not() -> None:
    measure = scale(result("retry the call", [BEST, HALF], confident=False))
    assert {measure.strength(one) for one in (BEST, HALF)} == {Strength.WEAK}


def test_a_third_piece_of_a_file_is_as_good_as_it_is_by_itself() -> None:
    crowded = hit("d.py", score=0.4, why={"meaning": 1.9, "crowd": -1.5})
    assert scale(result("retry the call", [BEST, crowded])).strength(crowded) is Strength.GOOD


@pytest.mark.parametrize(
    ("query", "why"), [("retry", {"definition": 2.0}), ('"gave up"', {"words": 0.1}), ("src/a.py:3", {"place": 6.0})]
)
def test_what_was_named_or_quoted_is_exact(query: str, why: dict[str, float]) -> None:
    one = hit(score=0.1, why=why)
    assert scale(result(query, [BEST, one], understood=parse(query).understood())).strength(one) is Strength.EXACT


def test_the_panel_says_what_each_signal_gave_the_strongest_first() -> None:
    markup = panel(hit(why={"words": 0.04, "depth": -0.1, "<b>": 0.01}, score=-0.05), said=Strength.WEAK)
    at = [markup.index(said) for said in ("lies deep in the folders", "the words stand in it", "&lt;b&gt;")]
    assert at == sorted(at)
    assert "Weak match" in markup
    assert panel(hit(why={}), said="close") == ""


def test_a_relative_is_as_close_as_its_share_of_the_nearest() -> None:
    assert [closeness(one, best=2.0) for one in (BEST, HALF, TENTH)] == ["close", "related", "distant"]
    assert closeness(TENTH, best=0.0) == "distant"
