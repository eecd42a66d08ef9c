"""Does a search know when it has no answer? Repositories are asked their own questions and those of others.

    python benchmarks/confidence.py --data code-search --indexes DIR

DIR holds an index of each repository, in a folder of its name, as `index-repo --index` makes them; with or without
vectors. Of the labelled questions each repository gets its own, which it can answer, and some of other repositories,
which it mostly cannot. Prints the share of both that is answered with confidence, as JSON.
"""

import argparse
import json
import random
from pathlib import Path
from typing import Final

from indexer import open_index

OTHERS: Final = 60  # questions of other repositories
SEED: Final = 1


def main() -> None:
    """Ask, count, print."""
    parser = argparse.ArgumentParser(description="Share of questions that are answered with confidence.")
    parser.add_argument("--data", type=Path, required=True, help="folder of queries.jsonl")
    parser.add_argument("--indexes", type=Path, required=True, help="folder of one index a repository")
    options = parser.parse_args()
    lines = (options.data / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [(row["repo"], row["query"]) for row in map(json.loads, lines)]
    shares = {
        folder.name: shares_of(folder, questions)
        for folder in sorted(options.indexes.iterdir())
        if any(repo == folder.name for repo, _ in questions)
    }
    shares["mean"] = {side: sum(one[side] for one in shares.values()) / len(shares) for side in ("own", "others")}
    print(json.dumps(shares, indent=2))


def shares_of(folder: Path, questions: list[tuple[str, str]]) -> dict[str, float]:
    """Return the share of its own and of others' questions that an index answers with confidence."""
    own = [query for repo, query in questions if repo == folder.name]
    others = [query for repo, query in questions if repo != folder.name]
    asked = {"own": own, "others": random.Random(SEED).sample(others, OTHERS)}
    with open_index(folder) as index:
        return {
            side: sum(index.search(query, limit=1).confident for query in queries) / len(queries)
            for side, queries in asked.items()
        }


if __name__ == "__main__":
    main()
