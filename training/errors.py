"""The error tree of training.

TrainingError
├── DataError       a file of rows, a prepared folder or an evaluation set is missing, damaged or empty
├── RecipeError     a recipe names something that does not exist or cannot be
└── RunError        a run cannot go on: its folder, its checkpoint or its numbers
"""

from collections.abc import Callable
from functools import partial


class TrainingError(Exception):
    """Base of every error of this package: what is wrong, and what to do about it."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Callable[..., "TrainingError"], tuple[object, ...]]:
        """Survive the way out of a worker process, which the keyword alone would not."""
        return partial(type(self), hint=self.hint), self.args


class DataError(TrainingError):
    """Training rows or an evaluation set cannot be used."""


class RecipeError(TrainingError):
    """A recipe cannot be followed."""


class RunError(TrainingError):
    """A run, or a checkpoint of it, cannot go on."""
