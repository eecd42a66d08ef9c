"""A stage of training, in reading order: rate, rows, vectors, loss, gradients, clip, step, log, save."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

import embedder
from embedder.files import Layout
from embedder.tokens import head
from embedder.types import Vectors
from training import checkpoint
from training.collate import Batch, Collator
from training.data import Source, open_prepared
from training.distributed import World
from training.errors import RunError
from training.gradcache import backward
from training.log import Log
from training.mixture import Mixture, boosts_of, runs_of
from training.objective import Objective
from training.recipe import Precision, Recipe, Stage, as_json
from training.student import Student

BETAS: Final = (0.9, 0.999)
CHARACTERS: Final = 5  # a token of prose


class Loaded(NamedTuple):
    """The rows of a step, tokenised."""

    source: str
    batch: Batch
    teacher: Vectors | None  # [texts, dim] unit rows


def train(
    recipe: Recipe,
    stage_name: str,
    *,
    data: Path,
    run: Path,
    start: str | Path | None = None,
    device: str = "auto",
    precision: Precision = "auto",
    until: Callable[[int], bool] = lambda _: False,
) -> Path:
    """Train one stage of a recipe; return the folder of the last checkpoint.

    data: a folder that `gte-train prepare` wrote. run: the folder of the run; where it holds checkpoints, training goes
    on from the newest. start: what the stage starts from instead of the recipe's start, such as the checkpoint of
    the stage before. until: asked after each step with its number; True saves and stops early.
    Raises RecipeError, DataError or RunError.
    """
    stage = recipe.stage(stage_name)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    world = World(device=device)
    torch.manual_seed(stage.seed + world.rank)
    student = Student(
        Layout.find(start or recipe.start),
        layers=stage.layers,
        dropout=stage.dropout,
        device=device,
        precision=precision,
    )
    optimizer = _optimizer(student.model, stage)
    scaler = torch.amp.GradScaler(student.device.type, enabled=student.precision == "float16")
    described = as_json(recipe)
    run.mkdir(parents=True, exist_ok=True)
    done, pairs, seconds = _resume(run, described, stage_name, student, optimizer)
    sources = _sources(data, stage)
    mixture = Mixture(
        [source.name for source in sources],
        [len(source) for source in sources],
        alpha=stage.alpha,
        batch=stage.batch,
        steps=stage.steps,
        seed=stage.seed,
        runs=runs_of([source.name for source in sources], stage.runs),
        boosts=boosts_of([source.name for source in sources], stage.boost),
    )
    log = Log(run, step=done, steps=stage.steps) if world.is_first else None
    saved = run / f"{checkpoint.PREFIX}{done:07d}"
    for step, loaded in enumerate(_loaded(sources, mixture, stage, student.layout, world, done), start=done):
        began = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = rate(step, stage)
        batch = loaded.batch
        whole = world.gather(batch.keys.to(student.device), rows=batch.rows)
        objective = Objective(
            stage,
            rows=batch.rows * world.size,
            keys=whole,
            scores=None if batch.scores is None else world.gather(batch.scores.to(student.device), rows=batch.rows),
            teacher=None
            if loaded.teacher is None
            else world.gather(torch.from_numpy(loaded.teacher).to(student.device), rows=batch.rows),
        )

        def loss_of(vectors: Tensor, objective: Objective = objective, rows: int = batch.rows) -> Tensor:
            return objective(world.gather(vectors, rows=rows))

        scale = float(scaler.get_scale()) if scaler.is_enabled() else 1.0
        loss = backward(student.forward, batch.chunks, loss_of, replay=stage.replay, scale=scale)
        if not torch.isfinite(loss):
            raise RunError(
                f"the loss of step {step + 1} ({loaded.source}) is {float(loss)}",
                hint="lower the rate, or use --precision float32; the last checkpoint is kept",
            )
        world.add_gradients(student.model.parameters())
        scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_(student.model.parameters(), stage.clip)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=False)
        took = time.perf_counter() - began
        done, pairs, seconds = step + 1, pairs + batch.rows * world.size, seconds + took
        if log:
            log.step(
                step=done,
                pairs=pairs,
                seconds=round(seconds, 3),
                source=loaded.source,
                **{name: round(value, 5) for name, value in objective.parts.items()},
                rate=rate(step, stage),
                norm=round(float(norm), 4),
                pairs_per_second=round(batch.rows * world.size / took, 1),
                tokens_per_second=round(batch.tokens * world.size / took),
            )
        stop = until(done)
        if world.is_first and (done % stage.save_every == 0 or done == stage.steps or stop):
            state = checkpoint.State(step=done, pairs=pairs, seconds=seconds, recipe=described, stage=stage_name)
            saved = checkpoint.save(run, state, model=student.model, optimizer=optimizer, layout=student.layout)
        if stop:
            break
    if log:
        log.close()
    world.wait()
    world.leave()
    return saved


def rate(step: int, stage: Stage) -> float:
    """Return the learning rate of a step, from 0: a linear rise over the warm-up, then a linear fall to 0."""
    rising = max(1, round(stage.steps * stage.warmup))
    if step < rising:
        return stage.rate * (step + 1) / rising
    return stage.rate * (stage.steps - step) / max(1, stage.steps - rising)


def _optimizer(model: nn.Module, stage: Stage) -> torch.optim.AdamW:
    """AdamW; norms and biases do not decay, as is usual for BERT."""
    decaying = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups = [{"params": decaying, "weight_decay": stage.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=stage.rate, betas=BETAS, fused=True)


def _resume(
    run: Path, recipe: dict[str, object], stage: str, student: Student, optimizer: torch.optim.Optimizer
) -> tuple[int, int, float]:
    """Go on from the newest checkpoint of the run, if there is one; return its steps, pairs and seconds."""
    saved = checkpoint.found(run)
    if not saved:
        return 0, 0, 0.0
    state = checkpoint.read(saved[-1])
    if state.stage != stage or state.recipe != recipe:
        raise RunError(
            f"{run} holds a run of another recipe or stage (`{state.stage}`)",
            hint="name another folder with --run, or delete this one",
        )
    checkpoint.restore(saved[-1], model=student.model, optimizer=optimizer)
    return state.step, state.pairs, state.seconds


def _sources(data: Path, stage: Stage) -> list[Source]:
    sources = [
        source
        for source in open_prepared(data)
        if len(source) and not any(fnmatchcase(source.name, pattern) for pattern in stage.exclude)
    ]
    if not sources:
        raise RunError(f"no source of {data} is left", hint="the recipe's `exclude` leaves all of them out")
    return sources


def _loaded(
    sources: list[Source], mixture: Mixture, stage: Stage, layout: Layout, world: World, done: int
) -> Iterator[Loaded]:
    """Yield this process's rows of each step from `done`, the next one tokenised while the last is computed."""
    collate = Collator(
        layout,
        query_tokens=stage.query_tokens,
        passage_tokens=stage.passage_tokens,
        negatives=stage.negatives,
        chunk_tokens=stage.chunk_tokens,
    )
    teach = _teacher(stage)

    def load(step: int) -> Loaded:
        draw = mixture[step]
        source = sources[draw.source]
        own = draw.positions[world.share(len(draw.positions))]
        batch = collate(source.rows(own.tolist()))
        return Loaded(source.name, batch, teach(source.name, batch))

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(load, done) if done < stage.steps else None
        for step in range(done, stage.steps):
            assert following is not None
            loaded = following.result()
            following = pool.submit(load, step + 1) if step + 1 < stage.steps else None
            yield loaded


def _teacher(stage: Stage) -> Callable[[str, Batch], Vectors | None]:
    """Return what gives the teacher's vectors of a batch, or None where the teacher does not teach its source."""
    distillation = stage.distillation
    if distillation is None:
        return lambda _, __: None
    encoder = embedder.load(distillation.teacher)

    def vectors(source: str, batch: Batch) -> Vectors | None:
        if not any(fnmatchcase(source, pattern) for pattern in distillation.sources):
            return None
        # one role for all texts, since they are all compared with each other; about what the student reads of them
        return encoder.encode([head(text, stage.passage_tokens * CHARACTERS) for text in batch.texts], role="passage")

    return vectors
