import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import embedder
from embedder import CheckpointError, Pooling, UnsupportedModelError, Vectors
from embedder.cpu import Ct2Encoder, convert, converted, has_fast_avx512, pool
from embedder.encoder import TorchEncoder
from embedder.files import Layout
from tests.embedder import checkpoints

READY = """
import json, sys, time
from pathlib import Path
from typing import Literal
import embedder
encoder = embedder.load(sys.argv[1], cache_dir=Path(sys.argv[2]), device="cpu", threads=1, convert=False)
vectors = encoder.encode(["where are redirects followed"], role="query")
print(json.dumps({
    "seconds": time.process_time(),
    "heavy": [name for name in ("torch", "transformers", "huggingface_hub") if name in sys.modules],
    "vector": vectors[0].tolist(),
}))
"""
TEXTS = [
    "where are redirects followed and the method rewritten",
    "def retry(self): return open(file)  # upload failed, so we do it again",
    "merge proxy settings from the environment " * 10,
    "class Session: import the error, close the file, read and write settings",
]


def cosines(left: Vectors, right: Vectors) -> Vectors:
    found: Vectors = (left * right).sum(axis=1)
    return found


@pytest.mark.parametrize("folder", ["tiny", "tiny_cls", pytest.param("real", marks=pytest.mark.model)])
def test_int8_vectors_are_close_to_the_reference(folder: str, request: pytest.FixtureRequest, cache_dir: Path) -> None:
    layout = Layout.find(checkpoints.bundled_model() if folder == "real" else request.getfixturevalue(folder))
    int8 = Ct2Encoder(layout, cache_dir=cache_dir).encode(TEXTS, role="passage")
    reference = TorchEncoder(layout, cache_dir=cache_dir).encode(TEXTS, role="passage")
    assert cosines(int8, reference).min() > 0.99


@pytest.mark.parametrize("model", ["tiny", pytest.param("real", marks=pytest.mark.model)])
def test_once_converted_it_is_ready_in_under_a_second_without_torch(model: str, tiny: Path, cache_dir: Path) -> None:
    name = str(tiny) if model == "tiny" else checkpoints.bundled_model()
    here = Ct2Encoder(Layout.find(name), cache_dir=cache_dir)
    command = [sys.executable, "-c", READY, name, str(cache_dir)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    report = json.loads(done.stdout)
    assert report["heavy"] == []
    assert report["seconds"] < 1  # of processor time, the start of Python included: other load does not count
    expected = here.encode(["where are redirects followed"], role="query")[0]
    assert np.asarray(report["vector"]) @ expected > 0.9999


def test_a_query_never_converts(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not been prepared") as caught:
        embedder.load(tiny, device="cpu", runtime="ct2", convert=False, cache_dir=tmp_path)
    assert "index-repo PATH" in caught.value.hint
    assert not (tmp_path / "ct2").exists()


def test_two_at_once_convert_once_and_leave_nothing_else(tiny: Path, tmp_path: Path) -> None:
    layout, barrier, found = Layout.find(tiny), threading.Barrier(2), list[tuple[Path, int]]()

    def work() -> None:
        barrier.wait()
        folder = convert(layout, tmp_path)
        found.append((folder, (folder / "model.bin").stat().st_mtime_ns))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert [path.name for path in (tmp_path / "ct2").iterdir() if path.is_dir()] == [found[0][0].name]


def test_what_a_killed_conversion_left_is_removed(tiny: Path, tmp_path: Path) -> None:
    layout = Layout.find(tiny)
    target = converted(layout, tmp_path)
    left = target.parent / f".{target.name}.abc"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half")
    assert convert(layout, tmp_path) == target
    assert not left.exists()
    assert Ct2Encoder(layout, cache_dir=tmp_path).encode(["file"], role="query").shape == (1, checkpoints.HIDDEN)


def test_a_failed_conversion_leaves_no_copy(own: Path, tmp_path: Path) -> None:
    weights = own / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        convert(Layout.find(own), tmp_path)
    assert [path for path in (tmp_path / "ct2").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("runtime", ["torch", "ct2"])
def test_an_unknown_activation_is_refused_by_both_runtimes(
    runtime: Literal["torch", "ct2"], own: Path, tmp_path: Path
) -> None:
    checkpoints.change_json(own / "config.json", hidden_act="mish")
    with pytest.raises(UnsupportedModelError, match="mish"):
        embedder.load(own, device="cpu", runtime=runtime, cache_dir=tmp_path)


def test_a_damaged_copy_says_what_to_delete(tiny: Path, tmp_path: Path) -> None:
    folder = convert(Layout.find(tiny), tmp_path)
    (folder / "model.bin").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="does not open") as caught:
        Ct2Encoder(Layout.find(tiny), cache_dir=tmp_path)
    assert str(folder) in caught.value.hint


def test_a_cache_that_cannot_be_written_is_named(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "no-folder").touch()
    with pytest.raises(CheckpointError, match="no-folder"):
        Ct2Encoder(Layout.find(tiny), cache_dir=tmp_path / "no-folder")


def test_another_checkpoint_has_a_copy_of_its_own(own: Path, tmp_path: Path) -> None:
    before = convert(Layout.find(own), tmp_path)
    other = checkpoints.write(tmp_path / "other", seed=1)
    shutil.copyfile(other / "model.safetensors", own / "model.safetensors")
    assert convert(Layout.find(own), tmp_path) != before


def test_vectors_of_the_two_runtimes_never_mix(tiny: Path, cache_dir: Path) -> None:
    layout = Layout.find(tiny)
    int8, reference = Ct2Encoder(layout, cache_dir=cache_dir), TorchEncoder(layout, cache_dir=cache_dir)
    assert int8.fingerprint == f"{reference.fingerprint}+int8"


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_batches_change_no_vector(threads: int, tiny: Path, cache_dir: Path) -> None:
    layout = Layout.find(tiny)
    texts = [text[:end] for end in (10, 30, 80) for text in TEXTS]
    alone = Ct2Encoder(layout, cache_dir=cache_dir, threads=1, batch_tokens=1).encode(texts, role="passage")
    together = Ct2Encoder(layout, cache_dir=cache_dir, threads=threads, batch_tokens=40).encode(texts, role="passage")
    assert cosines(alone, together).min() > 0.9999


@pytest.mark.parametrize(("flags", "fast"), [("fpu avx512f avx512_vnni", True), ("fpu avx2 avx_vnni avx512f", False)])
def test_wide_instructions_are_taken_only_where_they_do_not_slow_down(flags: str, fast: bool, tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    assert not has_fast_avx512(cpuinfo)
    cpuinfo.write_text(f"processor\t: 0\nmodel name\t: avx512_vnni\nflags\t\t: {flags}\n", encoding="utf-8")
    assert has_fast_avx512(cpuinfo) is fast


@pytest.mark.parametrize("pooling", list(Pooling))
def test_repeated_states_beyond_the_end_do_not_count(pooling: Pooling) -> None:
    states = np.asarray([[[3, 0], [0, 4], [0, 4], [0, 4]], [[1, 1], [1, 1], [1, 1], [5, 5]]], dtype=np.float32)
    first, second = pool(states, [2, 4], pooling)
    assert first.tolist() == pytest.approx([0.6, 0.8] if pooling is Pooling.MEAN else [1, 0])
    assert second.tolist() == pytest.approx([0.5**0.5, 0.5**0.5])
