"""What was measured, as a table for people and as JSON for programs."""

import datetime as dt
import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from statistics import median
from typing import Any, Final

from tests.benchmarks.comparison import Compared
from tests.benchmarks.disk import KEY, Weighed
from tests.benchmarks.process import Run

SCHEMA: Final = "usage-tracker.benchmarks/1"
PACKAGES: Final = ("click", "numpy", "pandas", "requests", "rich", "SQLAlchemy")
HEAD: Final = ("", "ratio", "spread", "bound", "", "ms", "floor", "MB", "floor", "first")

Measured = Compared | Weighed


def lines(measured: Iterable[Measured]) -> list[str]:
    """The table, one line each, the columns aligned."""
    rows = [HEAD, *(_cells(one) for one in measured)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def markdown(measured: Iterable[Measured]) -> list[str]:
    """The same for the documentation."""
    rule = ("---", "---", *("---:" for _ in HEAD[1:]))
    rows = ((f"`{_key(one)}`", *_cells(one)) for one in measured)
    return [f"| {' | '.join(row)} |" for row in (("row", *HEAD), rule, *rows)]


def document(measured: Iterable[Measured]) -> dict[str, Any]:
    """The same as one object; times in seconds, sizes in bytes."""
    return {"schema": SCHEMA, "at": _now(), "on": machine(), "rows": [_body(m) for m in measured]}


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name.lower(): version(name) for name in PACKAGES},
    }


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _key(one: Measured) -> str:
    return KEY if isinstance(one, Weighed) else one.row.key


def _cells(one: Measured) -> Sequence[str]:
    if isinstance(one, Weighed):
        value, bound = f"{one.bytes_a_row:.1f} B", f"{one.bound:.0f} B"
        return (one.what, value, "", bound, _verdict(one.holds), *[""] * 5)
    ratios, row = one.ratios, one.row
    return (
        row.what,
        f"{one.ratio:.2f}",
        f"{ratios[0]:.2f}-{ratios[-1]:.2f}",
        "" if row.bound is None else f"{row.bound:g}",
        _verdict(one.holds),
        _ms(one.ours),
        _ms(one.floor),
        f"{_peak(one.ours) / 1e6:.0f}" + ("" if row.memory is None else f" (x {one.memory:.2f})"),
        f"{_peak(one.floor) / 1e6:.0f}",
        f"{one.first.seconds * 1000:,.0f}",
    )


def _body(one: Measured) -> dict[str, Any]:
    if isinstance(one, Weighed):
        told = {"row": _key(one), "what": one.what, "bytes_a_row": round(one.bytes_a_row, 2)}
        return told | {"bound": one.bound, "holds": one.holds}
    return {
        "row": _key(one),
        "what": one.row.what,
        "ratio": round(one.ratio, 3),
        "spread": [round(one.ratios[0], 3), round(one.ratios[-1], 3)],
        "bound": one.row.bound,
        "memory_ratio": round(one.memory, 3),
        "memory_bound": one.row.memory,
        "holds": one.holds,
        "first": one.first.seconds,
        "seconds": [run.seconds for run in one.ours],
        "floor_seconds": [run.seconds for run in one.floor],
        "peak": _peak(one.ours),
        "floor_peak": _peak(one.floor),
    }


def _verdict(holds: bool | None) -> str:  # noqa: FBT001
    return "" if holds is None else ("ok" if holds else "OVER")


def _ms(runs: Sequence[Run]) -> str:
    return f"{median(run.seconds for run in runs) * 1000:,.0f}"


def _peak(runs: Sequence[Run]) -> int:
    return int(median(run.peak for run in runs))
