"""Tiny checkpoints with random weights, in the files, names and keys of the published models that they stand for."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.embedder import checkpoints
from tests.embedder.checkpoints import HIDDEN, LONGEST, WORDS, change_json, write_json

HEADS, LAYERS, INTERMEDIATE = 4, 3, 48
NEW_CODE = "Alibaba-NLP/new-impl--modeling.New"
MARKED = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}  # RoBERTa's special tokens


def random_tensors(shapes: Mapping[str, tuple[int, ...]], *, seed: int) -> dict[str, Tensor]:
    """Fill shapes with numbers wide enough that texts are far apart, and that no term of a formula may be left out."""
    rng = np.random.default_rng(seed)
    centre = {name: 1.0 if "norm" in name.lower() or "_ln." in name else 0.0 for name in shapes}
    return {
        name: torch.from_numpy(rng.normal(centre[name] if "weight" in name else 0, 0.4, shape).astype(np.float32))
        for name, shape in shapes.items()
    }


def new(folder: Path, *, token_types: int, scaling: dict[str, Any] | None, longest: int = 64, seed: int = 0) -> Path:
    """As Alibaba-NLP/gte-base-en-v1.5 (token_types 0) and gte-large-en-v1.5 (2) are published."""
    folder.mkdir(parents=True)
    vocabulary = checkpoints.write_tokenizer(folder) + 3
    tasks = ("MaskedLM", "MultipleChoice", "QuestionAnswering", "SequenceClassification", "TokenClassification")
    config = {
        "architectures": ["NewModel"],
        "attention_probs_dropout_prob": 0.0,
        "auto_map": {"AutoConfig": "Alibaba-NLP/new-impl--configuration.NewConfig", "AutoModel": f"{NEW_CODE}Model"}
        | {f"AutoModelFor{task}": f"{NEW_CODE}For{task}" for task in tasks},
        "classifier_dropout": None,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": HIDDEN,
        "initializer_range": 0.02,
        "intermediate_size": INTERMEDIATE,
        "layer_norm_eps": 1e-12,
        "layer_norm_type": "layer_norm",
        "logn_attention_clip1": False,
        "logn_attention_scale": False,
        "max_position_embeddings": longest,
        "model_type": "new",
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "pack_qkv": True,
        "pad_token_id": 0,
        "position_embedding_type": "rope",
        "rope_scaling": scaling,
        "rope_theta": 500 if token_types == 0 else 160,  # thousands in the published ones, whose heads are wider
        "torch_dtype": "float32",
        "transformers_version": "4.39.1",
        "type_vocab_size": token_types,
        "unpad_inputs": False,
        "use_memory_efficient_attention": False,
        "vocab_size": vocabulary,
    }
    shapes: dict[str, tuple[int, ...]] = {"embeddings.word_embeddings.weight": (vocabulary, HIDDEN)}
    if token_types:
        shapes["embeddings.token_type_embeddings.weight"] = (token_types, HIDDEN)
    norms = ["embeddings.LayerNorm"]
    for number in range(LAYERS):
        at = f"encoder.layer.{number}"
        norms += [f"{at}.attn_ln", f"{at}.mlp_ln"]
        shapes |= {
            f"{at}.attention.qkv_proj.weight": (3 * HIDDEN, HIDDEN),
            f"{at}.attention.qkv_proj.bias": (3 * HIDDEN,),
            f"{at}.attention.o_proj.weight": (HIDDEN, HIDDEN),
            f"{at}.attention.o_proj.bias": (HIDDEN,),
            f"{at}.mlp.up_gate_proj.weight": (2 * INTERMEDIATE, HIDDEN),
            f"{at}.mlp.down_proj.weight": (HIDDEN, INTERMEDIATE),
            f"{at}.mlp.down_proj.bias": (HIDDEN,),
        }
    shapes |= {f"{norm}.{part}": (HIDDEN,) for norm in norms for part in ("weight", "bias")}
    write_json(folder / "config.json", config)
    save_file(random_tensors(shapes, seed=seed), folder / "model.safetensors", metadata={"format": "pt"})
    change_json(folder / "tokenizer_config.json", tokenizer_class="BertTokenizer", model_max_length=32768)
    checkpoints.write_modules(folder, pooling="cls", max_tokens=longest)
    return folder


def modernbert(folder: Path, *, seed: int = 0) -> Path:
    """As Alibaba-NLP/gte-modernbert-base is published: older keys, float16, pieces of bytes, special tokens last."""
    folder.mkdir(parents=True)
    count = _write_bytes_tokenizer(folder)
    config = {
        "architectures": ["ModernBertModel"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": count - 4,
        "classifier_activation": "gelu",
        "classifier_bias": False,
        "classifier_dropout": 0.0,
        "classifier_pooling": "mean",  # of a classifier: the vector is the first state
        "cls_token_id": count - 4,
        "decoder_bias": True,
        "deterministic_flash_attn": False,
        "embedding_dropout": 0.0,
        "eos_token_id": count - 3,
        "global_attn_every_n_layers": 3,
        "global_rope_theta": 160000.0,
        "gradient_checkpointing": False,
        "hidden_activation": "gelu",
        "hidden_size": HIDDEN,
        "initializer_cutoff_factor": 2.0,
        "initializer_range": 0.02,
        "intermediate_size": INTERMEDIATE,
        "layer_norm_eps": 1e-05,
        "local_attention": 8,
        "local_rope_theta": 10000.0,
        "max_position_embeddings": LONGEST,
        "mlp_bias": False,
        "mlp_dropout": 0.0,
        "model_type": "modernbert",
        "norm_bias": False,
        "norm_eps": 1e-05,
        "num_attention_heads": HEADS,
        "num_hidden_layers": 4,
        "pad_token_id": count - 2,
        "position_embedding_type": "absolute",
        "reference_compile": True,
        "repad_logits_with_grad": False,
        "sep_token_id": count - 3,
        "sparse_pred_ignore_index": -100,
        "sparse_prediction": False,
        "torch_dtype": "float16",
        "transformers_version": "4.48.0",
        "vocab_size": count + 3,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.tok_embeddings.weight": (count + 3, HIDDEN),
        "embeddings.norm.weight": (HIDDEN,),
        "final_norm.weight": (HIDDEN,),
    }
    for number in range(4):
        at = f"layers.{number}"
        shapes |= {f"{at}.attn_norm.weight": (HIDDEN,)} if number else {}
        shapes |= {
            f"{at}.attn.Wqkv.weight": (3 * HIDDEN, HIDDEN),
            f"{at}.attn.Wo.weight": (HIDDEN, HIDDEN),
            f"{at}.mlp_norm.weight": (HIDDEN,),
            f"{at}.mlp.Wi.weight": (2 * INTERMEDIATE, HIDDEN),
            f"{at}.mlp.Wo.weight": (HIDDEN, INTERMEDIATE),
        }
    write_json(folder / "config.json", config)
    tensors = {name: tensor.half() for name, tensor in random_tensors(shapes, seed=seed).items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    checkpoints.write_modules(folder, pooling="cls")
    return folder


def _write_bytes_tokenizer(folder: Path) -> int:
    """Write a byte-level BPE tokenizer.json with words as pieces, and return how many tokens it has."""
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as ByteLevelDecoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(vocab_size=600, initial_alphabet=ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([word for word in WORDS] + [f"a {word}" for word in WORDS] * 2, trainer)
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    tokenizer.add_special_tokens(special)
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    numbers = [(name, vocabulary[name]) for name in special]
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=numbers[1:3]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    own = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 8192, "pad_token": "[PAD]"}
    ends = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
    write_json(folder / "tokenizer_config.json", own | ends)
    return int(tokenizer.get_vocab_size())


def by_transformers(folder: Path, kind: str, *, seed: int = 0) -> Path:
    """A folder of one of transformers' own classes, as sentence-transformers publishes models."""
    import transformers

    folder.mkdir(parents=True)
    vocabulary = checkpoints.write_tokenizer(folder, checkpoints.SPECIAL if kind == "distilbert" else MARKED) + 3
    shape: dict[str, Any] = {"vocab_size": vocabulary, "initializer_range": 0.5}
    if kind == "distilbert":
        shape |= {"dim": HIDDEN, "n_layers": LAYERS, "n_heads": HEADS, "hidden_dim": INTERMEDIATE}
        shape |= {"max_position_embeddings": LONGEST}
    else:
        shape |= {"hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}
        shape |= {"intermediate_size": INTERMEDIATE, "max_position_embeddings": LONGEST + 2, "pad_token_id": 1}
    torch.manual_seed(seed)
    name = {"roberta": "Roberta", "xlm-roberta": "XLMRoberta", "mpnet": "MPNet", "distilbert": "DistilBert"}[kind]
    config = getattr(transformers, f"{name}Config")(**shape)
    getattr(transformers, f"{name}Model")(config).save_pretrained(folder)
    checkpoints.write_modules(folder, pooling="mean")
    return folder


def converted(folder: Path, source: Path, *, vocabulary: str = "json") -> Path:
    """As jncraton/gte-small-ct2-int8: written by CTranslate2's own converter from a BERT checkpoint in `source`.

    vocabulary: "json" or "txt"; older versions of the converter wrote the latter.
    """
    from ctranslate2.converters import TransformersConverter  # type: ignore[import-untyped]  # it ships no types

    TransformersConverter(str(source), copy_files=["tokenizer.json"]).convert(str(folder), quantization="int8")
    if vocabulary == "txt":
        names = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        (folder / "vocabulary.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        (folder / "vocabulary.json").unlink()
    return folder


def inference(folder: Path, labels: Sequence[str], *, seed: int = 0) -> Path:
    """As mjwong/gte-large-mnli-anli: transformers' BERT with a head of labels, and no file of sentence-transformers."""
    from transformers import BertConfig, BertForSequenceClassification

    folder.mkdir(parents=True)
    vocabulary = checkpoints.write_tokenizer(folder) + 3
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INTERMEDIATE,
        max_position_embeddings=LONGEST,
        initializer_range=0.3,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    change_json(folder / "tokenizer_config.json", tokenizer_class="BertTokenizer", model_max_length=LONGEST)
    return folder


def write(folder: Path, kind: str) -> Path:
    """Write the checkpoint called `kind`, a row of KINDS."""
    return KINDS[kind](folder)


KINDS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "gte-base-en-v1.5": lambda folder: new(folder, token_types=0, scaling={"factor": 2.0, "type": "ntk"}),
    "gte-large-en-v1.5": lambda folder: new(folder, token_types=2, scaling={"factor": 2.0, "type": "ntk"}),
    "gte-modernbert-base": modernbert,
    "roberta": lambda folder: by_transformers(folder, "roberta"),
    "xlm-roberta": lambda folder: by_transformers(folder, "xlm-roberta"),
    "mpnet": lambda folder: by_transformers(folder, "mpnet"),
    "distilbert": lambda folder: by_transformers(folder, "distilbert"),
}
