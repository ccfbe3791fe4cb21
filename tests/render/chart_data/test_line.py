import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from tests.examples import examples
from tests.render import sample
from tests.render.account import AS_OF
from tests.render.anything import reports
from usage_tracker.money import units
from usage_tracker.render.chart_data.line import Line, line
from usage_tracker.reporting.model import AccountReport, BalancePoint, Report, ReportedEvent

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def measured(*balances: float, events: tuple[ReportedEvent, ...] = ()) -> AccountReport:
    """An account with these dollars at noon, one o'clock, two, ..."""
    points = (BalancePoint(NOON + i * HOUR, units(usd)) for i, usd in enumerate(balances))
    (account,) = sample.lived_in().accounts
    return replace(account, burn_down=tuple(points), events=events)


def event(kind: str, after: float, at: float, usd: float | None = None) -> ReportedEvent:
    quota = None if usd is None else units(usd)
    return ReportedEvent(kind, NOON + after * HOUR, NOON + at * HOUR, quota, usd, confirmed=True)


def hours(drawn: Line) -> list[tuple[float, float]]:
    return [((at - NOON.timestamp()) / 3600, round(usd, 6)) for at, usd in drawn.points]


def test_between_two_balances_spend_is_even_and_a_top_up_is_a_step() -> None:
    account = measured(10, 8, 26, events=(event("top_up", 1.4, 1.5, 20.0),))
    assert hours(line(account)) == [(0, 10), (1, 8), (1.5, 7), (1.5, 27), (2, 26)]


def test_a_fall_that_is_no_spend_is_a_step_down() -> None:
    account = measured(10, 4, events=(event("adjustment", 0.2, 0.5, -5.0),))
    assert hours(line(account)) == [(0, 10), (0.5, 9.5), (0.5, 4.5), (1, 4)]


def test_a_top_up_known_only_between_two_rests_is_drawn_where_the_balance_shows_it() -> None:
    account = measured(10, 9, 28, 27, 26, events=(event("top_up", 0.5, 4.0, 20.0),))
    drawn = line(account)
    assert hours(drawn) == [(0, 10), (1, 9), (2, 8), (2, 28), (3, 27), (4, 26)]
    assert drawn.level_after(drawn.steps[0]) == 28


def test_two_credits_at_one_moment_are_one_step() -> None:
    both = (event("top_up", 0.4, 0.5, 20.0), event("refund", 0.4, 0.5, 1.0))
    assert hours(line(measured(10, 29, events=both))) == [(0, 10), (0.5, 9), (0.5, 30), (1, 29)]


def test_a_gap_is_bridged_and_nothing_in_it_is_believed() -> None:
    drawn = line(measured(10, 9, 9, 9, 4, 3, events=(event("gap", 1.0, 4.0),)))
    assert [stretch.bridged for stretch in drawn.stretches] == [False, True, False]
    assert hours(drawn) == [(0, 10), (1, 9), (1, 9), (4, 4), (4, 4), (5, 3)]


def test_without_finer_points_the_line_goes_through_the_opening_and_every_closing() -> None:
    account = replace(sample.lived_in(days=7).accounts[0], burn_down=())
    drawn, unit = line(account), account.quota_per_unit
    known = [account.reconciliation.opening, *(p.closing for p in account.periods)]
    levels = {round(usd * unit) for _, usd in drawn.points}
    assert {quota for quota in known if quota is not None} <= levels


def test_without_finer_points_the_line_begins_with_the_first_snapshot_of_a_young_account() -> None:
    young = replace(sample.first_hours().accounts[0], burn_down=())
    assert young.snapshots.first is not None
    assert line(young).points[0][0] == young.snapshots.first.timestamp()


def test_an_account_known_before_the_window_is_drawn_from_its_beginning() -> None:
    known = replace(sample.lived_in(days=7).accounts[0], burn_down=())
    first = known.periods[0]
    late = replace(known.snapshots, first=first.start + dt.timedelta(hours=9))
    blind = ReportedEvent("gap", first.start, first.start + 9 * HOUR, None, None, confirmed=True)
    unseen = replace(first, coverage=0.1)
    bridged = replace(known, snapshots=late, events=(blind,), periods=(unseen, *known.periods[1:]))
    for account in (known, bridged):
        assert line(account).points[0][0] == first.start.timestamp()


def test_nothing_is_drawn_after_the_last_snapshot() -> None:
    (account,) = sample.stale().accounts
    (_, last) = line(account).points[0], line(account).last
    assert last is not None
    assert last[0] == (AS_OF - dt.timedelta(days=9)).timestamp()


@pytest.mark.parametrize(("balances", "points"), [((), 0), ((5.0,), 1)])
def test_one_balance_is_a_point_and_none_is_nothing(
    balances: tuple[float, ...], points: int
) -> None:
    account = replace(measured(*balances), periods=())
    assert len(line(account).points) == points
    assert (line(account).last is None) == (points == 0)


def test_the_values_within_a_time_start_with_the_one_at_its_start() -> None:
    drawn, noon = line(measured(10, 8, 6)), NOON.timestamp()
    assert drawn.within(noon + 1800, noon + 7200) == [9, 8]
    assert drawn.within(noon - 3600, noon + 1) == [10]
    assert drawn.within(noon + 7201, noon + 9999) == []


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(report=reports())
def test_a_line_never_turns_back_in_time_and_hangs_together(report: Report) -> None:
    for account in report.accounts:
        drawn = line(account)
        times = [at for at, _ in drawn.points]
        assert times == sorted(times)
        pieces = drawn.stretches
        ends = [(a.points[-1], b.points[0]) for a, b in pairwise(pieces)]
        assert all(end == start for end, start in ends)
