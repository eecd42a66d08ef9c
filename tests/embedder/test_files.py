import shutil
from pathlib import Path
from typing import Any

import pytest

from embedder import CheckpointError, ModelNotFoundError, Pooling, UnsupportedModelError
from embedder.files import Layout, bundled
from embedder.models import MODELS, KnownModel, known
from tests.embedder import checkpoints


def no_hub(hub_id: str) -> Path:
    raise ModelNotFoundError(f"asked the hub for {hub_id}", hint="download it by hand")


def read(folder: Path) -> Layout:
    return Layout.find(folder, download=no_hub)


def test_a_folder_declares_how_its_vectors_are_made(tiny: Path) -> None:
    layout = read(tiny)
    assert (layout.name, layout.pooling) == ("tiny", Pooling.MEAN)
    assert layout.max_tokens == checkpoints.MAX_TOKENS
    assert layout.config.hidden == checkpoints.HIDDEN
    assert layout.weights == (tiny / "model.safetensors",)


def test_cls_pooling_is_read(tiny_cls: Path) -> None:
    assert read(tiny_cls).pooling is Pooling.CLS


def test_the_newer_spelling_of_pooling_is_read(own: Path) -> None:
    checkpoints.write_json(own / "1_Pooling" / "config.json", {"embedding_dimension": 32, "pooling_mode": "cls"})
    assert read(own).pooling is Pooling.CLS


def test_a_plain_transformers_folder_is_averaged_over_all_its_positions(own: Path) -> None:
    (own / "modules.json").unlink()
    (own / "sentence_bert_config.json").unlink()
    layout = read(own)
    assert (layout.pooling, layout.max_tokens) == (Pooling.MEAN, checkpoints.LONGEST)


def test_the_table_speaks_where_the_folder_is_silent(own: Path) -> None:
    (own / "modules.json").unlink()
    (own / "sentence_bert_config.json").unlink()
    model = KnownModel(
        name="m", hub="o/m", licence="MIT", dim=32, max_tokens=20, pooling=Pooling.CLS, query_prefix="query: "
    )
    layout = Layout.read(own, name="m", model=model)
    assert (layout.pooling, layout.max_tokens, layout.prefix("query")) == (Pooling.CLS, 20, "query: ")


def test_no_folder_reads_more_than_its_positions(own: Path) -> None:
    checkpoints.change_json(own / "sentence_bert_config.json", max_seq_length=100_000)
    assert read(own).max_tokens == checkpoints.LONGEST


def test_the_transformer_may_stand_in_a_folder_of_its_own(own: Path) -> None:
    (own / "0_Transformer").mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "sentence_bert_config.json"):
        (own / name).rename(own / "0_Transformer" / name)
    types = [("0_Transformer", "Transformer"), ("1_Pooling", "Pooling")]
    checkpoints.write_json(own / "modules.json", [{"path": path, "type": f"x.y.{kind}"} for path, kind in types])
    assert read(own).weights == (own / "0_Transformer" / "model.safetensors",)


@pytest.mark.parametrize(
    ("declared", "query", "passage"),
    [
        ({"prompts": {"query": "query: ", "document": "passage: "}}, "query: ", "passage: "),
        ({"prompts": {"query": "query: ", "passage": "p: "}}, "query: ", "p: "),
        ({"prompts": {"query": "ask: "}}, "ask: ", ""),
        ({"prompts": {"all": "text: ", "query": "q: "}, "default_prompt_name": "all"}, "q: ", "text: "),
        ({"prompts": {"query": "", "document": ""}, "default_prompt_name": None}, "", ""),
        ({}, "", ""),
    ],
)
def test_prompts_are_chosen_by_role(own: Path, declared: dict[str, Any], query: str, passage: str) -> None:
    checkpoints.write_json(own / "config_sentence_transformers.json", declared)
    layout = read(own)
    assert (layout.prefix("query"), layout.prefix("passage")) == (query, passage)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "weights.pkl"])
def test_a_pickle_is_refused_with_a_way_out(own: Path, name: str) -> None:
    (own / "model.safetensors").rename(own / name)
    with pytest.raises(CheckpointError, match="pickle") as caught:
        read(own)
    assert "safetensors" in caught.value.hint


def test_a_pickle_beside_safetensors_is_not_looked_at(own: Path) -> None:
    (own / "pytorch_model.bin").write_bytes(b"anything")
    assert read(own).weights == (own / "model.safetensors",)


def test_a_model_converted_elsewhere_is_refused(own: Path) -> None:
    (own / "model.safetensors").rename(own / "model.bin")
    with pytest.raises(UnsupportedModelError, match="CTranslate2"):
        read(own)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"])
def test_a_missing_file_is_named(own: Path, name: str) -> None:
    (own / name).unlink()
    with pytest.raises(CheckpointError, match=Path(name).name):
        read(own)


def test_a_module_that_is_not_computed_is_refused(own: Path) -> None:
    checkpoints.write_json(own / "modules.json", [{"path": "", "type": "sentence_transformers.models.Dense"}])
    with pytest.raises(UnsupportedModelError, match="Dense"):
        read(own)


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True},
        {"pooling_mode": ["mean", "cls"]},
        {"pooling_mode": "lasttoken"},
        {"pooling_mode_mean_tokens": True, "include_prompt": False},
        {},
    ],
)
def test_pooling_that_is_not_computed_is_refused(own: Path, pooling: dict[str, Any]) -> None:
    checkpoints.write_json(own / "1_Pooling" / "config.json", pooling)
    with pytest.raises(UnsupportedModelError):
        read(own)


def test_weights_in_parts_are_found(own: Path) -> None:
    (own / "model.safetensors").rename(own / "model-00001-of-00001.safetensors")
    index = own / "model.safetensors.index.json"
    checkpoints.write_json(index, {"weight_map": {"a": "model-00001-of-00001.safetensors"}})
    assert read(own).weights == (own / "model-00001-of-00001.safetensors",)
    checkpoints.write_json(index, {"weight_map": {"a": "model-00001-of-00001.safetensors", "b": "model-2.safetensors"}})
    with pytest.raises(CheckpointError, match=r"model-2\.safetensors is missing"):
        read(own)


@pytest.mark.parametrize("table", [{}, [], {"a": "../outside.safetensors"}])
def test_parts_outside_the_folder_are_refused(own: Path, table: object) -> None:
    (own / "model.safetensors").rename(own.parent / "outside.safetensors")
    checkpoints.write_json(own / "model.safetensors.index.json", {"weight_map": table})
    with pytest.raises(CheckpointError, match="names no parts"):
        read(own)


def test_a_known_name_is_asked_of_the_hub_by_its_hub_name(own: Path) -> None:
    asked: list[str] = []

    def download(hub_id: str) -> Path:
        asked.append(hub_id)
        return own

    assert Layout.find("GTE-Small", download=download).name == "gte-small"
    assert Layout.find("owner/model", download=download).name == "model"
    assert asked == ["thenlper/gte-small", "owner/model"]


def test_a_known_name_is_not_taken_for_a_folder_of_something_else(tmp_path: Path, monkeypatch: Any) -> None:  # noqa: ANN401
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gte-small").mkdir()
    with pytest.raises(ModelNotFoundError, match="asked the hub for thenlper/gte-small"):
        Layout.find("gte-small", download=no_hub)


def test_a_checkpoint_folder_goes_before_a_known_name(own: Path, monkeypatch: Any) -> None:  # noqa: ANN401
    monkeypatch.chdir(own.parent)
    shutil.copytree(own, own.parent / "gte-small")
    assert Layout.find("gte-small", download=no_hub).folder == Path("gte-small")


@pytest.mark.parametrize("name", ["no-such", "./owner/model", "/no/such", "~/no-such", "a/b/c", ""])
def test_what_cannot_be_a_hub_name_is_never_asked_of_the_hub(name: str, tmp_path: Path, monkeypatch: Any) -> None:  # noqa: ANN401
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ModelNotFoundError, CheckpointError)) as caught:
        Layout.find(name, download=no_hub)
    assert "asked the hub" not in str(caught.value)


def test_a_misspelt_name_gets_the_nearest_one() -> None:
    with pytest.raises(ModelNotFoundError, match="did you mean `gte-small`") as caught:
        Layout.find("gte-smal", download=no_hub)
    assert all(model.name in caught.value.hint for model in MODELS)


def test_a_snapshot_of_the_hubs_cache_is_named_after_the_model(own: Path) -> None:
    snapshot = own.parent / "models--owner--tiny-model" / "snapshots" / "0123456789"
    shutil.copytree(own, snapshot)
    assert read(snapshot).name == "tiny-model"


def test_the_fingerprint_follows_all_that_changes_vectors(own: Path, cache_dir: Path) -> None:
    seen = [read(own).fingerprint(cache_dir)]
    assert seen == [read(own).fingerprint(cache_dir)]
    assert seen[0].startswith("own@")
    checkpoints.change_json(own / "sentence_bert_config.json", max_seq_length=16)
    seen.append(read(own).fingerprint(cache_dir))
    checkpoints.write_json(own / "config_sentence_transformers.json", {"prompts": {"query": "query: "}})
    seen.append(read(own).fingerprint(cache_dir))
    checkpoints.write_json(own / "1_Pooling" / "config.json", {"pooling_mode": "cls"})
    seen.append(read(own).fingerprint(cache_dir))
    checkpoints.change_json(own / "config.json", layer_norm_eps=1e-5)
    seen.append(read(own).fingerprint(cache_dir))
    checkpoints.change_json(own / "tokenizer.json", truncation=None)
    seen.append(read(own).fingerprint(cache_dir))
    shutil.copyfile(checkpoints.write(own.parent / "other", seed=1) / "model.safetensors", own / "model.safetensors")
    seen.append(read(own).fingerprint(cache_dir))
    assert len(set(seen)) == len(seen)


def test_the_fingerprint_does_not_depend_on_where_the_folder_stands(own: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(own, tmp_path / "elsewhere" / "own"))
    assert read(moved).fingerprint(tmp_path) == read(own).fingerprint(tmp_path)


def test_a_bundled_model_is_found_beside_the_code_and_only_with_its_weights(own: Path) -> None:
    model = KnownModel(name="own", hub=None, licence="MIT", dim=32, max_tokens=32, bundled=True)
    assert bundled(model, weights=own.parent) == own
    (own / "model.safetensors").unlink()
    assert bundled(model, weights=own.parent) is None


def test_a_model_that_is_not_bundled_is_never_taken_from_there(own: Path) -> None:
    model = KnownModel(name="own", hub="o/own", licence="MIT", dim=32, max_tokens=32)
    assert bundled(model, weights=own.parent) is None


def test_missing_weights_of_a_bundled_model_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="come with gte-search, are missing") as caught:
        Layout.find("gte-mini", download=no_hub, weights=tmp_path)
    assert "install gte-search again" in caught.value.hint


@pytest.mark.model
def test_the_bundled_model_is_what_the_table_says() -> None:
    name = checkpoints.bundled_model()
    model, layout = known(name), Layout.find(name, download=no_hub)
    assert model is not None
    assert (layout.config.hidden, layout.max_tokens, layout.pooling) == (model.dim, model.max_tokens, model.pooling)
    assert layout.weights[0].stat().st_size < 46_000_000  # half precision: git keeps every version of it
    assert not layout.lower_case
    assert layout.prefix("query") == layout.prefix("passage") == ""
