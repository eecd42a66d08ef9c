"""Ct2Encoder, the default on a CPU: the same checkpoint in int8 through CTranslate2. Needs no torch to run.

Its vectors are close to the reference's (cosine about 0.997, for a text of one word 0.99). They carry a fingerprint
of their own all the same, so that an index never mixes the two, and its order does not depend on which machine
encoded which passage.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import ctranslate2  # type: ignore[import-untyped]  # the package ships no types
import numpy as np

from embedder.checkpoint import CheckpointEncoder
from embedder.config import DAMAGED
from embedder.converted import KIND as CONVERTED
from embedder.errors import CheckpointError, UnsupportedModelError
from embedder.files import Layout
from embedder.models import Pooling
from embedder.types import Vectors

# Padded tokens a batch, which one thread computes. Measured on 1,200 passages, 2 cores: 384 to 512 take the least
# processor time, 1,024 and 128 1.04 times that, 2,048 1.18 times (its states leave the cache).
CPU_TOKENS: Final = 512
FORMAT: Final = 1  # of the converted copy: raise it when `conversion` writes something else
# What CTranslate2 reads before it first computes. It takes AVX2 by itself, as on the first processors with AVX-512,
# which slowed down over it. On those with VNNI, AVX-512 takes 0.8 of the processor time; the cosines stay.
INSTRUCTIONS: Final = "CT2_FORCE_CPU_ISA"
MOST_THREADS: Final = 8  # by default: each holds the states of a batch; more were not measured


def converted(layout: Layout, cache_dir: Path) -> Path:
    """Return the folder where the int8 copy of a checkpoint lies, or would lie.

    A folder that was published converted is its own copy. Fewer layers are a copy of their own; fewer numbers of a
    vector are not.
    """
    if layout.config.kind == CONVERTED:
        return layout.config_path.parent
    cut = f"-{layout.cut_layers}layers" if layout.cut_layers else ""
    return cache_dir / "ct2" / f"int8-v{FORMAT}-{layout.digest(cache_dir)[:32]}{cut}"


def convert(layout: Layout, cache_dir: Path) -> Path:
    """Return the folder of the int8 copy, writing it where there is none. The only step that loads torch.

    Processes that ask at the same time wait for the first. A copy appears whole or not at all.
    Raises CheckpointError where the checkpoint is damaged or the cache cannot be written.
    """
    target = converted(layout, cache_dir)
    if target.is_dir():
        return target
    from filelock import FileLock

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if not target.is_dir():  # another process may have written it while this one waited
                _write(layout, target)
    except OSError as error:
        raise CheckpointError(
            f"cannot write the int8 copy of `{layout.name}` to {target.parent}: {error}",
            hint="free some disk space, or make the folder writable",
        ) from error
    return target


def _write(layout: Layout, target: Path) -> None:
    """Write beside the target, then rename. Under the lock: what lies beside it was left by a killed process."""
    from embedder import conversion  # here: it imports torch, which takes seconds

    prefix = f".{target.name}."
    for left in target.parent.glob(f"{prefix}*"):
        shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        conversion.write(layout, folder)
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class Ct2Encoder(CheckpointEncoder):
    """A BERT-shaped checkpoint in int8 on the CPU. May be used from several threads."""

    runtime = "CTranslate2, 8 bit"
    device = "cpu"

    def __init__(
        self,
        layout: Layout,
        *,
        cache_dir: Path,
        threads: int | None = None,
        may_convert: bool = True,
        batch_tokens: int = CPU_TOKENS,
    ) -> None:
        """Open the int8 copy, converting the checkpoint the first time.

        threads: that each compute batches of their own; None takes the cores this process may use, at most 8.
        may_convert: False raises CheckpointError where no copy exists, instead of loading torch.
        batch_tokens: padded tokens a batch.
        """
        if not layout.has_int8:
            raise UnsupportedModelError(
                f"the int8 runtime computes BERT only, and `{layout.name}` is a `{layout.config.kind}` model",
                hint="leave the runtime to auto, or use torch",
            )
        super().__init__(
            layout,
            fingerprint=f"{layout.fingerprint(cache_dir)}+int8",
            batch_tokens=batch_tokens,
            workers=workers(threads),
        )
        folder = converted(layout, cache_dir)
        if not may_convert and not folder.is_dir():
            raise CheckpointError(
                f"`{layout.name}` has not been prepared for this machine's CPU yet",
                hint="index something with it once (`index-repo PATH`): that prepares it",
            )
        self._model = open_copy(layout, convert(layout, cache_dir), threads=threads)

    def _forward(self, rows: list[list[int]]) -> Vectors:
        """Token ids -> [rows, dim] unit rows."""
        output = self._model.forward_batch(rows)
        states: Vectors = np.array(output.last_hidden_state)
        return pool(states, [len(row) for row in rows], self._layout.pooling, dim=self.dim)


def open_copy(layout: Layout, folder: Path, *, threads: int | None) -> Any:  # noqa: ANN401  # of an untyped library
    """Open the int8 copy of a checkpoint, for as many calls at a time as `threads`, each computed by one thread.

    Threads that share a batch wait for each other after every product. Measured on 2 cores: a thread a batch encodes
    1.4 times as many passages, and answers a query of ten tokens in half the time.
    Raises CheckpointError where the copy is damaged.
    """
    if has_fast_avx512():
        os.environ.setdefault(INSTRUCTIONS, "AVX512")
    try:
        # "default" keeps int8 wherever the processor has it; asking for it by name fails where it has not
        return ctranslate2.Encoder(
            str(folder),
            device="cpu",
            compute_type="default",
            inter_threads=threads or _cores(),  # they share the weights
            intra_threads=1,
        )
    except (RuntimeError, ValueError) as error:
        ours = f"delete the folder {folder} and run the command again: the copy is written anew"
        raise CheckpointError(
            f"the int8 copy of `{layout.name}` in {folder} does not open: {error}",
            hint=DAMAGED if layout.config.kind == CONVERTED else ours,
        ) from error


def workers(threads: int | None) -> Executor | None:
    """Return threads to call an open copy from, as many as compute in it; None for one."""
    count = threads or _cores()
    return ThreadPoolExecutor(count, thread_name_prefix="encode") if count > 1 else None


def pool(states: Vectors, lengths: Sequence[int], pooling: Pooling, *, dim: int | None = None) -> Vectors:
    """Pool states [rows, tokens, hidden] over the first lengths[i] tokens of each row and scale to unit length.

    dim: numbers of a vector that are kept, from the first; None is all.
    Beyond a row's length CTranslate2 repeats the state of its last token: averaging those is wrong.
    """
    if pooling is Pooling.CLS:
        pooled = states[:, 0]
    else:
        pooled = np.stack([row[:length].mean(axis=0) for row, length in zip(states, lengths, strict=True)])
    pooled = pooled[:, :dim]
    norms: Vectors = np.linalg.norm(pooled, axis=1, keepdims=True)
    return pooled / norms


def has_fast_avx512(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether the processor has AVX-512 with VNNI; False also where nothing says what it has (not Linux)."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith("flags") and "avx512_vnni" in line.split() for line in lines)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux: a container or taskset may allow fewer than there are
        return min(len(os.sched_getaffinity(0)), MOST_THREADS)
    return min(os.cpu_count() or 1, MOST_THREADS)
