from pathlib import Path

import pytest

from embedder.device import may_have_cuda


@pytest.fixture
def cuda_build(tmp_path: Path) -> Path:
    (tmp_path / "torch" / "lib").mkdir(parents=True)
    (tmp_path / "torch" / "lib" / "libtorch_cuda.so").touch()
    return tmp_path / "torch"


@pytest.fixture(autouse=True)
def every_gpu_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.parametrize("name", ["nvidia0", "nvidia7", "dxg"])
def test_a_device_file_and_a_cuda_build_may_be_a_gpu(tmp_path: Path, cuda_build: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert may_have_cuda(dev=tmp_path, torch=cuda_build)


@pytest.mark.parametrize("name", ["null", "nvidiactl"])
def test_without_a_device_file_there_is_none(tmp_path: Path, cuda_build: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert not may_have_cuda(dev=tmp_path, torch=cuda_build)


def test_a_cpu_build_of_torch_sees_none(tmp_path: Path) -> None:
    (tmp_path / "nvidia0").touch()
    (tmp_path / "torch" / "lib").mkdir(parents=True)
    assert not may_have_cuda(dev=tmp_path, torch=tmp_path / "torch")
    assert not may_have_cuda(dev=tmp_path, torch=None)


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_hidden_gpus_are_none(tmp_path: Path, cuda_build: Path, monkeypatch: pytest.MonkeyPatch, hidden: str) -> None:
    (tmp_path / "nvidia0").touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not may_have_cuda(dev=tmp_path, torch=cuda_build)
