import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

import embedder
from embedder.encoder import TorchEncoder
from embedder.errors import ModelNotFoundError
from embedder.files import WEIGHTS, Layout
from embedder.model import load_model
from tests.embedder import checkpoints, published
from training import card, export
from training.checkpoint import State, save
from training.errors import RunError
from training.student import Student

TEXTS = ["where are redirects followed", "", "def retry(self): return open(file)", "merge proxy settings " * 200]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of training: weights, configuration, tokenizer and recipe, and no file of sentence-transformers."""
    folder = checkpoints.write(tmp_path_factory.mktemp("run") / "step-10")
    for name in ("modules.json", "sentence_bert_config.json"):
        (folder / name).unlink()
    shutil.rmtree(folder / "1_Pooling")
    pretrain = {"rate": 1e-4, "dims": [8, 16], "layers": [1], "exclude": ["text_*"], "boost": {}}
    recipe = {"name": "tiny", "start": "x", "pretrain": pretrain, "finetune": {"rate": 2e-5}}
    checkpoints.write_json(folder / "recipe.json", recipe)
    checkpoints.write_json(folder / "state.json", {"step": 10, "pairs": 5120, "seconds": 5400, "stage": "pretrain"})
    return folder


@pytest.fixture
def own(checkpoint: Path, tmp_path: Path) -> Path:
    """A checkpoint that the test may change, of no recipe."""
    folder = Path(shutil.copytree(checkpoint, tmp_path / "own"))
    (folder / "recipe.json").unlink()
    (folder / "state.json").unlink()
    return folder


@pytest.fixture(scope="module")
def exported(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "gte-tiny"
    export.export(checkpoint, out)
    return out


def weights(folder: Path) -> dict[str, Any]:
    return load_model(Layout.read(folder, name="m")).state_dict()


def vectors(folder: Path, cache_dir: Path) -> embedder.Vectors:
    return TorchEncoder(Layout.find(folder), cache_dir=cache_dir).encode(TEXTS, role="passage")


def facts(path: Path) -> Any:  # noqa: ANN401
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.filterwarnings("ignore")  # of another library's imports
def test_sentence_transformers_and_embedder_compute_the_same_vectors(
    exported: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    model = library.SentenceTransformer(str(exported), device="cpu")
    assert [type(module).__name__ for module in model] == list(export.MODULES)
    np.testing.assert_allclose(vectors(exported, tmp_path), model.encode(TEXTS), atol=1e-5)
    assert "MISSING" not in capfd.readouterr().err  # transformers' report of weights that it made up


@pytest.mark.filterwarnings("ignore")  # of another library's imports
@pytest.mark.parametrize("kind", ["roberta", "xlm-roberta", "mpnet", "distilbert", "gte-modernbert-base"])
def test_every_architecture_that_transformers_has_is_trained_and_exported(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    layout = Layout.read(published.write(tmp_path / "start", kind), name="start")
    student = Student(layout, dropout=0.0, device="cpu")
    state = State(step=1, pairs=8, seconds=1.0, recipe={"name": "r", "pretrain": {}}, stage="pretrain")
    optimizer = torch.optim.AdamW(student.model.parameters())
    run = save(tmp_path / "run", state, model=student.model, optimizer=optimizer, layout=layout)
    export.export(run, tmp_path / "out")
    model = library.SentenceTransformer(str(tmp_path / "out"), device="cpu")
    assert type(model[0].auto_model).__name__ == facts(tmp_path / "out" / "config.json")["architectures"][0]
    np.testing.assert_allclose(vectors(tmp_path / "out", tmp_path), model.encode(TEXTS), atol=1e-5)
    same = (vectors(tmp_path / "out", tmp_path) * vectors(run, tmp_path)).sum(axis=1)
    assert same[:-1].min() > 0.999  # the last is cut elsewhere: the start reads fewer tokens than it has positions
    assert "MISSING" not in capfd.readouterr().err


def test_a_model_that_only_its_publisher_s_program_loads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="`new` model") as caught:
        export.export(published.write(tmp_path / "start", "gte-base-en-v1.5"), tmp_path / "out")
    assert "another architecture" in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_half_precision_moves_the_vectors_of_training_only_a_little(
    exported: Path, checkpoint: Path, tmp_path: Path
) -> None:
    cosines = (vectors(exported, tmp_path) * vectors(checkpoint, tmp_path)).sum(axis=1)
    assert cosines.min() > 0.9999


def test_single_precision_keeps_the_vectors_of_training(checkpoint: Path, tmp_path: Path) -> None:
    export.export(checkpoint, tmp_path / "out", precision="float32")
    np.testing.assert_allclose(vectors(tmp_path / "out", tmp_path), vectors(checkpoint, tmp_path), atol=1e-6)


def test_the_folder_is_half_as_large_and_computes_in_single_precision(exported: Path, checkpoint: Path) -> None:
    half, whole = ((folder / "model.safetensors").stat().st_size for folder in (exported, checkpoint))
    assert half < 0.55 * whole
    config = facts(exported / "config.json")
    assert (config["architectures"], config["torch_dtype"]) == (["BertModel"], "float32")


def test_the_folder_reads_as_many_tokens_as_the_model_has_positions(exported: Path) -> None:
    assert Layout.find(exported).max_tokens == checkpoints.LONGEST
    assert facts(exported / "tokenizer_config.json")["model_max_length"] == checkpoints.LONGEST


def test_the_tokenizer_neither_cuts_nor_pads_by_itself(exported: Path) -> None:
    tokenizer = facts(exported / "tokenizer.json")
    assert (tokenizer["truncation"], tokenizer["padding"]) == (None, None)


def test_what_the_start_declares_is_kept(own: Path, tmp_path: Path) -> None:
    checkpoints.write_json(own / "config_sentence_transformers.json", {"prompts": {"query": "q: ", "passage": "p: "}})
    (own / "vocab.txt").write_text("[PAD]\n", encoding="utf-8")
    made = export.export(own, tmp_path / "prefixed")
    assert (made.query_prefix, made.passage_prefix) == ("q: ", "p: ")
    assert (tmp_path / "prefixed" / "vocab.txt").is_file()
    cls = checkpoints.write(tmp_path / "start-cls", pooling="cls")
    assert export.export(cls, tmp_path / "cls").pooling is embedder.Pooling.CLS


def test_the_sizes_that_the_recipe_trained_are_declared(exported: Path, own: Path, tmp_path: Path) -> None:
    declared = facts(exported / "config_sentence_transformers.json")
    assert declared["elastic_dims"] == [32, 16, 8]
    assert declared["elastic_layers"] == [1, 2]
    export.export(own, tmp_path / "out")
    assert "elastic_dims" not in facts(tmp_path / "out" / "config_sentence_transformers.json")


def test_a_checkpoint_that_training_saved_is_exported_with_its_weights(checkpoint: Path, tmp_path: Path) -> None:
    layout = Layout.read(checkpoint, name="start")
    student = Student(layout, dropout=0.0, device="cpu")
    state = State(step=3, pairs=24, seconds=60.0, recipe={"name": "r", "pretrain": {"dims": [8]}}, stage="pretrain")
    optimizer = torch.optim.AdamW(student.model.parameters())
    save(tmp_path / "run", state, model=student.model, optimizer=optimizer, layout=layout)
    export.export(tmp_path / "run", tmp_path / "out", precision="float32")
    assert all(torch.equal(tensor, weights(checkpoint)[name]) for name, tensor in weights(tmp_path / "out").items())
    assert facts(tmp_path / "out" / "config_sentence_transformers.json")["elastic_dims"] == [32, 8]


def test_a_run_gives_its_last_checkpoint(checkpoint: Path, tmp_path: Path) -> None:
    for name in ("step-9", "step-10", "step-100"):
        shutil.copytree(checkpoint, tmp_path / "run" / name)
    (tmp_path / "run" / ".step-200.partial").mkdir()
    assert export.newest_checkpoint(tmp_path / "run") == tmp_path / "run" / "step-100"


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_merging_is_a_straight_line_between_two_checkpoints(checkpoint: Path, tmp_path: Path, weight: float) -> None:
    other = checkpoints.write(tmp_path / "other", seed=1)
    merge = export.Merge(folder=other, weight=weight)
    export.export(checkpoint, tmp_path / "out", precision="float32", merge=merge)
    ours, theirs, mixed = (weights(folder) for folder in (checkpoint, other, tmp_path / "out"))
    for name, tensor in mixed.items():
        np.testing.assert_allclose(tensor, weight * theirs[name] + (1 - weight) * ours[name], atol=1e-6)


def test_checkpoints_of_different_tokens_are_not_merged(checkpoint: Path, own: Path, tmp_path: Path) -> None:
    text = (own / "tokenizer.json").read_text(encoding="utf-8")
    (own / "tokenizer.json").write_text(text.replace('"retry"', '"retried"'), encoding="utf-8")
    with pytest.raises(RunError, match="other tokens") as caught:
        export.export(checkpoint, tmp_path / "out", merge=export.Merge(folder=own, weight=0.5))
    assert "started from" in caught.value.hint


@pytest.mark.parametrize("text", ["start", "start=much", "=0.5", "start=1.5", "start=nan"])
def test_a_merge_without_model_and_share_is_refused(text: str) -> None:
    with pytest.raises(RunError, match="no model and weight"):
        export.Merge.parse(text)


def test_what_is_merged_may_be_a_run_a_checkpoint_or_a_known_name(
    checkpoint: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(checkpoint, run / "step-10")
    found = {name: export.Merge.parse(f"{name}=0.5") for name in (str(run), str(checkpoint), str(exported))}
    assert [merge.folder for merge in found.values()] == [run, checkpoint, exported]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gte-mini").mkdir()  # of notes: the name means the model
    merge = export.Merge.parse(f"{checkpoints.bundled_model()}=0.5")
    assert (merge.name, merge.folder) == ("gte-mini", WEIGHTS / "gte-mini")


def test_a_model_to_merge_that_does_not_exist_is_told_as_everywhere(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="did you mean `gte-mini`"):
        export.Merge.parse("gte-mni=0.5")


def test_the_card_names_what_was_merged_by_its_name(checkpoint: Path, tmp_path: Path) -> None:
    other = checkpoints.write(tmp_path / "0123456789abcdef")
    export.export(checkpoint, tmp_path / "out", merge=export.Merge(folder=other, weight=0.5, name="gte-tiny"))
    assert "50% those of gte-tiny" in (tmp_path / "out/README.md").read_text()


def test_numbers_too_large_for_half_precision_are_told(own: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(own / "model.safetensors")
    tensors["encoder.layer.0.output.dense.bias"][0] = 1e6
    save_file(tensors, own / "model.safetensors")
    with pytest.raises(RunError, match=r"encoder\.layer\.0\.output\.dense\.bias.*float16") as caught:
        export.export(own, tmp_path / "out")
    assert "--precision float32" in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_other_files_are_not_mixed_with_an_export(checkpoint: Path, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="other files"):
        export.export(checkpoint, tmp_path)
    with pytest.raises(RunError, match="is a file"):
        export.export(checkpoint, tmp_path / "notes.txt")
    with pytest.raises(RunError, match="the checkpoint itself"):
        export.export(checkpoint, checkpoint)
    with pytest.raises(RunError, match="holds no checkpoint"):
        export.export(tmp_path, exported)
    export.export(checkpoint, exported)  # again, over the older one


def test_a_checkpoint_is_not_overwritten_by_an_export(checkpoint: Path, exported: Path, tmp_path: Path) -> None:
    saved = tmp_path / "step-0000001"
    shutil.copytree(exported, saved)
    (saved / "state.json").write_text("{}")
    with pytest.raises(RunError, match="would be lost"):
        export.export(checkpoint, saved)
    other = tmp_path / "other"
    shutil.copytree(exported, other)
    with pytest.raises(RunError, match="would be lost"):
        export.export(checkpoint, other, merge=export.Merge(folder=other, weight=0.5))


@pytest.mark.parametrize(
    ("recipe", "given", "stated"),
    [({}, {}, "apache-2.0"), ({"licence": "MIT"}, {}, "mit"), ({"licence": "MIT"}, {"licence": "cc0-1.0"}, "cc0-1.0")],
)
def test_the_card_states_the_recipe_s_licence_unless_another_is_given(
    own: Path, tmp_path: Path, recipe: dict[str, str], given: dict[str, str], stated: str
) -> None:
    checkpoints.write_json(own / "recipe.json", {"name": "r", "pretrain": {}} | recipe)
    checkpoints.write_json(own / "state.json", {"stage": "pretrain"})
    checkpoints.write_json(tmp_path / "card.json", given)
    export.export(own, tmp_path / "out", data=card.CardData.read([tmp_path / "card.json"]))
    page = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert yaml.safe_load(page.split("---\n")[1])["license"] == stated
    assert f"The weights: {stated}." in page


def test_the_card_tells_data_recipe_scores_and_limits(checkpoint: Path, tmp_path: Path) -> None:
    manifest, licences, results = (tmp_path / name for name in ("manifest.json", "licences.json", "evaluation.json"))
    counted = {"docfunc_go": {"rows": 57000, "kept": 56936, "sha256": "0"}, "text_news": {"rows": 9, "kept": 9}}
    checkpoints.write_json(manifest, {"version": 1, "sources": counted})
    said = {"docfunc_*": {"licence": "permissive"}, "unused_*": {"licence": "x"}}
    checkpoints.write_json(licences, {"base_model": "o/start", "sources": said, "notes": ["Not for poems."]})
    found = [("gte-tiny", "go", "ndcg@10", 0.5), ("bm25", "go", "ndcg@10", 0.25), ("gte-tiny", "sts", "spearman", 0.7)]
    each = [dict(zip(("model", "set", "measure", "score"), values, strict=True)) for values in found]
    means = {"gte-tiny": {"code": 0.5, "all sets": 0.6}, "bm25": {"code": 0.25, "all sets": None}}
    checkpoints.write_json(results, {"means": means, "results": each})
    parser = argparse.ArgumentParser()
    export.add_arguments(parser)
    out = tmp_path / "gte-tiny"
    given = [checkpoint, out, "--results", results, "--card-data", manifest, licences]
    assert export.run(parser.parse_args(list(map(str, given)))) == 0
    page = (out / "README.md").read_text(encoding="utf-8")
    _, head, body = page.split("---\n", 2)
    assert yaml.safe_load(head)["license"] == "apache-2.0"
    assert yaml.safe_load(head)["base_model"] == "o/start"
    assert "| docfunc_go | 56,936 | permissive |" in body
    assert "text_news" not in body  # the recipe excludes it
    assert "10 steps over 5,120 pairs in 1.5 hours" in body
    assert "| `pretrain.rate` | 0.0001 |" in body
    assert "`pretrain.boost`" not in body  # empty
    assert "`finetune.rate`" not in body  # not trained yet
    assert "| **mean: code** |  | **50.0** | 25.0 |" in body
    assert "| go | ndcg@10 | **50.0** | 25.0 |" in body
    assert "| sts | spearman | 70.0 |  |" in body
    assert "Not for poems." in body
    assert f"{checkpoints.LONGEST} tokens" in body
    assert "The first 32, 16 or 8 numbers" in body


def test_a_card_file_that_is_no_object_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    with pytest.raises(RunError, match="no JSON object"):
        card.CardData.read([tmp_path / "list.json"])
    with pytest.raises(RunError, match=r"missing\.json"):
        card.CardData.read([tmp_path / "missing.json"])


def test_a_file_that_is_no_evaluation_is_told(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no evaluation\.json"):
        export.export(checkpoint, tmp_path / "out", results={"models": []})


def test_the_longest_input_is_declared_as_asked_and_never_beyond_the_positions(
    checkpoint: Path, tmp_path: Path
) -> None:
    positions = Layout.find(checkpoint).config.max_positions
    assert export.export(checkpoint, tmp_path / "short", max_tokens=8).max_tokens == 8
    assert export.export(checkpoint, tmp_path / "long", max_tokens=positions + 1).max_tokens == positions
