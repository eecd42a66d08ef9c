"""The command-line door of training: `gte-train prepare | pretrain | finetune | mine | evaluate | export`.

Data goes to stdout, progress and errors to stderr. Exit status: 0 done, 2 error. A command is imported when it is
asked for, so that `--help` answers at once.
"""

import argparse
import os
import signal
import sys
import tomllib
from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

DONE: Final = 0
FAILED: Final = 2
STAGE_HELP: Final = {
    "pretrain": "first stage: in-batch negatives over all sources",
    "finetune": "second stage: hard negatives",
}
ELSEWHERE: Final = {  # command -> the module that describes and runs it, and what `--help` says
    "prepare": ("training.prepare", "clean raw rows, drop what overlaps with evaluation sets, write them for training"),
    "mine": ("training.mine", "find hard negatives with an encoder"),
    "evaluate": ("training.evaluation.command", "measure models on evaluation sets"),
    "export": ("training.export", "write a checkpoint as a sentence-transformers folder with a model card"),
}

COMMANDS: Final = ("prepare", "pretrain", "finetune", "mine", "evaluate", "export")

EXTRA: Final = ("Stemmer", "bm25s", "datasets", "matplotlib", "pyarrow", "scipy", "sklearn", "threadpoolctl")

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `gte-train`; return the exit status."""
    from embedder.errors import EmbedderError
    from training.errors import TrainingError

    given = sys.argv[1:] if arguments is None else arguments
    options = build_parser(given[:1]).parse_args(given)
    command: Command = options.command
    try:
        return command(options)
    except (TrainingError, EmbedderError) as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in EXTRA:
            raise
        print(f"error: {error}\nhint: install what training needs: pip install 'gte-search[training]'", file=sys.stderr)
    except OSError as error:
        print(f"error: {error}\nhint: check the path, its permissions and the free space", file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the last checkpoint", file=sys.stderr)
    return FAILED


def build_parser(described: Collection[str] = COMMANDS) -> argparse.ArgumentParser:
    """Name every command, and describe the arguments of some."""
    parser = argparse.ArgumentParser(prog="gte-train", description="Train and measure text encoders with GTE's recipe.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module, text = ELSEWHERE.get(name, ("", STAGE_HELP.get(name)))
        command = commands.add_parser(name, help=text, description=text)
        if name in STAGE_HELP:
            _add_stage(command, name)
        elif name in described:
            _mount(command, import_module(module))
    return parser


def _mount(parser: argparse.ArgumentParser, module: ModuleType) -> None:
    module.add_arguments(parser)
    parser.set_defaults(command=module.run)


def _add_stage(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument("recipe", help="a recipe that comes with gte-train, or a TOML file")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that `prepare` or `mine` wrote")
    parser.add_argument(
        "--run", type=Path, required=True, metavar="DIR", help="folder of the run; goes on where it stopped"
    )
    parser.add_argument("--start", metavar="MODEL", help="start from this model or checkpoint instead of the recipe's")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16", "float16"], default="auto")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"change a value of the recipe, such as {name}.steps=200 (repeatable)",
    )
    parser.add_argument("--minutes", type=float, metavar="N", help="save and stop after this time")
    parser.set_defaults(command=_train, stage=name)


def _train(options: argparse.Namespace) -> int:
    import time

    from training import recipe
    from training.errors import RunError
    from training.loop import train
    from training.plot import plot

    stopped: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))  # a cluster's notice: save, then leave
    end = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    try:
        saved = train(
            recipe.read(options.recipe, _changes(options.set)),
            options.stage,
            data=options.data,
            run=options.run,
            start=options.start,
            device=options.device,
            precision=options.precision,
            until=lambda _: bool(stopped) or (end is not None and time.monotonic() > end),
        )
    finally:
        signal.signal(signal.SIGTERM, before)
    if os.environ.get("RANK", "0") == "0":  # under `torchrun` one process speaks for all
        try:
            plot(options.run)
        except RunError as error:  # the model is trained all the same
            print(f"warning: {error}\nhint: {error.hint}", file=sys.stderr)
        print(saved)
    return DONE


def _changes(given: Sequence[str]) -> dict[str, Any]:
    """Read `KEY=VALUE`, the value as TOML writes it; a bare word is a string."""
    from training.errors import RecipeError

    found: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise RecipeError(f"`--set {text}` has no `=`", hint="write it as KEY=VALUE")
        try:
            found[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[key] = value
    return found


if __name__ == "__main__":
    sys.exit(main())
