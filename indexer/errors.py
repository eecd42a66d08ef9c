"""The error tree of the indexer. Every error says what is wrong, then what to do (`hint`).

IndexerError
├── InputError            what the user gave: a path, a query, a filter, a setting
│   ├── PathError         a path that is missing, unreadable or holds nothing to index
│   │   └── SyncError     some of the paths of a run could not be indexed; the others were
│   ├── NotFoundError     a chunk, file, repository, job or model that is not there
│   ├── LabelsError       a file of labelled queries, or a run over one, that cannot be used
│   ├── QueryError        a query or a filter that cannot be answered
│   └── SettingsError     a setting that is unknown or of the wrong kind
├── AnswerError           a server answers with an error, or not at all
├── DocumentError         one file cannot be read; counted in the report, never ends a run
└── StoreError            the index itself
    ├── StoreMissingError     no index there
    ├── StoreVersionError     written by another version
    ├── StoreDamagedError     does not open or contradicts itself
    ├── StoreFullError        no space, or not writable
    ├── StoreBusyError        another process is writing it
    │   └── JobRunningError   a run that was started here goes on
    └── ModelMismatchError    holds vectors of another encoder
"""

from collections.abc import Sequence

from indexer.types import SyncReport


class IndexerError(Exception):
    """Base of every error of this package: what is wrong, and what to do about it."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class InputError(IndexerError):
    """Something the user gave."""


class PathError(InputError):
    """A path that is missing, unreadable or holds nothing to index."""


class SyncError(PathError):
    """Some paths of a run could not be indexed; `reports` tells of those that were."""

    def __init__(self, problems: Sequence[PathError], reports: Sequence[SyncReport]) -> None:
        super().__init__("; ".join(map(str, problems)), hint="; ".join(dict.fromkeys(one.hint for one in problems)))
        self.problems = tuple(problems)
        self.reports = tuple(reports)


class NotFoundError(InputError):
    """A chunk, a file, a repository, a job or a model that is not there."""


class LabelsError(InputError):
    """A file of labelled queries, or the JSON of a run over one, that cannot be used."""


class QueryError(InputError):
    """A query or a filter that cannot be answered."""


class SettingsError(InputError):
    """A setting that is unknown or of the wrong kind."""


class AnswerError(IndexerError):
    """A server answers with an error, or not at all; `status` is that of HTTP, None where there is no answer."""

    def __init__(self, message: str, *, hint: str, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class DocumentError(IndexerError):
    """One file cannot be read as what it claims to be. Counted in the report, never ends a run."""

    def __init__(self, reason: str, *, hint: str = "open the file in its own application to check it") -> None:
        super().__init__(reason, hint=hint)


class StoreError(IndexerError):
    """The index itself."""


class StoreMissingError(StoreError):
    """There is no index there."""


class StoreVersionError(StoreError):
    """The index was written by another version of the program."""


class StoreDamagedError(StoreError):
    """The index does not open, or contradicts itself."""


class StoreFullError(StoreError):
    """The disk is full, or the folder not writable."""


class StoreBusyError(StoreError):
    """Another process is writing the index."""


class JobRunningError(StoreBusyError):
    """A run that was started here goes on."""


class ModelMismatchError(StoreError):
    """The index holds vectors of another encoder than the one loaded."""

    def __init__(self, *, stored: str, asked: str) -> None:
        super().__init__(
            f"the index holds vectors of `{stored}`, but `{asked}` is loaded",
            hint=f"index again with `index-repo --model {asked} PATH`, or search with `--model {stored}`",
        )
