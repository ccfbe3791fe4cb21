"""Reasons to refuse an import; then nothing of it is stored."""

from typing import Final

from usage_tracker.errors import TrackerError
from usage_tracker.money import SUM_TOO_LARGE
from usage_tracker.times import iso

NOT_AN_EXPORT: Final = (
    "it is a report or a list, not a complete history: "
    "`tracker export` writes the files that import reads"
)
"""The reason to refuse a report or a list of snapshots."""


class UnreadableFileError(TrackerError):
    """The file cannot be opened."""

    def __init__(self, name: str, error: OSError) -> None:
        super().__init__(f"cannot read {name}: {(error.strerror or str(error)).lower()}")


class NoTemporaryDirectoryError(TrackerError):
    """The temporary directory for the rows cannot be created."""

    def __init__(self, error: OSError) -> None:
        why = (error.strerror or str(error)).lower()
        super().__init__(
            f"cannot create a temporary directory: {why}; set TMPDIR to a directory with free space"
        )


class InvalidHistoryError(TrackerError):
    """A file or database that cannot be imported at all."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}; nothing was imported")


class InvalidRowError(TrackerError):
    """An invalid line."""

    def __init__(self, name: str, line: int, why: str) -> None:
        super().__init__(f"{name} line {line}: {why}; nothing was imported")


class ConflictingRowsError(TrackerError):
    """Two lines have different counters for the same moment."""

    def __init__(self, name: str, line: int, other: int, captured_at: int) -> None:
        super().__init__(
            f"{name} line {other} contradicts line {line}: both are of {iso(captured_at)}; "
            "nothing was imported"
        )


class SumTooLargeError(TrackerError):
    """A row whose counters add up to more than 64 bits hold."""

    def __init__(self, name: str, line: int, captured_at: int) -> None:
        where = f"{name} line {line}" if line else f"{name}: the snapshot of {iso(captured_at)}"
        what = f"{SUM_TOO_LARGE}: correct or remove it there; nothing was imported"
        super().__init__(f"{where}: {what}")


class FutureRowError(TrackerError):
    """A row with a time in the future."""

    def __init__(self, name: str, line: int, moment: int) -> None:
        where = f"{name} line {line}" if line else name
        super().__init__(
            f"{where}: {iso(moment)} is in the future: correct it there, or this machine's "
            "clock; nothing was imported"
        )


class NoSnapshotError(TrackerError):
    """A baseline or an event at a moment without a snapshot."""

    def __init__(self, name: str, line: int, moment: int) -> None:
        where = f"{name} line {line}" if line else name
        super().__init__(
            f"{where}: there is no snapshot at {iso(moment)}, which a baseline or an event "
            "must have; nothing was imported"
        )


class ContradictionError(TrackerError):
    """A row and the stored snapshot of the same moment have different counters."""

    def __init__(
        self,
        row: str,
        account: str,
        captured_at: int,
        imported: tuple[int, int, int | None],
        stored: tuple[int, int, int | None],
    ) -> None:
        super().__init__(
            f"{row} ({_counters(imported)}) contradicts the snapshot of {account!r} stored at "
            f"{iso(captured_at)} ({_counters(stored)}); nothing was imported"
        )


def _counters(counters: tuple[int, int, int | None]) -> str:
    quota, used_quota, requests = counters
    known = "" if requests is None else f", request_count {requests}"
    return f"quota {quota}, used_quota {used_quota}{known}"
