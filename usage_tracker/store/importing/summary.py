"""What is staged: how many rows, from when to when, and whether their amounts can be units."""

from dataclasses import dataclass

from usage_tracker.store.importing.errors import InvalidHistoryError
from usage_tracker.store.importing.staging import Staging

_FEWEST_CENTS = 10
_FEWEST_ROWS = 3
_ROW = "SELECT line, captured_at, quota, used_quota, request_count FROM staged_snapshot"


@dataclass(frozen=True, slots=True)
class StagedLine:
    """A snapshot of the file; `line` is 0 where it is from a database."""

    line: int
    captured_at: int
    quota: int
    used_quota: int
    request_count: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The snapshots of all accounts, `first` and `last` by time; an unnamed account is None."""

    accounts: tuple[str | None, ...]
    rows: int
    first: StagedLine | None
    last: StagedLine | None


def summarise(staging: Staging) -> Summary:
    """Return a summary of the staged snapshots."""
    names = staging.connection.execute("SELECT name FROM staged_account ORDER BY key")
    ends = [
        staging.connection.execute(f"{_ROW} ORDER BY captured_at {order} LIMIT 1").fetchone()
        for order in ("ASC", "DESC")
    ]
    first, last = (StagedLine(*row) if row else None for row in ends)
    return Summary(tuple(name for (name,) in names), staging.read, first, last)


def refuse_dollars(staging: Staging, quota_per_unit: float) -> None:
    """Raise InvalidHistoryError if the amounts are too small to be gateway units.

    As units, dollars are worth next to nothing: $79 would be a hundredth of a cent. Of one or
    two rows no forecast is made.
    """
    table = staging.table
    if table is None or table.is_certain or staging.read < _FEWEST_ROWS:
        return
    least, most = staging.connection.execute(
        "SELECT min(min(quota, used_quota)), max(max(quota, used_quota)) FROM staged_snapshot"
    ).fetchone()
    largest = max(-(least or 0), most or 0)
    if 0 < largest * 100 < quota_per_unit * _FEWEST_CENTS:
        raise InvalidHistoryError(
            staging.name,
            f"its amounts look like dollars (as units, the largest, {largest}, is less than "
            f"{_FEWEST_CENTS} cents): add --unit usd, or --unit units if they are gateway units",
        )
