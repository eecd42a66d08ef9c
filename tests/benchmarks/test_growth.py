import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import growth as benchmark
from embedder import FakeEncoder
from indexer import open_index


def one(seconds: float, chunks: int) -> dict[str, Any]:
    writes = {"text_s": seconds, "vectors_s": 0.0, "pending_s": 0.0, "compact_s": 0.0, "chunks": chunks}
    rss = {"text": 10.0, "vectors": 20.0, "compact": 30.0}
    query = {"total": {"p50": 5.0, "p95": 6.0}, "once": {}, "first_s": 1.0, "peak_rss_mb": 90.0}
    return {
        "writes": {**writes, "peak_rss_mb": rss, "encoded": 0, "vectors": 1},
        "query": query,
        "disk_mb": {"all": 1.0},
    }


def test_the_exponent_is_the_slope_of_the_logarithms() -> None:
    found = benchmark.exponents({str(n): one(n**1.5, n) for n in (10, 100, 1000)})
    assert found["text"] == pytest.approx(1.5)
    assert found["p50"] == pytest.approx(0, abs=1e-9)
    assert "ingest" not in found  # was not measured


def test_words_of_a_copy_are_others_throughout_it_and_common_ones_stay() -> None:
    text = " ".join(f"name{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(600)) + " common common"
    names = benchmark.Names(1, ["common"])
    renamed = names.of(text).split()
    assert names.of(text).split() == renamed
    assert renamed[-2:] == ["common", "common"]
    changed = sum(a != b for a, b in zip(text.split(), renamed, strict=True))
    assert 0.2 < changed / 600 < 0.4
    other = benchmark.Names(2, ["common"]).of(text).split()
    assert not {word for word in renamed if word not in text} & set(other)


@pytest.mark.timeout(600)  # eight processes
def test_sizes_are_measured_once_and_beyond_the_pool_in_copies(tmp_path: Path) -> None:
    source, index, out = tmp_path / "source", tmp_path / "index", tmp_path / "found.json"
    source.mkdir()
    for number in range(8):
        code = f"def upload_{number}():\n    return 'again {number}'\n"
        (source / f"retry{number}.py").write_text(code, encoding="utf-8")
    with open_index(index, create=True, encoder=FakeEncoder(), flags={"model": "fake"}) as opened:
        opened.sync([source])
    queries = tmp_path / "queries.txt"
    queries.write_text("where are uploads retried\n", encoding="utf-8")
    given = ["--source", source, "--vectors", index, "--queries", queries, "--work", tmp_path / "work", "--out", out]
    given += ["--rounds", 1, "--sizes"]
    assert benchmark.main([str(part) for part in (*given, 4)]) == 0
    first = json.loads(out.read_text(encoding="utf-8"))["sizes"]["4"]
    assert first["ingest"]["chunks"] == first["writes"]["chunks"] == 4
    assert first["writes"]["encoded"] == 4
    assert benchmark.main([str(part) for part in (*given, 4, 20)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["sizes"]["4"] == first
    assert "ingest" not in found["sizes"]["20"]  # there is no such tree
    assert found["sizes"]["20"]["query"]["chunks"] == found["sizes"]["20"]["writes"]["chunks"] == 20
    assert found["sizes"]["20"]["writes"]["encoded"] < 20
    assert "| chunks | 4 | 20 | exponent |" in out.with_suffix(".md").read_text(encoding="utf-8")
    assert out.with_suffix(".png").stat().st_size > 1000
