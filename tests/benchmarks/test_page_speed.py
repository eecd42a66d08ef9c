from benchmarks import page_speed as benchmark

FOUND = {
    "machine": {"processor": "a processor", "load_average": 0.5, "commit": "abc1234"},
    "settings": {"index": "index", "queries": 2, "times": 3},
    "first_paint_ms": [100.0, 200.0, 1_300.0],
    "queries": [
        {"query": "a", "painted_ms": 300.0, "search_ms": 20.0},
        {"query": "b", "painted_ms": 400.0, "search_ms": None},
    ],
}


def test_the_tables_tell_the_middle_and_the_worst() -> None:
    page = benchmark.markdown(FOUND)
    assert "| first paint | 200 | 1,190 | 1,300 |" in page
    assert "| from Enter to painted results | 350 | 395 | 400 |" in page
    assert "| of these, the search | 20 | 20 | 20 |" in page
    assert "2 queries, 3 first paints, warm; a processor; load 0.5; commit abc1234." in page
