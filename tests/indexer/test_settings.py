import os
from pathlib import Path

import pytest

from indexer.errors import SettingsError
from indexer.settings import PROJECT_FILE, Settings, for_repository, load_settings


def load(tmp_path: Path, environ: dict[str, str] | None = None, **flags: object) -> Settings:
    settings = load_settings(flags, environ=environ or {}, user_file=tmp_path / "user.toml")
    return for_repository(settings, tmp_path / "project")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path) -> None:
    (tmp_path / "project" / ".git").mkdir(parents=True)


def test_a_flag_beats_the_environment_beats_the_project_beats_the_user_beats_the_default(tmp_path: Path) -> None:
    def chosen(environ: dict[str, str] | None = None, **flags: object) -> int:
        return load(tmp_path, environ, **flags).chunk_chars

    assert chosen() == Settings().chunk_chars
    (tmp_path / "user.toml").write_text("chunk_chars = 1")
    assert chosen() == 1
    (tmp_path / "project" / PROJECT_FILE).write_text("chunk_chars = 2")
    assert chosen() == 2
    assert chosen({"GTE_SEARCH_CHUNK_CHARS": "3"}) == 3
    assert chosen({"GTE_SEARCH_CHUNK_CHARS": "3"}, chunk_chars=4) == 4


def test_a_project_file_is_found_from_a_folder_below_but_not_above_the_repository(tmp_path: Path) -> None:
    below = tmp_path / "project" / "src"
    below.mkdir()
    (tmp_path / PROJECT_FILE).write_text("chunk_chars = 5")
    assert for_repository(Settings(), below).chunk_chars == Settings().chunk_chars
    (tmp_path / "project" / PROJECT_FILE).write_text("chunk_chars = 6")
    assert for_repository(Settings(), below).chunk_chars == 6


@pytest.mark.parametrize(
    "line", ["store = 'qdrant://evil:6333'", "model = 'evil'", "index = '/etc'", "host = '0.0.0.0'"]
)
def test_a_project_file_of_a_stranger_cannot_choose_where_text_goes(tmp_path: Path, line: str) -> None:
    (tmp_path / "project" / PROJECT_FILE).write_text(line)
    with pytest.raises(SettingsError, match=line.split()[0]):
        load(tmp_path)


def test_an_unknown_key_is_an_error_that_names_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "user.toml").write_text("chunk_size = 2")
    with pytest.raises(SettingsError, match=r"user\.toml sets `chunk_size`") as caught:
        load(tmp_path)
    assert "chunk_chars" in caught.value.hint


@pytest.mark.parametrize("value", ["many", "-1", "1.5", ""])
def test_a_number_that_is_none_is_an_error_naming_key_and_value(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match=f"--threads: `threads` is '{value}'"):
        load(tmp_path, threads=value)


def test_a_port_has_a_last_number(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GTE_SEARCH_PORT: `port` is '99999'") as caught:
        load(tmp_path, {"GTE_SEARCH_PORT": "99999"})
    assert "65535" in caught.value.hint


def test_lists_come_from_the_environment_like_paths(tmp_path: Path) -> None:
    assert load(tmp_path, {"GTE_SEARCH_EXCLUDE": f"*.a{os.pathsep}*.b"}).exclude == ("*.a", "*.b")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "user.toml").write_text("= =")
    with pytest.raises(SettingsError, match=r"user\.toml cannot be read"):
        load(tmp_path)


def test_the_index_folder_is_absolute(tmp_path: Path) -> None:
    assert load(tmp_path, index="here").index == Path.cwd() / "here"


@pytest.mark.parametrize(("text", "truth"), [("no", False), ("0", False), ("Yes", True), ("true", True)])
def test_a_truth_is_read_as_people_write_it(tmp_path: Path, text: str, truth: bool) -> None:
    assert load(tmp_path, {"GTE_SEARCH_WATCH": text}).watch is truth
    (tmp_path / "user.toml").write_text(f"watch = {str(truth).lower()}")
    assert load(tmp_path).watch is truth


def test_a_truth_that_is_none_is_an_error_naming_key_and_value(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"GTE_SEARCH_WATCH: `watch` is 'maybe'"):
        load(tmp_path, {"GTE_SEARCH_WATCH": "maybe"})
