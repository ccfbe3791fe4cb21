"""What must hold of all formats at once."""

import csv
import datetime as dt
import io
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.examples import examples
from tests.render import sample
from tests.render.anything import reports
from usage_tracker import formatting
from usage_tracker.money import usd
from usage_tracker.render import csv as csv_format
from usage_tracker.render import html, markdown, mpl, notebook, openmetrics
from usage_tracker.render import json as json_format
from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal import render as terminal
from usage_tracker.reporting.model import AccountReport, Report

SAMPLES = sample.everything()
FORMATS: dict[str, Callable[[Report], str]] = {
    "json": json_format.render,
    "csv": csv_format.render,
    "markdown": markdown.render,
    "openmetrics": openmetrics.render,
    "terminal": lambda report: terminal(report, width=100, color=True, unicode=True),
    "html": html.render,
}
READ = ("markdown", "terminal", "html")
"""The formats with figures in words."""


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports())
def test_every_format_takes_any_report(report: Report) -> None:
    for render in FORMATS.values():
        render(report).encode()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("situation", SAMPLES)
def test_every_format_ends_in_a_line_break_and_has_no_control_character_but_colours(
    name: str, situation: str
) -> None:
    text = FORMATS[name](SAMPLES[situation])
    colourless = text.replace("\x1b[", "") if name == "terminal" else text
    raw = () if name == "openmetrics" else colourless.split("\n")
    assert text.endswith("\n")
    assert all(line.isprintable() for line in raw)


@pytest.mark.parametrize("report", [sample.lived_in(), sample.overdrawn(), sample.huge()])
def test_every_format_shows_the_same_balance(report: Report) -> None:
    (account,) = report.accounts
    assert account.balance is not None
    worth = account.balance.usd
    (shown,) = json.loads(FORMATS["json"](report))["accounts"]
    assert shown["balance"] == {"quota": account.balance.quota, "usd": worth}
    assert int(_rows(report)[-1]["closing"]) == account.balance.quota
    assert _metrics(report, "usage_tracker_balance_usd") == [worth]
    for name in READ:
        assert formatting.dollars(abs(worth)) in FORMATS[name](report)
        assert formatting.count(account.balance.quota) in FORMATS[name](report)


def test_every_format_shows_the_same_rates() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    a_day = [rate.usd_per_day for rate in account.rates]
    (shown,) = json.loads(FORMATS["json"](report))["accounts"]
    assert [rate["usd_per_day"] for rate in shown["rates"]] == a_day
    assert _metrics(report, "usage_tracker_spend_usd_per_day") == a_day
    for name in READ:
        assert _holds(FORMATS[name](report), map(formatting.dollars, a_day))


def test_every_format_names_what_a_young_history_has_not_shown() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    origin = dt.datetime(2026, 11, 18, 9, 30, tzinfo=dt.UTC)  # a Wednesday
    young = replace(account.depletion, since=origin - dt.timedelta(days=2), origin=origin)
    text = "from 2 days of history: no weekend seen yet"
    for name in (*READ, "notebook"):
        shown = _text(name, replace(report, accounts=(replace(account, depletion=young),)))
        assert text in " ".join(shown.split())
        assert text not in " ".join(_text(name, report).split())


def test_rates_of_a_window_that_has_ended_are_never_called_the_last() -> None:
    now = sample.lived_in()
    ended = replace(now, until=now.as_of - dt.timedelta(days=5))
    for name in (*READ, "notebook"):
        assert _text(name, now).count("To Wed 18 Nov") == 0
        assert "To Wed 18 Nov" in _text(name, ended)
        assert not re.search(r"\blast (hour|24 hours|7 days|30 days)|\bLast\b", _text(name, ended))


def test_every_format_shows_the_same_periods() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    spent = [period.usd for period in account.periods]
    (shown,) = json.loads(FORMATS["json"](report))["accounts"]
    assert [period["usd"] for period in shown["periods"]] == spent
    assert [float(row["usd"]) for row in _rows(report)] == spent
    for name in READ:
        assert _holds(FORMATS[name](report), (formatting.dollars(s, 2) for s in spent))


def test_every_format_shows_the_same_reconciliation() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    lines = json.loads(FORMATS["json"](report))["accounts"][0]["reconciliation"]
    assert _metrics(report, "usage_tracker_statement_usd") == [usd(u) for u in lines.values()]
    for name in READ:
        assert _holds(FORMATS[name](report), map(formatting.count, lines.values()))
    assert _adds_up(account)


def test_the_unknown_spend_of_a_lone_snapshot_is_never_zero() -> None:
    report = sample.lone_snapshot()
    for name in (*READ, "notebook"):
        shown = _text(name, report)
        assert "$20.00" in shown
        assert "$0.00" not in shown.partition("<footer>")[0]
        assert "Spend by day" not in shown


def test_every_format_shows_the_same_depletion() -> None:
    report = sample.lived_in()
    depletion = report.accounts[0].depletion
    ends = [depletion.low, depletion.median, depletion.high]
    shown = json.loads(FORMATS["json"](report))["accounts"][0]["depletion"]
    assert [shown["low"], shown["median"], shown["high"]] == [
        json_format.encode(end) for end in ends
    ]
    stamps = _metrics(report, "usage_tracker_depletion_timestamp_seconds")
    assert all(
        end and math.isclose(end.timestamp(), stamp)
        for end, stamp in zip(ends, stamps, strict=False)
    )
    calendar = Calendar.of(report)
    for name in READ:
        text = " ".join(FORMATS[name](report).split())
        assert all(calendar.day(end) in text for end in ends)


def test_the_image_shows_the_same_balance_and_depletion() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    assert account.balance is not None
    assert account.depletion.median is not None
    picture = mpl.picture(mpl.plot(report), "svg").decode()
    assert formatting.dollars(account.balance.usd) in picture
    assert Calendar.of(report).day(account.depletion.median) in picture


def test_a_warning_about_the_forecast_is_shown() -> None:
    for name in READ:
        assert sample.TRUST in " ".join(FORMATS[name](sample.stale()).replace("\x1b[", " ").split())


def _text(name: str, report: Report) -> str:
    return notebook.html(report) if name == "notebook" else FORMATS[name](report)


def _rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_format.render(report))))


def _metrics(report: Report, name: str) -> list[float]:
    families = text_string_to_metric_families(openmetrics.render(report))  # type: ignore[no-untyped-call]
    return [s.value for family in families for s in family.samples if s.name == name]


def _holds(text: str, figures: Iterable[str]) -> bool:
    return all(figure in text for figure in figures)


def _adds_up(account: AccountReport) -> bool:
    r = account.reconciliation
    parts = (r.opening, r.top_ups, r.refunds, r.adjustments, r.in_flight)
    return sum(part or 0 for part in parts) - (r.spend or 0) == r.closing
