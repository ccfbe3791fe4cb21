import datetime as dt
from dataclasses import replace

import pytest

from tests.render import sample
from tests.render.account import AS_OF, rate
from usage_tracker import formatting
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render import summary
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import Amount, Reconciliation, ReportedEvent

LIVED_IN = sample.lived_in()
ACCOUNT = LIVED_IN.accounts[0]


def test_the_week_speaks_for_a_day() -> None:
    assert summary.usual_rate(ACCOUNT) == ACCOUNT.rates[2]


def test_without_a_known_week_another_window_speaks_but_never_an_hour() -> None:
    day, hour = rate("24h", 3.0, 1, 1.0), rate("1h", 9.0, 1 / 24, 1.0)
    assert summary.usual_rate(replace(ACCOUNT, rates=(hour, day))) == day
    assert summary.usual_rate(replace(ACCOUNT, rates=(hour,))) is None


def test_the_standing_tells_what_is_left_and_what_a_day_costs() -> None:
    assert summary.standing(ACCOUNT, LIVED_IN) == "$125.48 left, $10.90 a day (last 7 days)."
    young = sample.first_hours().accounts[0]
    assert summary.standing(young, LIVED_IN).endswith(
        "left; it is too early to say what a day costs."
    )
    silent = replace(sample.stale().accounts[0], rates=())
    assert summary.standing(silent, LIVED_IN).endswith(
        "left; what a day cost of late is not known."
    )
    assert summary.standing(sample.overdrawn().accounts[0], LIVED_IN).startswith(
        "Overdrawn by $161.00; spending "
    )
    assert summary.standing(sample.no_snapshots().accounts[0], LIVED_IN) == "No snapshot yet."


def test_the_credit_of_one_account_does_not_pay_the_debt_of_another() -> None:
    owing = replace(ACCOUNT, balance=Amount(-992_500_000, -1_985.0))
    assert summary.pooled([ACCOUNT, ACCOUNT]) == "$250.96 left"
    assert summary.pooled([ACCOUNT, owing]) == "$125.48 left; 1 overdrawn by $1,985"


def test_the_rate_of_a_window_that_has_ended_is_told_with_its_end() -> None:
    ended = replace(LIVED_IN, until=LIVED_IN.as_of - dt.timedelta(days=5))
    day = Calendar.of(ended).day(ended.until)
    assert summary.standing(ACCOUNT, ended).endswith(f"a day (7 days to {day}).")


def test_a_rate_that_is_not_known_of_a_window_that_has_ended_is_none_of_late() -> None:
    ended = replace(LIVED_IN, until=LIVED_IN.as_of - dt.timedelta(days=5))
    for account in (ACCOUNT, sample.first_hours().accounts[0]):
        told = summary.standing(replace(account, rates=()), ended)
        assert told.endswith("left; what a day cost up to Wed 18 Nov is not known.")


def test_spend_is_told_from_the_first_snapshot_on_where_that_is_known() -> None:
    young = sample.first_hours()
    assert summary.told_since(young.accounts[0], young) == young.accounts[0].snapshots.first
    assert summary.told_since(ACCOUNT, LIVED_IN) == ACCOUNT.periods[0].start
    nothing = sample.no_snapshots()
    assert summary.told_since(nothing.accounts[0], nothing) == nothing.since


def test_the_outlook_is_the_forecasts_own_sentence() -> None:
    said = summary.outlook(ACCOUNT.depletion, Calendar.of(LIVED_IN))
    assert said == (
        "80 % chance that it runs out between Tue 1 Dec and Sat 12 Dec; even odds by Sun 6 Dec."
    )


def test_the_foundation_counts_snapshots_and_failures() -> None:
    assert summary.foundation(ACCOUNT, LIVED_IN) == (
        "4,260 snapshots, 99 % of the time known, 7 failed attempts; the last snapshot is 84 s old."
    )
    silent = replace(ACCOUNT, snapshots=replace(ACCOUNT.snapshots, count=0, age_seconds=864_000))
    assert summary.foundation(silent, LIVED_IN) == (
        "No snapshots in this window, 7 failed attempts; the last snapshot is 10 days old."
    )
    empty = sample.no_snapshots().accounts[0]
    assert summary.foundation(empty, LIVED_IN) == "No snapshots in this window, 0 failed attempts."


def test_a_history_younger_than_the_window_is_judged_from_its_first_snapshot_on() -> None:
    report = sample.first_hours()
    (young,) = report.accounts
    assert summary.foundation(young, report).startswith(
        "18 snapshots since Mon 23 Nov 10:15, no gaps, "
    )
    assert young.snapshots.first is not None
    assert young.snapshots.coverage is not None
    middle = young.snapshots.first + dt.timedelta(hours=1)
    gap = ReportedEvent("gap", middle, middle + dt.timedelta(hours=1), None, None, confirmed=True)
    holed = replace(
        young,
        events=(gap,),
        snapshots=replace(young.snapshots, coverage=2 / 3 * 3 / 720),
    )
    assert ", 67 % of that time known, " in summary.foundation(holed, report)
    earlier = replace(holed, events=(replace(gap, after=report.since - dt.timedelta(days=1)),))
    assert ", <1 % of the time known, " in summary.foundation(earlier, report)
    alone = replace(young.snapshots, count=1, last=young.snapshots.first)
    assert summary.foundation(replace(young, snapshots=alone), report).startswith(
        "1 snapshot since Mon 23 Nov 10:15, 0 failed"
    )


def test_the_statement_tells_the_closing_balance_as_finely_as_the_standing_does() -> None:
    debt = Reconciliation(0, 0, 0, 0, 2_500, 0, -2_500)
    owing = replace(ACCOUNT, reconciliation=debt, balance=Amount(-2_500, -0.005))
    places = summary.statement_places(owing)
    assert summary.standing(owing, LIVED_IN).startswith("Overdrawn by $0.0050")
    assert formatting.dollars(-0.005, places) == "-$0.0050"


@pytest.mark.parametrize(
    ("opening", "spend", "places"),
    [
        (1_000_000, 500_000, 2),
        (1_004_001, 502_003, 2),
        (27_741_623, 0, 2),
        (499_999, 0, 4),
        (0, 2_500, 4),
        (0, 0, 2),
        (400, 30, 6),
    ],
)
def test_a_statement_is_in_cents_but_for_a_tiny_account(
    opening: int, spend: int, places: int
) -> None:
    told = Reconciliation(opening, 0, 0, 0, spend, 0, opening - spend)
    assert summary.statement_places(replace(ACCOUNT, reconciliation=told)) == places


def test_a_young_historys_periods_begin_with_it() -> None:
    young = sample.first_hours().accounts[0]
    assert summary.known_periods(young) == young.periods[-1:]
    assert summary.known_periods(ACCOUNT) == ACCOUNT.periods


def test_days_left_are_those_to_even_odds() -> None:
    far = replace(ACCOUNT, depletion=Depletion("beyond_horizon", linear=AS_OF))
    assert summary.days_left(ACCOUNT, AS_OF) == "13"
    assert summary.days_left(far, AS_OF) == ">365"
    assert summary.days_left(sample.overdrawn().accounts[0], AS_OF) == "0.0"
    assert summary.days_left(sample.idle().accounts[0], AS_OF) == "—"


def test_those_that_run_out_first_come_first_and_the_silent_last() -> None:
    fleet = [
        sample.no_snapshots().accounts[0],
        sample.idle().accounts[0],
        *sample.many(3).accounts,
        sample.overdrawn().accounts[0],
    ]
    ranked = [account.account for account in summary.by_days_left(fleet, AS_OF)]
    assert ranked[0] == "overdrawn"
    assert ranked[-2:] == ["idle", "default"]


def test_a_week_is_urgent() -> None:
    soon = replace(ACCOUNT.depletion, low=AS_OF + dt.timedelta(days=6))
    assert not summary.is_urgent(ACCOUNT, AS_OF)
    assert summary.is_urgent(replace(ACCOUNT, depletion=soon), AS_OF)
    assert summary.is_urgent(sample.overdrawn().accounts[0], AS_OF)
