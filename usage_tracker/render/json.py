"""JSON for scripts and dashboards.

Every document is an object that begins with its schema's name and version. Integers
are gateway units, moments ISO 8601 UTC with milliseconds and `Z`; unknown is null.
The text is pure ASCII, so that no locale can break it.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.reporting.model import AccountReport, Detail, Period, Report, ReportedEvent
from usage_tracker.times import iso, to_ms

DETAILS = Detail.DEPLETION


def render(report: Report) -> str:
    """`report` as the document `usage-tracker.report/1`."""
    return envelope("report", report_body(report))


def envelope(command: str, body: Mapping[str, Any]) -> str:
    """The document of `command` with `body` in it, a line break at its end."""
    document = {"schema": f"usage-tracker.{command}/1", **body}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def moment(at: dt.datetime | None) -> str | None:
    """An aware datetime as the documents write it."""
    return None if at is None else iso(to_ms(at))


def report_body(report: Report) -> dict[str, Any]:
    """The report's document without its schema."""
    return {
        "as_of": moment(report.as_of),
        "timezone": report.timezone,
        "since": moment(report.since),
        "until": moment(report.until),
        "by": report.by,
        "accounts": [_account(account) for account in report.accounts],
    }


def depletion_body(depletion: Depletion) -> dict[str, Any]:
    """A forecast as the report's `depletion` has it."""
    return {
        "state": depletion.state,
        "reason": depletion.reason,
        "level": depletion.level,
        "low": moment(depletion.low),
        "median": moment(depletion.median),
        "high": moment(depletion.high),
        "linear": moment(depletion.linear),
        "probability": [asdict(chance) for chance in depletion.probability],
        "method": depletion.method,
    }


def event_body(event: ReportedEvent) -> dict[str, Any]:
    """An event as the report's `events` have it."""
    return {
        "kind": event.kind,
        "after": moment(event.after),
        "at": moment(event.at),
        "quota": event.quota,
        "usd": event.usd,
        "confirmed": event.confirmed,
    }


def _account(account: AccountReport) -> dict[str, Any]:
    seen = account.snapshots
    return {
        "account": account.account,
        "base_url": account.base_url,
        "quota_per_unit": account.quota_per_unit,
        "snapshots": {
            "count": seen.count,
            "first": moment(seen.first),
            "last": moment(seen.last),
            "age_seconds": seen.age_seconds,
            "failures": seen.failures,
            "coverage": seen.coverage,
        },
        "balance": None if account.balance is None else asdict(account.balance),
        "used": None if account.used is None else asdict(account.used),
        "reconciliation": asdict(account.reconciliation),
        "rates": [asdict(rate) for rate in account.rates],
        "periods": [_period(period) for period in account.periods],
        "events": [event_body(event) for event in account.events],
        "depletion": depletion_body(account.depletion),
    }


def _period(period: Period) -> dict[str, Any]:
    return {
        "start": moment(period.start),
        "end": moment(period.end),
        "spend": period.spend,
        "usd": period.usd,
        "top_ups": period.top_ups,
        "refunds": period.refunds,
        "requests": period.requests,
        "closing": period.closing,
        "coverage": period.coverage,
        "estimated": period.estimated,
    }
