"""Small training rows of words that the tiny checkpoint knows, and prepared folders of them."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.embedder.checkpoints import WORDS, write_json
from training.data import MANIFEST, VERSION, Row, data_file, line_of, offsets_file
from training.recipe import Recipe, parse


def pairs(count: int, *, seed: int = 0, negatives: int = 0) -> list[Row]:
    """Return rows of different queries whose positive shares two words with the query, and negatives one."""
    rng = random.Random(seed)
    found: dict[str, Row] = {}
    while len(found) < count:
        first, second, *others = rng.sample(WORDS, 3 + negatives)
        query = f"where is {first} {second} {others[0]}"
        found[query] = Row(
            query, f"def {second}_{first}: return self", tuple(f"class {first}_{other}" for other in others[1:])
        )
    return list(found.values())


def write_prepared(folder: Path, sources: Mapping[str, Sequence[Row]]) -> Path:
    """Write a folder as `gte-train prepare` lays it out."""
    folder.mkdir(parents=True)
    records = {}
    for name, rows in sources.items():
        lines = [line_of(row) for row in rows]
        data_file(folder, name).write_bytes(b"".join(lines))
        np.save(offsets_file(folder, name), np.cumsum([0, *map(len, lines)], dtype=np.int64))
        records[name] = {"rows": len(rows), "kept": len(rows), "sha256": str(hash(tuple(rows)))}
    write_json(folder / MANIFEST, {"version": VERSION, "sources": records})
    return folder


def recipe(start: Path, **stage: object) -> Recipe:
    """Return a recipe with a stage `pretrain` of a few quick steps."""
    quick = {"steps": 6, "batch": 8, "rate": 1e-3, "temperature": 0.05, "save_every": 2, "chunk_tokens": 64}
    return parse({"name": "quick", "start": str(start), "pretrain": quick | stage}, where="test")


def write_recipe(path: Path, made: Recipe) -> Path:
    """Write a recipe as TOML. Its values are numbers, strings and lists, which JSON writes alike."""
    from training.recipe import as_json

    stage = as_json(made)["pretrain"]
    tables = {key: value for key, value in stage.items() if isinstance(value, dict)}
    lines = [f'name = "{made.name}"', f"start = {json.dumps(made.start)}", "[pretrain]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in stage.items() if key not in tables]
    for name, table in tables.items():
        lines += [f"[pretrain.{name}]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def steps(run: Path) -> list[dict[str, object]]:
    """Return the log of a run without what depends on the clock."""
    clocks = ("seconds", "pairs_per_second", "tokens_per_second")
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in clocks} for line in lines]
