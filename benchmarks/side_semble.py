"""semble's side of the benchmarks: run by the Python that has it (`pip install semble` in an environment of its own).

    python -I side_semble.py index FOLDER MODEL CONTENT
    python -I side_semble.py search FOLDER MODEL CONTENT QUERIES.json ROUNDS SEED

MODEL is the folder of a static model, or "" for semble's own. CONTENT is what it indexes: code, or all. The index is
kept where SEMBLE_CACHE_LOCATION says, as its command line keeps it; a second run finds it there. Prints JSON.
"""

import json
import random
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def main(verb: str, folder: str, model: str, content: str, *more: str) -> None:
    """Index, ask where that is wanted, print."""
    of: Any = import_module  # by name, since it is nowhere where this project is checked
    semble, dense, kept = of("semble.index").SembleIndex, of("semble.index.dense"), of("semble.cache")
    kind = of("semble.types").ContentType
    kinds = list(kind) if content == "all" else [kind(content)]
    started = time.perf_counter()
    dense.load_model(model or None)  # keeps it
    loaded = time.perf_counter()
    index = semble.from_path(folder, content=kinds, model_path=model or None)
    indexed = time.perf_counter()
    kept.save_index_to_cache(index, folder)
    found = {
        "load_s": loaded - started,
        "index_s": indexed - loaded,
        "save_s": time.perf_counter() - indexed,
        "chunks": index.stats.total_chunks,
        "files": index.stats.indexed_files,
    }
    if verb == "search":
        queries_file, rounds, seed = more
        asked = json.loads(Path(queries_file).read_text(encoding="utf-8"))
        queries = asked["again"]
        found["without_hits"] = [query for query in queries if not index.search(query, top_k=10)]  # warms up too

        def ask(query: str) -> dict[str, Any]:
            started = time.perf_counter()
            index.search(query, top_k=10)
            return {"query": query, "total": 1e3 * (time.perf_counter() - started)}

        answers = []
        for number in range(int(rounds)):
            order = list(queries)
            random.Random(f"{seed} {number}").shuffle(order)
            answers += [ask(query) for query in order]
        once = [ask(query) for query in asked["once"]]
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        memory = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("Vm")}
        found |= {
            "answers": answers,
            "once": once,
            "peak_rss_mb": memory["VmHWM"] * 1.024e-3,
            "rss_mb": memory["VmRSS"] * 1.024e-3,
        }
    print(json.dumps(found))


if __name__ == "__main__":  # its workers import this file again
    main(*sys.argv[1:])
