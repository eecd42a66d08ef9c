"""The error tree of the embedder.

EmbedderError
├── ModelNotFoundError      no such folder, bundled model or reachable hub name
├── CheckpointError         the folder is there, but a file is missing, damaged or of a refused kind
├── UnsupportedModelError   an architecture or option that no runtime here computes
└── LabelError              labels, or a template around them, that no text can be compared with
"""


class EmbedderError(Exception):
    """Base of every error of this package: what is wrong, and what to do about it."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ModelNotFoundError(EmbedderError):
    """The name leads to no checkpoint."""


class CheckpointError(EmbedderError):
    """A checkpoint's files are incomplete, damaged or refused (pickle)."""


class UnsupportedModelError(EmbedderError):
    """The checkpoint asks for something that no runtime here computes."""


class LabelError(EmbedderError):
    """Labels that cannot be made into hypotheses."""
