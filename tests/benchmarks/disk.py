"""How many bytes of disk a snapshot takes."""

from dataclasses import dataclass
from typing import Final

from tests.benchmarks.process import run
from tests.benchmarks.rows import import_
from tests.benchmarks.workplace import Workplace

KEY: Final = "disk"
BOUND: Final = 40.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """The bytes a row of a database, everything counted, and how many they may be."""

    rows: int
    bytes_a_row: float
    bound: float = BOUND

    @property
    def what(self) -> str:
        """What was weighed."""
        return f"disk, {self.rows:,} rows in order, with what the ledger remembers"

    @property
    def holds(self) -> bool:
        """Whether it is small enough."""
        return self.bytes_a_row <= self.bound


def weigh(place: Workplace) -> Weighed:
    """Import a history, let the ledger remember what it can, and look at the files."""
    row = import_(place)
    database = place.path("imported.db")
    row.prepare()
    for command in (*row.ours, place.tracker(database, "report")):
        run(command, place.environment)
    size = sum(file.stat().st_size for file in place.folder.glob(f"{database.name}*"))
    return Weighed(place.sizes.imported, size / place.sizes.imported)
