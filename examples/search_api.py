"""Ask the index from Python: `python examples/search_api.py "when is an alarm raised"`.

Index something first, for example this folder: `index-repo examples`.
"""

import sys

from indexer import IndexerError, open_index


def main(query: str) -> int:
    """Print the best five hits; return an exit status."""
    with open_index() as index:
        result = index.search(query, limit=5)
    for hit in result.hits:
        print(f"{hit.score:.3f}  {hit.path}:{hit.start}-{hit.end}  {hit.symbol or hit.title or ''}")
    for correction in result.understood.corrections:
        print(correction, file=sys.stderr)
    if result.notice:
        print(result.notice, file=sys.stderr)
    return 0 if result.hits else 1


if __name__ == "__main__":
    try:
        sys.exit(main(" ".join(sys.argv[1:]) or "when is an alarm raised"))
    except IndexerError as error:
        sys.exit(f"error: {error}\nhint: {error.hint}")
