"""A peer's side of `peers.py`: run by the Python that has it (of txtai, or of chromadb and sentence-transformers).

    python -I side_peers.py TOOL PASSAGES.json QUERIES.json MODEL FOLDER ROUNDS SEED

TOOL is txtai or chroma. MODEL is a folder of sentence-transformers, FOLDER an empty one for the index. Passages are
indexed and kept with their text, then every query is asked once to warm up, then all in each round. Prints JSON.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIMIT = 10

Ask = Callable[[str], list[int]]
"""A query to the positions of its passages, best first."""


def main(tool: str, passages_file: str, queries_file: str, model: str, folder: str, rounds: str, seed: str) -> None:
    """Index, ask, print."""
    passages = json.loads(Path(passages_file).read_text(encoding="utf-8"))
    queries = json.loads(Path(queries_file).read_text(encoding="utf-8"))
    started = time.perf_counter()
    index: Callable[[Sequence[str]], Ask] = TOOLS[tool](model, folder)
    loaded = time.perf_counter()
    ask = index(passages)
    indexed = time.perf_counter()
    while_indexing = memory()["VmHWM"]
    first = {query: ask(query) for query in queries}  # warms up too
    answers = []
    for number in range(int(rounds)):
        order = list(queries)
        random.Random(f"{seed} {number}").shuffle(order)
        for query in order:
            before = time.perf_counter()
            ask(query)
            answers.append({"query": query, "total": 1e3 * (time.perf_counter() - before)})
    print(
        json.dumps(
            {
                "version": version({"chroma": "chromadb"}.get(tool, tool)),
                "load_s": loaded - started,
                "index_s": indexed - loaded,
                "passages_per_second": len(passages) / (indexed - loaded),
                "disk_mb": sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 1e6,
                "peak_rss_mb": while_indexing,
                "rss_mb": memory()["VmRSS"],
                "first": first,
                "answers": answers,
            }
        )
    )


def txtai(model: str, folder: str) -> Callable[[Sequence[str]], Ask]:
    """Load txtai with the model, content kept, reading as many tokens as the model's folder says."""
    embeddings = import_module("txtai").Embeddings(path=model, content=True, maxlength=True)
    embeddings.batchtransform(["warm"])

    def index(passages: Sequence[str]) -> Ask:
        embeddings.index(list(enumerate(passages)))
        embeddings.save(folder)
        return lambda query: [int(hit["id"]) for hit in embeddings.search(query, LIMIT)]

    return index


def chroma(model: str, folder: str) -> Callable[[Sequence[str]], Ask]:
    """Load chromadb with a folder and sentence-transformers, telemetry off."""
    of: Any = import_module
    functions = of("chromadb.utils.embedding_functions")
    function = functions.SentenceTransformerEmbeddingFunction(model_name=model)
    function(["warm"])
    client = of("chromadb").PersistentClient(
        path=folder, settings=of("chromadb.config").Settings(anonymized_telemetry=False)
    )

    def index(passages: Sequence[str]) -> Ask:
        collection = client.create_collection("passages", embedding_function=function)
        most = client.get_max_batch_size()
        for start in range(0, len(passages), most):
            batch = list(passages[start : start + most])
            collection.add(ids=[str(number) for number in range(start, start + len(batch))], documents=batch)
        return lambda query: [int(one) for one in collection.query(query_texts=[query], n_results=LIMIT)["ids"][0]]

    return index


TOOLS = {"txtai": txtai, "chroma": chroma}


def memory() -> dict[str, float]:
    """Return what /proc says of this process's memory, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return {line.split(":")[0]: int(line.split()[1]) * 1.024e-3 for line in status.splitlines() if line[:2] == "Vm"}


if __name__ == "__main__":
    main(*sys.argv[1:])
