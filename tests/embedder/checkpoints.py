"""Tiny checkpoints with random weights, laid out as sentence-transformers writes them."""

import json
from pathlib import Path
from typing import Any

import pytest

TEXT = """the a of to in is where are we do retry failed upload uploads redirect redirects follow followed method
rewritten merge proxy settings from environment def class return self import error open close file read write"""
WORDS = TEXT.split()
LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)] + list("0123456789_().,:!?-")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
HIDDEN = 32
LONGEST = 48  # tokens that the tiny model can read; sentence_bert_config.json allows 32
MAX_TOKENS = 32


def write(folder: Path, *, pooling: str = "mean", seed: int = 0, prompts: dict[str, str] | None = None) -> Path:
    """Write a random two-layer BERT and return its folder."""
    import torch
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True)
    vocabulary = write_tokenizer(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=vocabulary + 3,  # real ones are padded too
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=LONGEST,
        initializer_range=0.5,  # wide, so that texts are far apart
    )
    BertModel(config).save_pretrained(folder)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [
        {"idx": i, "path": f"{i}_{kind}" if i else "", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    write_json(folder / "modules.json", modules)
    flags = {"pooling_mode_mean_tokens": pooling == "mean", "pooling_mode_cls_token": pooling == "cls"}
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": HIDDEN, **flags})
    if prompts is not None:
        write_json(folder / "config_sentence_transformers.json", {"prompts": prompts})
    return folder


def bundled_model() -> str:
    """Return the name of the model that ships; skips the test where its weights are not there."""
    import embedder
    from embedder.files import bundled
    from embedder.models import known

    model = known(embedder.DEFAULT_MODEL)
    if model is None or bundled(model) is None:
        pytest.skip("the weights of the default model are not there")
    return model.name


def write_tokenizer(folder: Path) -> int:
    """Write a WordPiece tokenizer.json and return how many tokens it has."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing

    pieces = dict.fromkeys([*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    # Published files carry such settings, which must not be obeyed.
    tokenizer.enable_truncation(max_length=8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(folder / "tokenizer.json"))
    return len(vocabulary)


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def change_json(path: Path, **values: Any) -> None:  # noqa: ANN401
    """Set keys of an object in a JSON file."""
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **values})
