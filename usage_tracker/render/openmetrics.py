"""Metrics for Prometheus, by way of node_exporter's textfile collector.

The text is valid OpenMetrics and, for the collector's older parser, valid in the
format before it: gauges only, no sample timestamps. Even what was ever spent is a
gauge, for a refund lowers it and a counter that falls is taken for one that began
anew. Moments are absolute, in Unix seconds; what is unknown has no sample.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import get_args

from usage_tracker.forecast.depletion import State
from usage_tracker.money import usd
from usage_tracker.reporting.model import AccountReport, Detail, Report

_PREFIX = "usage_tracker"

DETAILS = Detail.DEPLETION
Sample = tuple[dict[str, str], float | None]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name without the prefix, its unit, what it tells, and an account's samples."""

    name: str
    unit: str
    told: str
    samples: Callable[[AccountReport], Iterable[Sample]]


def render(report: Report) -> str:
    """Every account of `report` as one exposition that ends with `# EOF`."""
    lines = list(_as_of(report))
    for family in FAMILIES:
        samples = [
            _sample(family.name, {"account": account.account, **labels}, value)
            for account in report.accounts
            for labels, value in family.samples(account)
            if value is not None
        ]
        if samples:
            lines += [*_head(family.name, family.unit, family.told), *samples]
    return "\n".join([*lines, "# EOF", ""])


def _as_of(report: Report) -> Iterator[str]:
    name = "as_of_timestamp_seconds"
    yield from _head(name, "seconds", "The moment as of which everything here is told.")
    yield _sample(name, {}, report.as_of.timestamp())


def _head(name: str, unit: str, told: str) -> list[str]:
    full = f"{_PREFIX}_{name}"
    kind = f"# TYPE {full} gauge"
    return [kind, *([f"# UNIT {full} {unit}"] if unit else []), f"# HELP {full} {told}"]


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
    return f"{_PREFIX}_{name}{{{inside}}} {value!r}" if inside else f"{_PREFIX}_{name} {value!r}"


def _escape(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _balance(account: AccountReport) -> Iterator[Sample]:
    yield {}, None if account.balance is None else account.balance.usd


def _used(account: AccountReport) -> Iterator[Sample]:
    yield {}, None if account.used is None else account.used.usd


def _statement(account: AccountReport) -> Iterator[Sample]:
    for line in fields(account.reconciliation):
        units = getattr(account.reconciliation, line.name)
        worth = None if units is None else usd(units, account.quota_per_unit)
        yield {"line": line.name}, worth


def _spend(account: AccountReport) -> Iterator[Sample]:
    return (({"window": rate.window}, rate.usd) for rate in account.rates)


def _spend_per_day(account: AccountReport) -> Iterator[Sample]:
    return (({"window": rate.window}, rate.usd_per_day) for rate in account.rates)


def _known(account: AccountReport) -> Iterator[Sample]:
    return (({"window": rate.window}, rate.coverage) for rate in account.rates)


def _snapshots(account: AccountReport) -> Iterator[Sample]:
    yield {}, account.snapshots.count


def _failures(account: AccountReport) -> Iterator[Sample]:
    yield {}, account.snapshots.failures


def _coverage(account: AccountReport) -> Iterator[Sample]:
    yield {}, account.snapshots.coverage


def _last_snapshot(account: AccountReport) -> Iterator[Sample]:
    # The last of all, not of the window: it is to be missed when it is long ago.
    yield {}, _seconds(account.snapshots.latest)


def _depletion(account: AccountReport) -> Iterator[Sample]:
    for bound in ("low", "median", "high", "linear"):
        yield {"bound": bound}, _seconds(getattr(account.depletion, bound))


def _probability(account: AccountReport) -> Iterator[Sample]:
    return (({"days": str(chance.days)}, chance.p) for chance in account.depletion.probability)


def _state(account: AccountReport) -> Iterator[Sample]:
    return (({"state": state}, int(state == account.depletion.state)) for state in get_args(State))


def _seconds(at: dt.datetime | None) -> float | None:
    return None if at is None else at.timestamp()


FAMILIES = (
    Family("balance_usd", "usd", "What is left.", _balance),
    Family("used_usd", "usd", "What the gateway counts as ever spent; refunds lower it.", _used),
    Family("spend_usd", "usd", "Spend in the last hour, day, week and month.", _spend),
    Family(
        "spend_usd_per_day",
        "usd_per_day",
        "Spend a day over the last hour, day, week and month, of the time that is known.",
        _spend_per_day,
    ),
    Family("spend_coverage_ratio", "ratio", "Share of such a window that is known.", _known),
    Family(
        "statement_usd",
        "usd",
        "The report's window: opening + top_ups + refunds + adjustments - spend + in_flight"
        " = closing.",
        _statement,
    ),
    Family("snapshots", "", "Snapshots in the report's window.", _snapshots),
    Family("failures", "", "Failed attempts in the report's window.", _failures),
    Family("coverage_ratio", "ratio", "Share of the report's window that is known.", _coverage),
    Family(
        "last_snapshot_timestamp_seconds", "seconds", "When the last snapshot came.", _last_snapshot
    ),
    Family(
        "depletion_timestamp_seconds",
        "seconds",
        "When the balance runs out: the interval's ends, its median, and the straight line.",
        _depletion,
    ),
    Family(
        "depletion_probability_ratio",
        "ratio",
        "Chance of running out within so many days.",
        _probability,
    ),
    Family("depletion_state", "", "1 for the state the forecast is in, 0 for others.", _state),
)
