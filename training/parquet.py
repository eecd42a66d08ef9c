"""Rows of a Parquet file; the only module that knows pyarrow."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from training.data import Row
from training.errors import DataError
from training.rows import Malformed, known_columns, to_row

BATCH: Final = 1000  # rows decoded together


def rows(path: Path, read: Callable[[int, int], None]) -> Iterator[Row | Malformed]:
    """Yield every row in order; `read` is told bytes (by share of rows) and rows.

    Raises DataError where pyarrow is missing or the file is no Parquet file, and OSError where it cannot be opened.
    """
    try:
        import pyarrow  # type: ignore[import-untyped]  # no stubs; here: only those who have such files wait for it
        from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]
    except ImportError as error:
        raise DataError(
            f"{path} is a Parquet file, which takes the package pyarrow to read",
            hint="pip install 'gte-search[training]'",
        ) from error
    size = path.stat().st_size
    try:
        with ParquetFile(path) as file:
            total = file.metadata.num_rows
            columns = known_columns(file.schema_arrow.names)
            done = 0
            for batch in file.iter_batches(batch_size=BATCH, columns=columns):
                for number, fields in enumerate(batch.to_pylist(), start=done + 1):
                    yield to_row(fields, f"{path.name}:{number}")
                before, done = done, done + batch.num_rows
                read(size * done // total - size * before // total, batch.num_rows)
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", hint="fetch or write the file again") from error
