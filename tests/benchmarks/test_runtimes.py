from typing import Any

import numpy as np
import pytest

from benchmarks import runtimes as benchmark
from benchmarks import side_runtime, turns


def side(rate: float, cpu: float) -> dict[str, float]:
    return {"passages_per_second": rate, "cpu_s": cpu, "query_ms": 1.5, "budget": 512}


def result(exact: float) -> dict[str, Any]:
    runs = [{"ours": side(100, 10), "other": side(200, 5)}, {"ours": side(50, 12), "other": side(80, 6)}]
    cosine = {"mean": exact, "lowest_hundredth": exact, "least": exact}
    return {
        "machine": {"processor": "p", "load_average": 0.1, "commit": "c"},
        "settings": {"model": "m", "passages": 2000, "threads": 2, "turns": 2},
        "missing": {"absent": "openvino"},
        "ratios": {name: turns.ratios(runs, benchmark.speed, over=name, under="ours") for name in runs[0]},
        "cpu_ratios": {name: turns.ratios(runs, benchmark.used, over="ours", under=name) for name in runs[0]},
        "cosines": {"ours": cosine, "other": cosine},
        "turns": runs,
    }


def test_a_runtime_is_named_where_it_is_faster_and_as_exact() -> None:
    page = benchmark.markdown(result(0.995))
    row = (
        "| other | 140 (80 to 200) | 1.80 (1.60 to 2.00) | 2.00 (2.00 to 2.00) | 0.9950 / 0.9950 / 0.9950 | 1.5 | 512 |"
    )
    assert row in page
    assert "with a cosine of 0.99: other." in page
    assert "with a cosine of 0.99: none." in benchmark.markdown(result(0.98))


def test_a_runtime_that_is_not_installed_is_told() -> None:
    assert "Missing here: absent (no package `openvino`)." in benchmark.markdown(result(0.995))


def test_rows_are_padded_on_the_right_and_masked() -> None:
    ids, mask = side_runtime.arrays([[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert ids.dtype == np.int64


@pytest.mark.parametrize(("ratio", "cosine", "kept"), [(1.5, 0.99, True), (1.49, 1.0, False), (3.0, 0.98, False)])
def test_both_speed_and_exactness_are_asked_for(ratio: float, cosine: float, kept: bool) -> None:
    assert benchmark.qualifies({"median": ratio}, {"lowest_hundredth": cosine}) is kept
