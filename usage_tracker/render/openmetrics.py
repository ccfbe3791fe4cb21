"""Metrics for Prometheus, by way of node_exporter's textfile collector.

The text is valid OpenMetrics and, for the collector's older parser, valid in the
format before it: gauges only, no sample timestamps. Even the used credit is a gauge:
a refund lowers it, and Prometheus takes a counter that falls for one that was reset.
Times are Unix seconds; what is unknown has no sample.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import get_args

from usage_tracker.forecast.inputs import State
from usage_tracker.render.phrases import records, worth
from usage_tracker.reporting.model import AccountReport, Detail, Report

_PREFIX = "usage_tracker"

DETAILS = Detail.DEPLETION
Sample = tuple[dict[str, str], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name without the prefix, its unit, its help, and the samples of an account."""

    name: str
    unit: str
    help: str
    samples: Callable[[AccountReport], Iterable[Sample]]


def render(report: Report) -> str:
    """Return all accounts of `report` as one exposition that ends with `# EOF`."""
    lines: list[str] = []
    for metric in (_as_of(report), *METRICS):
        samples = [
            _sample(metric.name, {"account": account.account, **labels}, value)
            for account in report.accounts
            for labels, value in metric.samples(account)
            if value is not None
        ]
        if samples:
            lines += [*_head(metric.name, metric.unit, metric.help), *samples]
    return "\n".join([*lines, "# EOF", ""])


def _as_of(report: Report) -> Metric:
    """Return the time of `report`, per account: files of other accounts may stand beside it."""
    return Metric(
        "as_of_timestamp_seconds", "seconds", "Time of the report.",
        lambda _: [({}, report.as_of.timestamp())],
    )  # fmt: skip


def _head(name: str, unit: str, text: str) -> list[str]:
    full = f"{_PREFIX}_{name}"
    units = [f"# UNIT {full} {unit}"] if unit else []
    return [f"# TYPE {full} gauge", *units, f"# HELP {full} {text}"]


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
    return f"{_PREFIX}_{name}{{{inside}}} {value!r}"


def _escape(text: str) -> str:
    encodable = text.encode("utf-8", "replace").decode()
    return encodable.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _statement(account: AccountReport) -> Iterator[Sample]:
    for line in fields(account.reconciliation):
        units = getattr(account.reconciliation, line.name)
        yield {"line": line.name}, worth(units, account)


def _rates(attribute: str) -> Callable[[AccountReport], Iterator[Sample]]:
    return lambda account: (
        ({"window": rate.window}, getattr(rate, attribute)) for rate in records(account.rates)
    )


def _depletion(account: AccountReport) -> Iterator[Sample]:
    for bound in ("low", "median", "high", "linear"):
        yield {"bound": bound}, _seconds(getattr(account.depletion, bound))


def _probability(account: AccountReport) -> Iterator[Sample]:
    return (({"days": str(chance.days)}, chance.p) for chance in account.depletion.probability)


def _state(account: AccountReport) -> Iterator[Sample]:
    return (({"state": state}, int(state == account.depletion.state)) for state in get_args(State))


def _seconds(at: dt.datetime | None) -> float | None:
    return None if at is None else at.timestamp()


METRICS = (
    Metric(
        "balance_usd", "usd", "Remaining balance.",
        lambda account: [({}, account.balance.usd if account.balance else None)],
    ),
    Metric(
        "used_usd", "usd", "Credit used so far, as the gateway counts it; refunds lower it.",
        lambda account: [({}, account.used.usd if account.used else None)],
    ),
    Metric("spend_usd", "usd", "Spend in the last hour, day, week and month.", _rates("usd")),
    Metric(
        "spend_usd_per_day", "usd_per_day",
        "Spend per day over the last hour, day, week and month, of the time that is known.",
        _rates("usd_per_day"),
    ),
    Metric(
        "spend_coverage_ratio", "ratio", "Share of such a window that is known.",
        _rates("coverage"),
    ),
    Metric(
        "statement_usd", "usd",
        "The report's window: opening + top_ups + refunds + adjustments + covered - spend"
        " - uncounted + in_flight = closing.",
        _statement,
    ),
    Metric(
        "snapshots", "", "Snapshots in the report's window.",
        lambda account: [({}, account.snapshots.count)],
    ),
    Metric(
        "failures", "", "Failed attempts in the report's window.",
        lambda account: [({}, account.snapshots.failures)],
    ),
    Metric(
        "coverage_ratio", "ratio", "Share of the report's window that is known.",
        lambda account: [({}, account.snapshots.coverage)],
    ),
    # The last snapshot of all, not of the window: an alert needs its age when the window has none.
    Metric(
        "last_snapshot_timestamp_seconds", "seconds", "Time of the last snapshot.",
        lambda account: [({}, _seconds(account.snapshots.latest))],
    ),
    Metric(
        "depletion_timestamp_seconds", "seconds",
        "When the balance runs out: the interval's ends, its median, and the straight line.",
        _depletion,
    ),
    Metric(
        "depletion_probability_ratio", "ratio", "Probability of running out within so many days.",
        _probability,
    ),
    Metric("depletion_state", "", "1 for the state of the forecast, 0 for the others.", _state),
)  # fmt: skip
