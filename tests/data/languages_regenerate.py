"""Write the expected spans of every sample: `python tests/data/languages_regenerate.py`, then read the diff."""

import json
from pathlib import Path

from indexer.languages import by_name
from indexer.parse.code import parse_code

SAMPLES = Path(__file__).parent / "languages"
GOLDEN = SAMPLES / "expected.json"


def samples() -> dict[str, Path]:
    """Return language to sample file."""
    return {path.stem: path for path in sorted(SAMPLES.iterdir()) if path.suffix != ".json"}


def spans_of(name: str, path: Path) -> list[list[object]]:
    """Return [kind, symbol, start, end] of each span in a sample."""
    language = by_name(name)
    assert language is not None, name
    spans = parse_code(path.read_bytes(), language=language).spans
    return [[span.kind.value, span.symbol, span.start, span.end] for span in spans]


if __name__ == "__main__":
    expected = {name: spans_of(name, path) for name, path in samples().items()}
    rows = [
        f" {json.dumps(name)}: [\n" + ",\n".join(f"  {json.dumps(span)}" for span in spans) + "\n ]"
        for name, spans in expected.items()
    ]
    GOLDEN.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
