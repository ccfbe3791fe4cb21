"""Spend curves to test forecasts on: made up, and real ones in `traces/`."""

import csv
import datetime as dt
from pathlib import Path

import numpy as np

from usage_tracker.ledger.arrays import Floats, Int64s, SpendCurve
from usage_tracker.times import DAY, HOUR, to_ms

NOW = to_ms(dt.datetime(2026, 12, 2, 14, tzinfo=dt.UTC))
TRACES = Path(__file__).parent / "traces"


def curve(spend: Int64s | Floats | list[int], step: int = HOUR, end: int = NOW) -> SpendCurve:
    """Buckets of `spend`, each `step` ms long, the last ending at `end`."""
    amounts = np.asarray(spend).astype(np.int64)
    moments = end - step * np.arange(len(amounts), -1, -1, dtype=np.int64)
    return SpendCurve(moments, np.concatenate(([0], np.cumsum(amounts))))


def steady(days: int = 40, daily: float = 1e6, seed: int = 1) -> Floats:
    """Hourly spend of a lively account: more by day than by night, no two days alike."""
    rng = np.random.default_rng(seed)
    hours = np.exp(-0.5 * ((np.arange(24) - 14) / 4) ** 2)
    noise = rng.gamma(2, 0.5, (days, 24)) * rng.lognormal(0, 0.2, (days, 1))
    return np.asarray((daily * hours / hours.sum() * noise).ravel())


def days_ahead(moment: dt.datetime | None, since: int = NOW) -> float:
    """How many days `moment` lies after `since`; never is infinitely many."""
    return float("inf") if moment is None else (to_ms(moment) - since) / DAY


def traces(directory: Path = TRACES) -> dict[str, tuple[str, SpendCurve]]:
    """Each history of `directory` by name: whose it is (clients, people, meters) and its curve."""
    with (directory / "index.csv").open() as index:
        return {row["name"]: (_group(row), _read(directory, row)) for row in csv.DictReader(index)}


def _group(row: dict[str, str]) -> str:
    if row["cls"] != "llm":
        return "meters"
    return "people" if int(row["step_s"]) * 1000 >= DAY else "clients"


def _read(directory: Path, row: dict[str, str]) -> SpendCurve:
    table = np.loadtxt(
        directory / f"{row['name']}.csv", dtype=np.int64, delimiter=",", skiprows=1, ndmin=2
    )
    moments = np.concatenate((table[:1, 0] - int(row["step_s"]), table[:, 0])) * 1000
    return SpendCurve(moments, np.concatenate(([0], np.cumsum(table[:, 1]))))
