"""A command beside its floor, in turn, and what their times say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.process import Command, Run, slowest

Prepare = Callable[[], None]


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Row:
    """What is compared: `ours` must take at most `bound` times as long as `floor`.

    Of several commands the slowest counts. Memory may be at most `memory` times as
    much. Without a bound it is only told. `prepare` is called before each of both.
    """

    key: str
    what: str
    ours: tuple[Command, ...]
    floor: tuple[Command, ...]
    bound: float | None = None
    memory: float | None = None
    rounds: int = 5
    prepare: Prepare = _nothing


@dataclass(frozen=True, slots=True)
class Compared:
    """The runs of a row, and the first one of ours, which may have had more to do."""

    row: Row
    first: Run
    ours: list[Run]
    floor: list[Run]

    @property
    def ratios(self) -> list[float]:
        """How many times as long as the floor beside it each run took, ascending."""
        pairs = zip(self.ours, self.floor, strict=True)
        return sorted(one.seconds / other.seconds for one, other in pairs)

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def memory(self) -> float:
        """How many times as much memory as the floor."""
        return median(run.peak for run in self.ours) / median(run.peak for run in self.floor)

    @property
    def holds(self) -> bool | None:
        """Whether the bounds are kept; None where there are none."""
        bounds = ((self.ratio, self.row.bound), (self.memory, self.row.memory))
        kept = [value <= bound for value, bound in bounds if bound is not None]
        return all(kept) if kept else None


def compare(row: Row, environment: Mapping[str, str], rounds: int) -> Compared:
    """Run a row's command and its floor `rounds` times in turn, after one run of each unmeasured.

    The first run fills caches, writes bytecode, and lets the ledger remember.
    """

    def once(commands: tuple[Command, ...]) -> Run:
        row.prepare()
        return slowest(commands, environment)

    first, _ = once(row.ours), once(row.floor)
    runs = [(once(row.ours), once(row.floor)) for _ in range(rounds)]
    ours, floor = map(list, zip(*runs, strict=True))
    return Compared(row, first, ours, floor)
