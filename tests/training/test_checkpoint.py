from pathlib import Path

import pytest
import torch
from torch.optim import AdamW

import embedder
from embedder.files import Layout
from embedder.model import load_model
from training import checkpoint
from training.errors import RunError


def state(step: int) -> checkpoint.State:
    return checkpoint.State(step=step, pairs=8 * step, seconds=1.5, recipe={"name": "x"}, stage="pretrain")


def save(run: Path, start: Path, step: int = 1, **options: object) -> Path:
    layout = Layout.find(start)
    model = load_model(layout)
    optimizer = AdamW(model.parameters(), lr=1e-3, fused=True)
    model(input_ids=torch.tensor([[1, 2]])).last_hidden_state.sum().backward()
    optimizer.step()
    return checkpoint.save(run, state(step), model=model, optimizer=optimizer, layout=layout, **options)  # type: ignore[arg-type]


def restore(folder: Path, start: Path, *, rank: int = 0) -> checkpoint.State:
    model = load_model(Layout.find(start))
    return checkpoint.restore(folder, model=model, optimizer=AdamW(model.parameters()), rank=rank)


def test_a_checkpoint_is_a_folder_that_the_embedder_reads(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = embedder.load(save(tmp_path, start), runtime="torch", device="cpu", cache_dir=tmp_path / "cache")
    assert encoder.max_tokens == 32  # as sentence_bert_config.json says, which came along
    assert encoder.encode(["retry"], role="query").shape == (1, 32)


def test_the_newest_two_are_kept_and_what_a_kill_left_is_none(start: Path, tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save(tmp_path, start, step)
    (tmp_path / ".step-0000004.partial").mkdir()
    assert [folder.name for folder in checkpoint.found(tmp_path)] == ["step-0000002", "step-0000003"]
    save(tmp_path, start, 4)
    assert checkpoint.read(checkpoint.found(tmp_path)[-1]) == state(4)


def test_a_run_without_a_folder_has_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.found(tmp_path / "none") == []


def test_each_process_gets_its_own_random_numbers_back(start: Path, tmp_path: Path) -> None:
    states, wanted = [], []
    for seed in (1, 2):
        torch.manual_seed(seed)
        states.append(torch.get_rng_state())
        wanted.append(torch.rand(1).item())
    folder = save(tmp_path, start, random={"cpu": states})
    for rank in (0, 1):
        restore(folder, start, rank=rank)
        assert torch.rand(1).item() == wanted[rank]
    model = load_model(Layout.find(start))
    torch.manual_seed(1)
    checkpoint.restore(folder, model=model, optimizer=AdamW(model.parameters()), rank=2)
    assert torch.rand(1).item() == wanted[0]  # it was not there: its own seed stands


@pytest.mark.parametrize("name", ["state.json", "recipe.json", "state.safetensors", "model.safetensors"])
def test_a_damaged_file_is_an_error_that_says_what_to_do(name: str, start: Path, tmp_path: Path) -> None:
    folder = save(tmp_path, start)
    (folder / name).write_bytes((folder / name).read_bytes()[:10])
    with pytest.raises(RunError, match="cannot read the checkpoint") as caught:
        restore(folder, start)
    assert "delete this folder" in caught.value.hint


def test_weights_of_another_model_are_an_error(start: Path, tmp_path: Path) -> None:
    folder = save(tmp_path, start)
    model = torch.nn.Linear(2, 2)
    with pytest.raises(RunError, match="cannot read the checkpoint"):
        checkpoint.restore(folder, model=model, optimizer=AdamW(model.parameters()))


def test_checkpoints_go_by_their_steps_however_these_are_written(tmp_path: Path) -> None:
    for name in ("step-100", "step-9", "step-0000010", ".step-200.partial"):
        (tmp_path / name).mkdir()
    assert [path.name for path in checkpoint.found(tmp_path)] == ["step-9", "step-0000010", "step-100"]
