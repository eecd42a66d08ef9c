"""An Upkeep in memory: says what it was given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from indexer.doctor import Check
from indexer.index import Freshness
from indexer.inventory import Inventory
from indexer.types import Skipped
from ui.upkeep import Compared, Facts, Plan

PLAN = Plan(
    root=Path("/srv/site"),
    files=1_204,
    skipped=(
        Skipped(path=PurePosixPath("logo.png"), reason="binary"),
        Skipped(path=PurePosixPath("web/<b>.min.js"), reason="minified"),
        Skipped(path=PurePosixPath("web/dist"), reason="ignored by git"),
    ),
    languages={"python": 1_000, "markdown": 204},
    chunks=9_800,
    text_seconds=3.2,
    vector_seconds=240.0,
    disk_bytes=31_000_000,
)
FILES = Inventory(
    indexed=(PurePosixPath("src/a.py"), PurePosixPath("src/b.py"), PurePosixPath("README.md")),
    bytes=4_000,
    waiting=(PurePosixPath("src/new.py"),),
    gone=(),
    failed=(Skipped(path=PurePosixPath("docs/<x>.pdf"), reason="no PDF", hint="open it"),),
    skipped=PLAN.skipped,
)
FACTS = Facts(
    model={"model": "gte-mini", "runtime": "CTranslate2, 8 bit", "device": "cpu"},
    store={"store": "local", "bytes": 31_000_000, "bytes_database": 20_000_000, "chunks": 9_800},
    machine={"python": "3.11.9", "gte-search": "0.1"},
)


@dataclass
class FakeUpkeep:
    """Answers from what it was given, at once."""

    plans: Sequence[Plan] = (PLAN,)
    fresh: Mapping[str, Freshness] = field(default_factory=dict)
    found: Sequence[Check] = ()
    files: Inventory = FILES
    error: Exception | None = None  # of every method

    def plan(self, path: str) -> list[Plan]:
        """Return the given plans."""
        self._fail()
        return list(self.plans)

    def compared(self) -> Compared:
        """Return the given freshness."""
        self._fail()
        return Compared(repos=self.fresh, bytes=31_000_000, free_bytes=5_000_000_000)

    def inventory(self, name: str) -> Inventory:
        """Return the given files."""
        self._fail()
        return self.files

    def facts(self) -> Facts:
        """Return sample facts."""
        self._fail()
        return FACTS

    def checks(self) -> list[Check]:
        """Return the given checks."""
        self._fail()
        return list(self.found)

    def _fail(self) -> None:
        if self.error:
            raise self.error
