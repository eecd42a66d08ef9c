"""The Upkeep of the real page, on a real index and with the real commands."""

import sys
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import Index, open_index
from indexer.errors import IndexerError, PathError
from ui.upkeep import LocalUpkeep, later, ready

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def upkeep(monkeypatch: pytest.MonkeyPatch, index: Index) -> LocalUpkeep:
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return LocalUpkeep(lambda: index, folder=index.settings.index)


def test_a_plan_counts_what_is_there(upkeep: LocalUpkeep, tree: Path) -> None:
    (plan,) = upkeep.plan(str(tree))
    assert plan.root == tree
    assert plan.files == sum(plan.languages.values()) > 0
    assert plan.chunks > 0
    assert plan.vector_seconds is not None
    assert plan.disk_bytes > 0


def test_a_plan_of_nothing_says_what_the_command_says(upkeep: LocalUpkeep, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PathError, match="nothing to index") as caught:
        upkeep.plan(str(tmp_path / "empty"))
    assert "empty" in caught.value.hint


def test_a_command_that_breaks_is_told(index: Index, tree: Path) -> None:
    broken = LocalUpkeep(lambda: index, folder=tree, command=[sys.executable, "-c", "pass"])
    with pytest.raises(IndexerError, match="no answer"):
        broken.checks()
    missing = LocalUpkeep(lambda: index, folder=tree, command=[str(tree / "nothing")])
    with pytest.raises(IndexerError, match="no command can be run"):
        missing.plan(str(tree))


def test_folders_are_compared_with_the_index(upkeep: LocalUpkeep, index: Index, tree: Path) -> None:
    index.sync([tree])
    (tree / "new.py").write_text("x = 1\n", "utf-8")
    compared = upkeep.compared()
    (fresh,) = compared.repos.values()
    assert fresh.drift.added == 1
    assert compared.bytes > 0
    assert compared.free_bytes > 0


def test_facts_name_model_store_and_versions(upkeep: LocalUpkeep, index: Index, tree: Path) -> None:
    index.sync([tree])
    facts = upkeep.facts()
    assert facts.model["fingerprint"] == FakeEncoder().fingerprint
    assert facts.model["device"] == "cpu"
    assert facts.store["repos"] == 1
    assert "gte-search" in facts.machine


def test_checks_are_those_of_doctor(upkeep: LocalUpkeep, index: Index, tree: Path) -> None:
    index.sync([tree])
    checks = {one.name: one for one in upkeep.checks()}
    assert {"sqlite", "git", "index", "model"} <= checks.keys()
    assert checks["index"].ok


def test_a_model_that_no_search_needed_yet_is_said_not_to_be_loaded(
    upkeep: LocalUpkeep, index: Index, tree: Path
) -> None:
    index.sync([tree])
    with open_index(flags={"index": str(index.settings.index)}) as other:
        cold = LocalUpkeep(lambda: other, folder=other.settings.index)
        assert "not loaded" in cold.facts().model["state"]


def test_an_answer_is_waited_for_a_moment() -> None:
    assert ready(later(lambda: 1))

    def fails() -> None:
        raise PathError("no", hint="yes")

    assert ready(later(fails))
