"""One side of `query_latency.py`: ask an index every query, round after round, in one process that stays warm.

QUERIES.json holds queries to ask `again` and again, and others to ask `once`, after the process is warm.

    PYTHONPATH=CHECKOUT python -P side_search.py INDEX QUERIES.json ROUNDS SEED

Imports nothing of `benchmarks`, so that it can run on any checkout of this project. Prints JSON.
"""

import json
import random
import sys
import time
from pathlib import Path
from typing import Any, Final

PARTS: Final = ("encode", "search", "rank")


def main(index: str, queries_file: str, rounds: str, seed: str) -> None:
    """Open, warm up, measure, print."""
    asked = json.loads(Path(queries_file).read_text(encoding="utf-8"))
    queries = asked["again"]
    started = time.perf_counter()
    import indexer
    from indexer import open_index

    with open_index(index) as opened:
        opened.search(queries[0])
        first = time.perf_counter() - started
        hits = {query: len(opened.search(query).hits) for query in queries}  # warms up too

        def ask(query: str) -> dict[str, Any]:
            started = time.perf_counter()
            timings = opened.search(query).timings
            total = 1e3 * (time.perf_counter() - started)
            return {"query": query, "total": total, **{name: getattr(timings, name) for name in PARTS}}

        answers = []
        for number in range(int(rounds)):
            order = list(queries)
            random.Random(f"{seed} {number}").shuffle(order)
            answers += [ask(query) for query in order]
        once = [ask(query) for query in asked["once"]]
        chunks = sum(one.chunks for one in opened.repos())
        pending = opened.search(queries[0]).pending_vectors
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    memory = {line.split(":")[0]: int(line.split()[1]) / 1e3 for line in status.splitlines() if line.startswith("Vm")}
    print(
        json.dumps(
            {
                "source": str(Path(indexer.__file__).resolve().parent.parent),
                "chunks": chunks,
                "pending_vectors": pending,
                "without_hits": [query for query, count in hits.items() if not count],
                "first_answer_s": first,
                "peak_rss_mb": memory["VmHWM"] * 1.024,
                "rss_mb": memory["VmRSS"] * 1.024,
                "answers": answers,
                "once": once,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
