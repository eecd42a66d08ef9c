from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import encoding_speed as benchmark
from benchmarks import matrix_peak
from embedder.files import Layout
from tests.embedder import checkpoints

FOUND = [(f"file{file}", f"passage {file}.{number}") for file in range(5) for number in range(file + 1)]


def test_the_sample_takes_one_passage_of_every_file_before_a_second_of_any() -> None:
    drawn = benchmark.sample(FOUND, 9, seed=0)
    assert sorted(text.split(".")[0] for text in drawn[:5]) == [f"passage {file}" for file in range(5)]
    assert len(set(drawn)) == 9
    assert not any(text.startswith("passage 0") for text in drawn[5:])


def test_the_sample_depends_on_the_seed_alone() -> None:
    assert benchmark.sample(FOUND, 9, seed=1) == benchmark.sample(reversed(FOUND[::-1]), 9, seed=1)
    assert benchmark.sample(FOUND, 9, seed=1) != benchmark.sample(FOUND, 9, seed=2)
    assert len(benchmark.sample(FOUND, 100, seed=1)) == len(FOUND)


def test_a_text_is_cut_to_its_first_tokens(tmp_path: Path) -> None:
    layout = Layout.find(checkpoints.write(tmp_path / "model"))
    first, second, third = checkpoints.WORDS[:3]
    cut = benchmark.shortened([f"{first} {second} {third}", first], layout, 4)
    assert cut == [f"{first} {second}", first]  # and two special tokens


def test_the_cosine_is_told_of_the_worst_rows_too() -> None:
    same = np.eye(2, dtype=np.float32)
    found = benchmark.agreement(same, np.array([[2, 0], [1, 1]], dtype=np.float32))
    assert found["least"] == pytest.approx(0.5**0.5)
    assert found["mean"] == pytest.approx((1 + 0.5**0.5) / 2)


def side(rate: float) -> dict[str, Any]:
    sets = {"whole": {"passages_per_second": rate, "seconds": 2000 / rate, "tokens": 200_000}}
    peak = {
        "products": {"int8": {"384x384": 4e11}, "attention": 5e10},
        "encoder": {"16 x 128": 2e11, "32 x 64": 1e11},
        "sets": {"whole": {"operations": 4e12, "products_s": 5.0, "encoder_s": 8.0}},
    }
    return {"sets": sets, "peak_rss_mb": 100.0, "max_tokens": 256, "fingerprint": "f", "precision": "p", "peak": peak}


def test_ratio_and_shares_are_taken_within_each_turn() -> None:
    runs = [{"ours": side(200), "theirs": side(50)}, {"ours": side(100), "theirs": side(50)}]
    found: dict[str, Any] = {
        "machine": {"processor": "p", "load_average": 0.1, "commit": "c", "sentence-transformers": "6"},
        "settings": {"model": "m", "passages": 2000, "threads": 2, "turns": 2, "tokens": None},
        "ratios": {"whole": {"median": 3.0, "least": 2.0, "most": 4.0}},
        "cosines": {"whole": {"mean": 0.999, "lowest_hundredth": 0.998, "least": 0.99}},
        "shares": benchmark.shares([turn["ours"] for turn in runs]),
        "turns": runs,
    }
    assert [benchmark.ratio(turn, "whole") for turn in runs] == [4, 2]
    assert found["shares"]["whole"]["encoder"] == pytest.approx({"median": 0.6, "least": 0.4, "most": 0.8})
    page = benchmark.markdown(found)
    row = "| as each reads them | 100 | 150.0 (100.0 to 200.0) | 50.0 (50.0 to 50.0) | 3.00 (2.00 to 4.00) |"
    assert row in page
    assert "| as each reads them | 300 (200 to 400) | 0.60 (0.40 to 0.80) | 0.38 (0.25 to 0.50) |" in page


def test_operations_are_those_of_the_products_of_a_bert() -> None:
    shape = matrix_peak.Shape(layers=6, hidden=384, intermediate=1536, heads=12)
    assert matrix_peak.linear_flops(shape, 1) == 2 * 6 * (4 * 384 * 384 + 2 * 384 * 1536)
    assert matrix_peak.attention_flops(shape, [10, 20]) == 6 * 4 * 384 * (100 + 400)
    rates = {"int8": {f"{inputs}x{outputs}": 1e9 for inputs, outputs in shape.weights}, "attention": 1e8}
    whole = matrix_peak.linear_flops(shape, 30) / 1e9 + matrix_peak.attention_flops(shape, [10, 20]) / 1e8
    assert matrix_peak.least_seconds(shape, [10, 20], rates) == pytest.approx(whole)


def test_a_rate_is_that_of_the_fastest_call() -> None:
    calls: list[int] = []
    assert matrix_peak.rate(lambda: calls.append(1), 1.0) > 1e3
    assert len(calls) > matrix_peak.REPEATS
