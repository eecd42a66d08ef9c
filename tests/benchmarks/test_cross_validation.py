from benchmarks import cross_validation
from indexer import ranking


def test_the_descent_finds_the_best_of_what_factors_reach() -> None:
    wanted = {"words": 1.0, "file": 0.0, "support": -0.25}

    def value(weights: dict[str, float]) -> float:
        return -sum((weights[name] - wanted[name]) ** 2 for name in wanted)

    assert cross_validation.descend(value, {"words": 0.5, "file": 0.5, "support": -0.5}) == wanted


def test_the_descent_stays_where_nothing_is_better() -> None:
    start = cross_validation.start()
    assert cross_validation.descend(lambda _: 0.5, start) == start


def test_every_signal_begins_alike_with_the_sign_of_what_it_means() -> None:
    start = cross_validation.start()
    assert {abs(weight) for weight in start.values()} == {cross_validation.START}
    assert all(weight * ranking.weights.WEIGHTS[name] > 0 for name, weight in start.items())


def test_a_weight_taken_out_can_be_put_in_again() -> None:
    def value(weights: dict[str, float]) -> float:
        return weights["words"]

    assert cross_validation.descend(value, {"words": 0.0})["words"] > 0


def test_the_table_shows_both_and_what_is_missing() -> None:
    table = cross_validation.lines(
        {
            "model": None,
            "missing": ["redis"],
            "left_out": {"all": 0.5, "symbol": 0.25},
            "shipped": {"all": 0.75, "symbol": 1.0},
            "repositories": {"click": {"left_out": 0.5, "shipped": 0.75, "weights": {}}},
        }
    )
    page = "\n".join(table)
    assert "0.5000  0.2500" in page
    assert "0.7500  1.0000" in page
    assert "not there: redis" in page
