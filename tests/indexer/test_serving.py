import json
import os
import stat
from pathlib import Path

import pytest

from indexer.serving import PREFIX, announced, servers


def test_a_server_is_found_while_it_serves_and_its_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "index"
    assert servers(folder) == []
    with announced(folder, host="127.0.0.1", port=8501, token="secret", model="m", rerank=""):
        (found,) = servers(folder)
        assert (found.host, found.port, found.token, found.pid, found.model) == (
            "127.0.0.1",
            8501,
            "secret",
            os.getpid(),
            "m",
        )
        (file,) = folder.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []


def dead(folder: Path) -> Path:
    """Leave the file of a server that is gone."""
    with announced(folder, host="127.0.0.1", port=1, token="t", model="", rerank=""):
        (file,) = folder.iterdir()
        values = json.loads(file.read_text()) | {"pid": 2**22 + 1}  # above what Linux gives
    left = folder / f"{PREFIX}{values['pid']}.json"
    left.write_text(json.dumps(values))
    left.chmod(0o600)
    return left


def test_the_file_of_a_dead_server_is_ignored_and_cleared_away_by_the_next(tmp_path: Path) -> None:
    left = dead(tmp_path)
    assert servers(tmp_path) == []
    with announced(tmp_path, host="127.0.0.1", port=2, token="t", model="", rerank=""):
        assert not left.exists()
        assert [one.port for one in servers(tmp_path)] == [2]


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_a_file_that_others_could_write_is_not_believed(tmp_path: Path) -> None:
    with announced(tmp_path, host="127.0.0.1", port=2, token="t", model="", rerank=""):
        (file,) = tmp_path.iterdir()
        file.chmod(0o622)
        assert servers(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", "nonsense", '{"host": 1}'])
def test_a_file_that_is_not_understood_is_no_server(tmp_path: Path, text: str) -> None:
    file = tmp_path / f"{PREFIX}1.json"
    file.write_text(text)
    file.chmod(0o600)
    assert servers(tmp_path) == []


def test_a_server_whose_folder_cannot_be_written_serves_unannounced(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with announced(blocked / "index", host="127.0.0.1", port=2, token="t", model="", rerank=""):
        assert servers(blocked / "index") == []
