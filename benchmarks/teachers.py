"""Make plain transformers folders into sentence-transformers folders, so that `embedder` reads how to use them.

    python -m benchmarks.teachers FOLDER...

Each FOLDER holds a BERT-shaped checkpoint and a `teacher.json` with `pooling` (mean or cls), `max_length`,
`query_prefix` and `passage_prefix`. Written are modules.json, sentence_bert_config.json, 1_Pooling/config.json and
config_sentence_transformers.json; a folder that has a modules.json keeps what it says. Then the vectors of `embedder`
are compared with a plain forward of transformers. Exit status 1 where they differ.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from embedder import Role, Vectors

TEXTS: Final = (
    "How do I read a file line by line in Python?",
    "def read_lines(path):\n    with open(path) as file:\n        yield from file",
    "The treaty was signed in 1648 and ended thirty years of war.",
    "x",
    "A long text is cut. " * 200,
)
TOLERANCE: Final = 1e-5  # of a number of a unit vector in float32


def main(folders: Sequence[str]) -> int:
    """Complete and check every folder."""
    if not folders:
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for folder in map(Path, folders):
        said = json.loads((folder / "teacher.json").read_text(encoding="utf-8"))
        if said["pooling"] is None:
            print(f"{folder.name}: scores pairs, has no vectors; nothing to write")
            continue
        written = write(folder, said)
        difference = check(folder, said)
        failed |= difference > TOLERANCE
        print(f"{folder.name}: {'written' if written else 'kept as it was'}, largest difference {difference:.1e}")
        if difference > TOLERANCE and not written:
            print(
                f"hint: its own files say other than teacher.json; delete {folder / 'modules.json'} to write them again"
            )
    return int(failed)


def write(folder: Path, said: Mapping[str, Any]) -> bool:
    """Write the files that are missing; False where the folder had a modules.json, which is then left as it is."""
    if (folder / "modules.json").exists():
        return False
    kinds = ("Transformer", "Pooling", "Normalize")
    pooling = {f"pooling_mode_{mode}": mode.startswith(said["pooling"]) for mode in ("cls_token", "mean_tokens")}
    prompts = {"query": said["query_prefix"], "document": said["passage_prefix"]}
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": said["dims"], **pooling})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": said["max_length"], "do_lower_case": False})
    _write(folder / "config_sentence_transformers.json", {"prompts": prompts, "similarity_fn_name": "cosine"})
    modules = [
        {"idx": i, "name": str(i), "path": f"{i}_{kind}" if i else "", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    _write(folder / "modules.json", modules)  # last: it makes the others count
    return True


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def check(folder: Path, said: Mapping[str, Any]) -> float:
    """Return the largest difference between a vector of `embedder` and of transformers, over both roles."""
    import embedder

    encoder = embedder.load(folder, runtime="torch", device="cpu")
    length = encoder.max_tokens
    prefixes: dict[Role, str] = {"query": said["query_prefix"], "passage": said["passage_prefix"]}
    return max(
        float(
            np.abs(
                encoder.encode(TEXTS, role=role) - forward(folder, [prefix + text for text in TEXTS], said, length)
            ).max()
        )
        for role, prefix in prefixes.items()
    )


def forward(folder: Path, texts: Sequence[str], said: Mapping[str, Any], length: int) -> Vectors:
    """Run transformers' own classes; [n, dim] unit rows."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    batch = tokenizer(list(texts), padding=True, truncation=True, max_length=length, return_tensors="pt")
    with torch.inference_mode():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    pooled = states[:, 0] if said["pooling"] == "cls" else (states * mask).sum(1) / mask.sum(1)
    vectors: Vectors = torch.nn.functional.normalize(pooled, dim=1).numpy()
    return vectors


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
