"""Every figure of a report on two days that are written by hand (see `histories.two_days`)."""

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.forecast.samples import START, histories, regular_histories, shifted, steady
from tests.forecast.samples import readings as readings_of
from tests.reporting.histories import MONDAY, two_days
from usage_tracker.analysis.calendar import By, EmptyWindowError
from usage_tracker.history import History
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.ledger.sampling import CHART_POINTS
from usage_tracker.reporting.build import build, view
from usage_tracker.reporting.model import (
    AccountReport,
    Amount,
    Coverage,
    Detail,
    Period,
    Rate,
    Reconciliation,
    Report,
    ReportedEvent,
)
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.times import DAY, HOUR, MINUTE, from_ms, to_ms

UTC = zoneinfo.ZoneInfo("UTC")
TUESDAY, WEDNESDAY = MONDAY + DAY, MONDAY + 2 * DAY
CLOSING = 3_000_000 - 960_000 + 5_000_000 + 100_000


def report(history: History, frame: ReportQuery, details: Detail = Detail.ALL) -> Report:
    return build([view(history, frame)], frame, str(frame.zone), details)


def of_two_days(since: int = MONDAY, until: int = WEDNESDAY, as_of: int = WEDNESDAY) -> Report:
    return report(two_days(), ReportQuery.of(as_of, since, until, "day", UTC))


def one(told: Report) -> AccountReport:
    (account,) = told.accounts
    return account


def at(hours: float) -> dt.datetime:
    return from_ms(MONDAY + round(hours * HOUR))


def test_it_says_what_it_is_about() -> None:
    told = of_two_days()
    assert (told.as_of, told.since, told.until) == (at(48), at(0), at(48))
    assert (told.timezone, told.by) == ("UTC", "day")
    assert (one(told).account, one(told).base_url) == ("default", "https://gateway.example")
    assert one(told).quota_per_unit == 500_000


def test_the_counters_are_those_of_the_last_snapshot() -> None:
    account = one(of_two_days())
    assert account.balance == Amount(CLOSING, 14.28)
    assert account.used == Amount(7_860_000, 15.72)


def test_the_snapshots_are_counted_with_the_last_one() -> None:
    assert one(of_two_days()).snapshots == Coverage(
        count=49, first=at(0), last=at(48), age_seconds=0, failures=1, coverage=1.0, latest=at(48)
    )


def test_a_window_counts_what_lies_in_it() -> None:
    account = one(of_two_days(until=TUESDAY))
    assert account.snapshots == Coverage(
        count=24, first=at(0), last=at(23), age_seconds=0, failures=1, coverage=1.0, latest=at(48)
    )
    assert one(of_two_days(since=TUESDAY)).snapshots.failures == 0


def test_the_age_is_that_of_the_last_snapshot_of_all() -> None:
    seen = one(of_two_days(until=TUESDAY, as_of=WEDNESDAY + 90_000)).snapshots
    assert (seen.age_seconds, seen.latest) == (90, at(48))


def test_the_last_snapshot_is_known_when_the_window_has_none() -> None:
    seen = one(
        of_two_days(WEDNESDAY + 60_000, until=WEDNESDAY + 90_000, as_of=WEDNESDAY + 90_000)
    ).snapshots
    assert (seen.count, seen.last, seen.latest) == (0, None, at(48))


def test_a_window_without_a_snapshot_has_no_statement_at_all() -> None:
    told = one(of_two_days(WEDNESDAY + 60_000, WEDNESDAY + 90_000, WEDNESDAY + 90_000))
    assert set(asdict(told.reconciliation).values()) == {None}


def test_the_window_reconciles_line_by_line() -> None:
    assert one(of_two_days()).reconciliation == Reconciliation(
        opening=3_000_000,
        top_ups=5_000_000,
        refunds=100_000,
        adjustments=0,
        covered=0,
        spend=960_000,
        uncounted=0,
        in_flight=0,
        closing=CLOSING,
    )


def test_every_rate_tells_its_spend_and_its_pace_if_half_of_it_is_known() -> None:
    assert one(of_two_days()).rates == (
        Rate("1h", 40_000, 0.08, 1.92, 1.0),
        Rate("24h", 480_000, 0.96, 0.96, 1.0),
        Rate("7d", 960_000, 1.92, None, 2 / 7),
        Rate("30d", 960_000, 1.92, None, 2 / 30),
    )


def test_rates_speak_of_the_time_before_the_window_s_end() -> None:
    hour, day, *_ = one(of_two_days(until=TUESDAY)).rates
    assert (hour.spend, day.spend) == (20_000, 480_000)


def test_each_period_has_its_spend_credit_requests_and_closing_balance() -> None:
    assert one(of_two_days()).periods == (
        Period(at(0), at(24), 480_000, 0.96, 480_000, 0, 0, 240, 2_520_000, 1.0, estimated=False),
        Period(
            at(24), at(48), 480_000, 0.96, 480_000, 5_000_000, 100_000, 240, CLOSING, 1.0, False
        ),
    )


def test_events_tell_when_how_much_and_what_that_is_worth() -> None:
    assert one(of_two_days()).events == (
        ReportedEvent("top_up", at(33), at(34), 5_000_000, 10.0, confirmed=True),
        ReportedEvent("refund", at(35), at(36), 100_000, 0.2, confirmed=True),
    )


def test_events_of_the_window_alone_are_told() -> None:
    assert one(of_two_days(until=TUESDAY)).events == ()
    (event,) = one(of_two_days(until=MONDAY + 35 * HOUR)).events
    assert event.kind == "top_up"


def test_the_depletion_is_the_forecast_of_the_last_balance() -> None:
    account = one(of_two_days())
    assert account.depletion == two_days().forecast()
    assert account.depletion.state == "projected"
    days_left = CLOSING / (960_000 / 2)
    assert account.depletion.linear == at(48) + dt.timedelta(days=days_left)


def test_a_young_history_is_drawn_as_finely_as_an_old_one() -> None:
    history = History(readings_of(steady(4, every=MINUTE)))
    account = one(report(history, ReportQuery.of(START + 4 * HOUR, None, None, "day", UTC)))
    assert len(account.burn_down) == CHART_POINTS


def test_both_sides_of_a_credit_are_drawn_as_they_were_seen() -> None:
    rows = shifted(steady(24 * 200), 24 * 90 + 0.1, quota=-5_000_000)
    rows = shifted(rows, 24 * 150 + 0.1, quota=20_000_000)
    now = START + 24 * 200 * HOUR
    account = one(
        report(History(readings_of(rows)), ReportQuery.of(now, START, None, "month", UTC))
    )
    seen = {START + t: quota for t, quota, _ in rows}
    shown = {to_ms(point.at): point.quota for point in account.burn_down}
    assert len(account.events) == 2
    for event in account.events:
        for moment in (to_ms(event.after), to_ms(event.at)):
            assert shown[moment] == seen[moment]


def test_the_charts_have_the_burn_down_the_fan_and_the_week() -> None:
    account = one(of_two_days())
    assert [(point.at, point.quota) for point in account.burn_down[:2]] == [
        (at(0), 3_000_000),
        (at(1), 2_980_000),
    ]
    assert account.burn_down[-1].quota == CLOSING
    assert len(account.burn_down) == 49
    assert (account.fan[0].median, account.fan[-1].low) == (CLOSING, 0)
    monday, tuesday, *others = account.heat
    assert monday == (20_000.0,) * 24
    assert tuesday == (0.0,) * 12 + (40_000.0,) * 12
    assert others == [(None,) * 24] * 5


def test_an_overview_has_the_same_figures_without_the_charts() -> None:
    frame = ReportQuery.of(WEDNESDAY, MONDAY, None, "day", UTC)
    full = one(report(two_days(), frame))
    brief = one(report(two_days(), frame, Detail.DEPLETION))
    assert (brief.fan, brief.burn_down, brief.heat, brief.trust) == ((), (), (), None)
    for name in ("balance", "reconciliation", "rates", "periods", "events", "depletion"):
        assert getattr(brief, name) == getattr(full, name)


def test_an_account_without_snapshots_has_nothing_but_unknowns() -> None:
    nothing = SnapshotArrays(*(np.empty(0, np.int64) for _ in range(3)))
    account = one(report(History(nothing), ReportQuery.of(WEDNESDAY, MONDAY, None, "day", UTC)))
    assert (account.balance, account.used, account.events) == (None, None, ())
    assert account.snapshots == Coverage(0, None, None, None, 0, None)
    assert account.reconciliation == Reconciliation(*[None] * 9)
    assert (account.rates, account.periods) == ((), ())
    assert account.depletion.state == "insufficient_data"
    assert account.depletion.probability == ()


def test_before_the_first_snapshot_nothing_was_known() -> None:
    account = one(of_two_days(since=MONDAY - 2 * DAY, until=MONDAY - DAY, as_of=MONDAY - DAY))
    assert account.balance is None
    assert account.depletion.reason == "no snapshot yet"


def test_the_last_thirty_days_are_reported_unless_told_otherwise() -> None:
    frame = ReportQuery.of(WEDNESDAY, None, None, "day", UTC)
    assert (frame.since, frame.until) == (WEDNESDAY - 30 * DAY, WEDNESDAY)


def test_nothing_after_the_moment_of_the_report_is_in_its_window() -> None:
    assert ReportQuery.of(TUESDAY, MONDAY, WEDNESDAY, "day", UTC).until == TUESDAY


@pytest.mark.parametrize("since", [WEDNESDAY, WEDNESDAY + 1])
def test_a_window_that_ends_before_it_begins_is_refused_with_its_ends(since: int) -> None:
    with pytest.raises(EmptyWindowError, match="since must be before until and as_of"):
        ReportQuery.of(WEDNESDAY, since, None, "day", UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-03", 24)]
)
def test_a_day_has_as_many_hours_as_its_clocks_say(day: str, hours: int) -> None:
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    midnight = dt.datetime.fromisoformat(day).replace(tzinfo=berlin)
    rows = steady(80)
    start = to_ms(midnight) - 30 * HOUR - START
    history = History(readings_of([(t + start, q, u) for t, q, u in rows]))
    whole = ReportQuery.of(
        to_ms(midnight) + 50 * HOUR, to_ms(midnight) - 30 * HOUR, None, "day", berlin
    )
    period = next(p for p in one(report(history, whole)).periods if p.start == midnight)
    assert period.end - period.start == dt.timedelta(hours=hours)
    assert period.spend == hours * 60_000


BYS: tuple[By, ...] = ("hour", "day", "week", "month")


@st.composite
def pasts(draw: st.DrawFn) -> tuple[History, ReportQuery]:
    """A history, and a window of it as known at some moment."""
    readings = draw(st.one_of(histories(least=1, most=30), regular_histories()))
    first, last = int(readings.times[0]), int(readings.times[-1])
    as_of = draw(st.integers(first - DAY, last + DAY))
    since = as_of - draw(st.integers(HOUR, 20 * DAY))
    until = draw(st.integers(since + 1, as_of + 1))
    zone = zoneinfo.ZoneInfo(draw(st.sampled_from(("UTC", "America/New_York", "Asia/Taipei"))))
    failed = draw(st.lists(st.integers(first, last), max_size=3))
    frame = ReportQuery.of(as_of, since, until, draw(st.sampled_from(BYS)), zone)
    return History(readings, failures=tuple(sorted(failed))), frame


@settings(max_examples=examples(30), deadline=None)
@given(pasts())
def test_a_report_as_of_the_past_is_the_one_given_then(
    past: tuple[History, ReportQuery],
) -> None:
    history, frame = past
    then = History(
        history.readings.until(frame.as_of),
        failures=tuple(moment for moment in history.failures if moment <= frame.as_of),
    )
    assert report(history, frame) == report(then, frame)


@settings(max_examples=examples(30), deadline=None)
@given(pasts())
def test_the_lines_of_the_statement_are_the_sums_of_the_events_and_periods(
    past: tuple[History, ReportQuery],
) -> None:
    account = one(report(*past))
    statement = account.reconciliation
    if statement.spend is None:
        return
    for line, kind in (("top_ups", "top_up"), ("refunds", "refund"), ("adjustments", "adjustment")):
        assert getattr(statement, line) == sum(_credits(account, kind))
    assert statement.spend == sum(period.spend or 0 for period in account.periods)
    assert statement.closing == account.periods[-1].closing


def _credits(account: AccountReport, kind: str) -> Iterator[int]:
    return (event.quota or 0 for event in account.events if event.kind == kind)
