"""A stage of training, in reading order: rate, rows, vectors, loss, gradients, clip, step, log, save."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.amp import GradScaler

import embedder
from embedder import converted
from embedder.architectures import ARCHITECTURES
from embedder.device import choose
from embedder.encoder import select_device
from embedder.files import Layout
from embedder.tokens import head
from embedder.types import Vectors
from training import checkpoint, randomness
from training.collate import Batch, Collator
from training.data import PREPARE_AGAIN, Source, contents_of, open_prepared
from training.distributed import World
from training.errors import RecipeError, RunError
from training.gradcache import backward
from training.log import Log
from training.mixture import Mixture, boosts_of, runs_of
from training.objective import Objective
from training.recipe import Precision, Recipe, Stage, as_json, parse
from training.student import Student

BETAS: Final = (0.9, 0.999)
CHARACTERS: Final = 5  # of a token of prose


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
    the stage before; a run goes on only with the one that it began with. until: asked after each step with its number;
    True saves and stops early.
    Raises RecipeError, DataError, RunError or EmbedderError.
    """
    stage = recipe.stage(stage_name)
    device = choose(device)
    select_device(device)  # at once: a wrong name should not wait for a download
    with World(device=device) as world:
        torch.manual_seed(stage.seed + world.rank)
        student = _student(recipe, stage, start, world.device, precision)
        optimizer = _optimizer(student.model, stage)
        scaler = GradScaler(student.device.type, enabled=student.precision == "float16")
        run.mkdir(parents=True, exist_ok=True)
        sources = _sources(data, stage, world)
        contents = contents_of(data, sources)
        origin = student.layout.digest(embedder.default_cache_dir())
        done, pairs, seconds = _resume(run, recipe, stage_name, contents, origin, student, optimizer, scaler, world)
        saved = checkpoint.folder(run, done)
        with Log(run, step=done, steps=stage.steps) if world.is_first else nullcontext() as log:
            began = time.perf_counter()
            for step, loaded in enumerate(_loaded(sources, stage, student, world, done), start=done):
                for group in optimizer.param_groups:
                    group["lr"] = rate(step, stage)
                objective = _objective(loaded, stage, student, world)
                scale = float(scaler.scale(torch.ones((), device=student.device)))  # 1 unless in float16
                loss = backward(student.forward, loaded.batch.chunks, objective, replay=stage.replay, scale=scale)
                world.add_gradients(student.model.parameters())
                scaler.unscale_(optimizer)
                norm = nn.utils.clip_grad_norm_(student.model.parameters(), stage.clip)
                _refuse_no_numbers(loss, norm, step, loaded.source, scaler)
                scaler.step(optimizer)
                scaler.update()
                optimizer.zero_grad(set_to_none=False)
                took = time.perf_counter() - began  # waiting for rows counts, saving does not
                rows = loaded.batch.rows * world.size
                done, pairs, seconds = step + 1, pairs + rows, seconds + took
                if log:
                    log.step(
                        step=done,
                        pairs=pairs,
                        seconds=round(seconds, 3),
                        source=loaded.source,
                        **{name: round(value, 5) for name, value in objective.parts.items()},
                        rate=rate(step, stage),
                        norm=round(float(norm), 4),
                        pairs_per_second=round(rows / took, 1),
                        tokens_per_second=round(loaded.batch.tokens * world.size / took),
                    )
                stop = world.any(until(done))
                if done % stage.save_every == 0 or done == stage.steps or stop:
                    state = checkpoint.State(
                        step=done,
                        pairs=pairs,
                        seconds=seconds,
                        recipe=as_json(recipe),
                        stage=stage_name,
                        data=contents,
                        start=origin,
                    )
                    saved = _save(run, state, student, optimizer, scaler, world)
                if stop:
                    break
                began = time.perf_counter()
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


def _student(recipe: Recipe, stage: Stage, start: str | Path | None, device: str, precision: Precision) -> Student:
    layout = Layout.find(start or recipe.start)
    if layout.config.kind == converted.KIND or layout.config_path.parent != layout.folder:
        # a checkpoint is one plain folder: hours later it could be neither loaded nor exported
        raise RecipeError(
            f"{layout.folder} does not have safetensors beside a config.json, as training needs",
            hint="start from a plain transformers folder of the model",
        )
    if ARCHITECTURES[layout.config.kind].program is not None:
        raise RecipeError(
            f"{layout.name} is a `{layout.config.kind}` model: what is trained from it could not be exported",
            hint="start from another architecture, such as BERT or ModernBERT",
        )
    if max(stage.dims, default=0) >= layout.config.hidden:
        raise RecipeError(
            f"dims {list(stage.dims)} are not all shorter than the vector of {layout.name}, {layout.config.hidden}",
            hint="correct `dims` in the recipe",
        )
    return Student(layout, layers=stage.layers, dropout=stage.dropout, device=device, precision=precision)


def _resume(
    run: Path,
    recipe: Recipe,
    stage: str,
    contents: str,
    origin: str,
    student: Student,
    optimizer: torch.optim.Optimizer,
    scaler: GradScaler,
    world: World,
) -> tuple[int, int, float]:
    """Go on from the newest checkpoint of the run, if there is one; return its steps, pairs and seconds."""
    saved = checkpoint.found(run)
    if not saved:
        return 0, 0, 0.0
    state = checkpoint.read(saved[-1])
    if state.stage != stage or parse(state.recipe, where=str(saved[-1] / "recipe.json")) != recipe:
        raise RunError(
            f"{run} holds a run of another recipe or stage (`{state.stage}`)",
            hint="name another folder with --run, or delete this one",
        )
    if state.data is not None and state.data != contents:
        raise RunError(
            f"{run} was trained on other rows",
            hint=f"name another folder with --run, and --start {saved[-1]} to go on from its weights",
        )
    if state.start is not None and state.start != origin:
        raise RunError(
            f"{run} did not start from {student.layout.folder}",
            hint="give the --start that the run began with, or name another folder with --run",
        )
    checkpoint.restore(saved[-1], model=student.model, optimizer=optimizer, scaler=scaler, rank=world.rank)
    return state.step, state.pairs, state.seconds


def _save(
    run: Path,
    state: checkpoint.State,
    student: Student,
    optimizer: torch.optim.Optimizer,
    scaler: GradScaler,
    world: World,
) -> Path:
    """Write a checkpoint, in the first process, with the random states of all."""
    random = {kind: world.collect(own) for kind, own in randomness.states().items()}
    if not world.is_first:
        return checkpoint.folder(run, state.step)
    return checkpoint.save(
        run, state, model=student.model, optimizer=optimizer, layout=student.layout, scaler=scaler, random=random
    )


def _objective(loaded: Loaded, stage: Stage, student: Student, world: World) -> Objective:
    """Return the losses of the whole batch, as each process computes them from the vectors of its own rows."""
    batch, teacher = loaded.batch, loaded.teacher

    def whole(own: Tensor) -> Tensor:
        return world.gather(own.to(student.device), rows=batch.rows)

    return Objective(
        stage,
        source=loaded.source,
        rows=batch.rows * world.size,
        keys=whole(batch.keys),
        scores=None if batch.scores is None else whole(batch.scores),
        teacher=None if teacher is None else whole(torch.from_numpy(teacher)),
        gather=whole,
    )


def _refuse_no_numbers(loss: Tensor, norm: Tensor, step: int, source: str, scaler: GradScaler) -> None:
    """Raise RunError before a step would spoil the weights. In float16 the scaler passes over such gradients itself."""
    if not torch.isfinite(loss) or not (torch.isfinite(norm) or scaler.is_enabled()):
        raise RunError(
            f"the loss of step {step + 1} ({source}) is {float(loss)}, its gradient {float(norm)} long",
            hint="lower the rate, or use --precision float32; the last checkpoint is kept",
        )


def _sources(data: Path, stage: Stage, world: World) -> list[Source]:
    prepared = open_prepared(data)
    if not prepared:
        raise RunError(f"{data} holds no row", hint=f"{PREPARE_AGAIN}; report.md in it says what became of the rows")
    sources = [source for source in prepared if not any(fnmatchcase(source.name, pattern) for pattern in stage.exclude)]
    if not sources:
        raise RunError(f"no source of {data} is left", hint="the recipe's `exclude` leaves all of them out")
    fewest = min(sources, key=len)
    if min(stage.batch, len(fewest)) < world.size:
        raise RunError(
            f"{min(stage.batch, len(fewest))} rows of {fewest.name} cannot be shared by {world.size} processes",
            hint="start fewer processes, raise `batch` in the recipe, or leave the source out with `exclude`",
        )
    return sources


def mixture_of(sources: Sequence[Source], stage: Stage) -> Mixture:
    """Return what a stage draws from its sources."""
    names = [source.name for source in sources]
    return Mixture(
        names,
        [len(source) for source in sources],
        alpha=stage.alpha,
        batch=stage.batch,
        steps=stage.steps,
        seed=stage.seed,
        runs=runs_of(names, stage.runs),
        boosts=boosts_of(names, stage.boost),
    )


def _loaded(sources: Sequence[Source], stage: Stage, student: Student, world: World, done: int) -> Iterator[Loaded]:
    """Yield this process's rows of each step from `done`, the next one tokenised while the last is computed."""
    mixture = mixture_of(sources, stage)
    collate = Collator(
        student.layout,
        query_tokens=stage.query_tokens,
        passage_tokens=stage.passage_tokens,
        negatives=stage.negatives,
        chunk_tokens=stage.chunk_tokens,
    )
    teach = _teacher(stage, world.device)

    def load(step: int) -> Loaded:
        draw = mixture[step]
        source = sources[draw.source]
        own = draw.positions[world.share(len(draw.positions))]
        batch = collate(source.rows(own.tolist()))
        return Loaded(source.name, batch, teach(source.name, batch))

    with ThreadPoolExecutor(1) as pool:
        following: list[Future[Loaded]] = []
        for step in range(done, stage.steps):
            loaded = following.pop() if following else pool.submit(load, step)
            if step + 1 < stage.steps:
                following.append(pool.submit(load, step + 1))
            yield loaded.result()


def _teacher(stage: Stage, device: str) -> Callable[[str, Batch], Vectors | None]:
    """Return what gives the teacher's vectors of a batch, or None where the teacher does not teach its source."""
    distillation = stage.distillation
    if distillation is None:
        return lambda _, __: None
    # where the student is; "auto" also lets a converted teacher, which no GPU computes, stay on the processor
    encoder = embedder.load(distillation.teacher, device="auto" if device == "cuda" else device)

    def vectors(source: str, batch: Batch) -> Vectors | None:
        if not any(fnmatchcase(source, pattern) for pattern in distillation.sources):
            return None
        # one role for all texts, since they are all compared with each other; about what the student reads of them
        return encoder.encode([head(text, stage.passage_tokens * CHARACTERS) for text in batch.texts], role="passage")

    return vectors
