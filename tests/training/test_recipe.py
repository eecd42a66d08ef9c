import json
from pathlib import Path
from typing import Any

import pytest

from training.errors import RecipeError
from training.loss_name import LossName
from training.recipe import Distillation, as_json, known, parse, read

MINIMAL: dict[str, Any] = {"name": "x", "start": "y", "pretrain": {"steps": 1, "batch": 2, "rate": 1e-3}}


def with_stage(**values: object) -> dict[str, Any]:
    return {**MINIMAL, "pretrain": {**MINIMAL["pretrain"], **values}}


@pytest.mark.parametrize("name", known())
def test_every_recipe_that_ships_can_be_read(name: str) -> None:
    recipe = read(name)
    assert recipe.name == name
    assert recipe.pretrain is not None


@pytest.mark.parametrize(
    ("name", "start", "rate"),
    [
        ("gte-small", "microsoft/MiniLM-L12-H384-uncased", 3e-4),
        ("gte-base", "google-bert/bert-base-uncased", 2e-4),
        ("gte-large", "google-bert/bert-large-uncased", 5e-5),
    ],
)
def test_the_published_recipes_hold_the_figures_of_the_paper(name: str, start: str, rate: float) -> None:
    """arXiv 2308.03281, sections 3.2 to 4.1 and table 3."""
    recipe = read(name)
    first, second = recipe.stage("pretrain"), recipe.stage("finetune")
    assert recipe.start == start
    assert (first.steps, first.batch, first.rate, first.warmup, first.alpha) == (50_000, 16_384, rate, 0.05, 0.5)
    assert (first.query_tokens, first.passage_tokens, first.negatives) == (128, 128, 0)
    assert (second.batch, second.negatives) == (128, 15)
    assert second.rate == pytest.approx(rate / 10)
    assert (second.query_tokens, second.passage_tokens) == (512, 512)
    for stage in (first, second):
        assert (stage.temperature, stage.loss) == (0.01, LossName.IMPROVED)


@pytest.mark.parametrize("name", known())
def test_a_recipe_survives_its_way_through_a_checkpoint(name: str) -> None:
    recipe = read(name)
    assert parse(json.loads(json.dumps(as_json(recipe))), where="checkpoint") == recipe
    assert json.loads(json.dumps(as_json(recipe))) == as_json(recipe)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({**MINIMAL, "lr": 1}, "unknown key `lr`"),
        (with_stage(lr=1), "pretrain: unknown key `lr`"),
        (with_stage(distillation={"teacher": "x", "layer": 1}), "unknown key `layer`"),
        (with_stage(distillation={}), "teacher"),
        ({"name": "x"}, "start"),
        ({**MINIMAL, "pretrain": {"steps": 1, "rate": 1e-3}}, "batch"),
        (with_stage(steps=1.5), "pretrain.steps is 1.5, not of type int"),
        (with_stage(steps=True), "pretrain.steps"),
        (with_stage(rate="fast"), "pretrain.rate"),
        (with_stage(loss="triplet"), "pretrain.loss"),
        (with_stage(dims=64), "pretrain.dims"),
        (with_stage(dims=["64"]), "pretrain.dims"),
        (with_stage(exclude=[1]), "pretrain.exclude"),
        (with_stage(runs={"a": 1.5}), "pretrain.runs.a"),
        (with_stage(boost={"a": "much"}), "pretrain.boost.a"),
        (with_stage(boost=2), "pretrain.boost is 2, not a table"),
        (with_stage(distillation="bge"), "pretrain.distillation is 'bge', not a table"),
        ({**MINIMAL, "pretrain": 3}, "pretrain is 3, not a table"),
        (with_stage(steps=0), "pretrain.steps is 0, not at least 1"),
        (with_stage(rate=float("nan")), "pretrain.rate is nan, not above 0"),
        (with_stage(query_tokens=2), "pretrain.query_tokens"),
        (with_stage(seed=-1), "pretrain.seed"),
        (with_stage(warmup=5.0), "pretrain.warmup is 5.0, above 1"),
        (with_stage(runs={"a": 0}), "pretrain.runs"),
        (with_stage(boost={"a": 0.0}), "pretrain.boost"),
        (with_stage(distillation={"teacher": "x", "teacher_temperature": 0.0}), "distillation.teacher_temperature"),
        (with_stage(margins=1.0), "pretrain.margins"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_the_key(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(raw, where="mine.toml")
    assert str(caught.value).startswith("mine.toml")
    assert said in str(caught.value)
    assert caught.value.hint


def test_whole_numbers_may_stand_for_fractions() -> None:
    stage = parse(with_stage(rate=1, boost={"a": 2}), where="x").stage("pretrain")
    assert (stage.rate, stage.boost) == (1.0, {"a": 2.0})


def test_changes_come_before_the_checks() -> None:
    recipe = read("tiny", {"pretrain.steps": 7, "pretrain.distillation.teacher": "fake", "start": "here"})
    assert recipe.stage("pretrain").steps == 7
    assert recipe.stage("pretrain").distillation == Distillation(teacher="fake")
    assert recipe.start == "here"
    with pytest.raises(RecipeError, match="unknown key `step`"):
        read("tiny", {"pretrain.step": 7})
    with pytest.raises(RecipeError, match="name is 'tiny', not a table"):
        read("tiny", {"name.first": "x"})


def test_a_recipe_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nstart = "x"\n[finetune]\nsteps = 1\nbatch = 2\nrate = 1e-3\n')
    assert read(str(path)).stage("finetune").batch == 2
    with pytest.raises(RecipeError, match="no stage `pretrain`"):
        read(str(path)).stage("pretrain")


@pytest.mark.parametrize("content", [b"steps = ", b"\xff\xfe\x00"])
def test_a_file_that_is_no_toml_is_an_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"mine\.toml"):
        read(str(path))


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no recipe `gte-huge`") as caught:
        read("gte-huge")
    assert "gte-small" in caught.value.hint
    with pytest.raises(RecipeError):
        read(str(tmp_path))
