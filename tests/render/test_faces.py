"""What must hold of all faces at once."""

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
from usage_tracker.render import csv as csv_face
from usage_tracker.render import html, markdown, mpl, notebook, openmetrics
from usage_tracker.render import json as json_face
from usage_tracker.render.dates import Calendar
from usage_tracker.render.terminal import render as terminal
from usage_tracker.reporting.model import AccountReport, Report

SAMPLES = sample.everything()
FACES: dict[str, Callable[[Report], str]] = {
    "json": json_face.render,
    "csv": csv_face.render,
    "markdown": markdown.render,
    "openmetrics": openmetrics.render,
    "terminal": lambda report: terminal(report, width=100, color=True, unicode=True),
    "html": html.render,
}
READ = ("markdown", "terminal", "html")
"""The faces that tell figures in words."""


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports())
def test_no_report_is_too_odd_for_any_face(report: Report) -> None:
    for face in FACES.values():
        face(report).encode()


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_face_ends_in_a_line_break_and_has_no_control_character_but_colours(
    face: str, name: str
) -> None:
    text = FACES[face](SAMPLES[name])
    colourless = text.replace("\x1b[", "") if face == "terminal" else text
    raw = () if face == "openmetrics" else colourless.split("\n")
    assert text.endswith("\n")
    assert all(line.isprintable() for line in raw)


@pytest.mark.parametrize("report", [sample.lived_in(), sample.overdrawn(), sample.huge()])
def test_every_face_tells_the_same_balance(report: Report) -> None:
    (account,) = report.accounts
    assert account.balance is not None
    worth = account.balance.usd
    (told,) = json.loads(FACES["json"](report))["accounts"]
    assert told["balance"] == {"quota": account.balance.quota, "usd": worth}
    assert int(_rows(report)[-1]["closing"]) == account.balance.quota
    assert _metrics(report, "usage_tracker_balance_usd") == [worth]
    for face in READ:
        assert formatting.dollars(abs(worth)) in FACES[face](report)
        assert formatting.count(account.balance.quota) in FACES[face](report)


def test_every_face_tells_the_same_rates() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    a_day = [rate.usd_per_day for rate in account.rates]
    (told,) = json.loads(FACES["json"](report))["accounts"]
    assert [rate["usd_per_day"] for rate in told["rates"]] == a_day
    assert _metrics(report, "usage_tracker_spend_usd_per_day") == a_day
    for face in READ:
        assert _holds(FACES[face](report), map(formatting.dollars, a_day))


def test_rates_of_a_window_that_has_ended_are_never_called_the_last() -> None:
    now = sample.lived_in()
    ended = replace(now, until=now.as_of - dt.timedelta(days=5))
    for face in (*READ, "notebook"):
        assert _told(face, now).count("To Wed 18 Nov") == 0
        assert "To Wed 18 Nov" in _told(face, ended)
        assert not re.search(r"\blast (hour|24 hours|7 days|30 days)|\bLast\b", _told(face, ended))


def test_every_face_tells_the_same_periods() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    spent = [period.usd for period in account.periods]
    (told,) = json.loads(FACES["json"](report))["accounts"]
    assert [period["usd"] for period in told["periods"]] == spent
    assert [float(row["usd"]) for row in _rows(report)] == spent
    for face in READ:
        assert _holds(FACES[face](report), (formatting.dollars(s, 2) for s in spent))


def test_every_face_tells_the_same_reconciliation() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    lines = json.loads(FACES["json"](report))["accounts"][0]["reconciliation"]
    assert _metrics(report, "usage_tracker_statement_usd") == [usd(u) for u in lines.values()]
    for face in READ:
        assert _holds(FACES[face](report), map(formatting.count, lines.values()))
    assert _adds_up(account)


def test_what_a_lone_snapshot_does_not_tell_is_nowhere_told_as_nothing() -> None:
    report = sample.lone_snapshot()
    for face in (*READ, "notebook"):
        told = _told(face, report)
        assert "$20.00" in told
        assert "$0.00" not in told.partition("<footer>")[0]
        assert "Spend by day" not in told


def test_every_face_tells_the_same_end() -> None:
    report = sample.lived_in()
    depletion = report.accounts[0].depletion
    ends = [depletion.low, depletion.median, depletion.high]
    told = json.loads(FACES["json"](report))["accounts"][0]["depletion"]
    assert [told["low"], told["median"], told["high"]] == [json_face.moment(end) for end in ends]
    stamps = _metrics(report, "usage_tracker_depletion_timestamp_seconds")
    assert all(
        end and math.isclose(end.timestamp(), stamp)
        for end, stamp in zip(ends, stamps, strict=False)
    )
    calendar = Calendar.of(report)
    for face in READ:
        text = " ".join(FACES[face](report).split())
        assert all(calendar.day(end) in text for end in ends)


def test_the_picture_tells_the_same_balance_and_end() -> None:
    report = sample.lived_in()
    (account,) = report.accounts
    assert account.balance is not None
    assert account.depletion.median is not None
    picture = mpl.picture(mpl.plot(report), "svg").decode()
    assert formatting.dollars(account.balance.usd) in picture
    assert Calendar.of(report).day(account.depletion.median) in picture


def test_a_warning_about_the_forecast_is_told() -> None:
    for face in READ:
        assert sample.TRUST in " ".join(FACES[face](sample.stale()).replace("\x1b[", " ").split())


def _told(face: str, report: Report) -> str:
    return notebook.html(report) if face == "notebook" else FACES[face](report)


def _rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_face.render(report))))


def _metrics(report: Report, name: str) -> list[float]:
    families = text_string_to_metric_families(openmetrics.render(report))  # type: ignore[no-untyped-call]
    return [s.value for family in families for s in family.samples if s.name == name]


def _holds(text: str, figures: Iterable[str]) -> bool:
    return all(figure in text for figure in figures)


def _adds_up(account: AccountReport) -> bool:
    r = account.reconciliation
    parts = (r.opening, r.top_ups, r.refunds, r.adjustments, r.in_flight)
    return sum(part or 0 for part in parts) - (r.spend or 0) == r.closing
