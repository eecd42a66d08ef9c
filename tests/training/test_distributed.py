import pytest

from training.distributed import World


@pytest.mark.parametrize(
    ("processes", "asked", "found"),
    [
        ("1", "cpu", "cpu"),
        ("1", "cuda", "cuda"),
        ("1", "cuda:1", "cuda:1"),
        ("4", "cpu", "cpu"),
        ("4", "cuda", "cuda:3"),
    ],
)
def test_each_of_several_processes_names_a_gpu_of_its_own(
    processes: str, asked: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", processes)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert World(device=asked).device == found
