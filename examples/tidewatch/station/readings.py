"""The readings of a station, kept in SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

SILENT = timedelta(minutes=5)  # five missing readings


class ReadingStore:
    """Heights by gauge and time. One process writes, any number read."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS reading"
            " (gauge TEXT, at REAL, height_cm REAL, PRIMARY KEY (gauge, at)) WITHOUT ROWID"
        )

    def add(self, gauge: str, readings: Sequence[tuple[datetime, float]]) -> None:
        """Keep readings; one that arrives twice is kept once."""
        with self._database:
            self._database.executemany(
                "INSERT OR IGNORE INTO reading VALUES (?, ?, ?)",
                [(gauge, at.timestamp(), height) for at, height in readings],
            )

    def latest(self, gauge: str) -> tuple[datetime, float] | None:
        """Return the newest reading of a gauge, or None where it never sent one."""
        row = self._database.execute(
            "SELECT at, height_cm FROM reading WHERE gauge = ? ORDER BY at DESC LIMIT 1", (gauge,)
        ).fetchone()
        return (datetime.fromtimestamp(row[0], UTC), row[1]) if row else None

    def silent_gauges(self, gauges: Sequence[str], *, now: datetime) -> list[str]:
        """Return the gauges that stopped sending: no reading for five minutes."""
        silent = []
        for gauge in gauges:
            newest = self.latest(gauge)
            if newest is None or now - newest[0] > SILENT:
                silent.append(gauge)
        return silent

    def close(self) -> None:
        """Release the file."""
        self._database.close()
