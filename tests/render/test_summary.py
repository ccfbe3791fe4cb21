import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from tests.render import sample
from tests.render.account import AS_OF, rate
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render import summary
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import AccountReport, Amount, Reconciliation, ReportedEvent

Changes = dict[str, Any]

LIVED_IN = sample.lived_in()
ACCOUNT = LIVED_IN.accounts[0]


def test_the_daily_rate_is_that_of_the_week() -> None:
    assert summary.daily_rate(ACCOUNT) == ACCOUNT.rates[2]


def test_without_a_known_week_the_daily_rate_is_of_another_window_but_never_an_hour() -> None:
    day, hour = rate("24h", 3.0, 1, 1.0), rate("1h", 9.0, 1 / 24, 1.0)
    assert summary.daily_rate(replace(ACCOUNT, rates=(hour, day))) == day
    assert summary.daily_rate(replace(ACCOUNT, rates=(hour,))) is None


def test_the_balance_sentence_has_the_balance_and_the_daily_spend() -> None:
    assert (
        summary.balance_sentence(ACCOUNT, LIVED_IN) == "$125.48 left, $10.90 a day (last 7 days)."
    )
    young = sample.first_hours().accounts[0]
    assert summary.balance_sentence(young, LIVED_IN).endswith(
        "left; too little history for a daily spend."
    )
    silent = replace(sample.stale().accounts[0], rates=())
    assert summary.balance_sentence(silent, LIVED_IN).endswith(
        "left; the recent daily spend is unknown."
    )
    assert summary.balance_sentence(sample.overdrawn().accounts[0], LIVED_IN).startswith(
        "Overdrawn by $161.00; spending "
    )
    assert (
        summary.balance_sentence(sample.no_snapshots().accounts[0], LIVED_IN) == "No snapshot yet."
    )


def test_the_credit_of_one_account_does_not_pay_the_debt_of_another() -> None:
    owing = replace(ACCOUNT, balance=Amount(-992_500_000, -1_985.0))
    assert summary.total_balance([ACCOUNT, ACCOUNT]) == "$250.96 left"
    assert summary.total_balance([ACCOUNT, owing]) == "$125.48 left; 1 overdrawn by $1,985"


def test_the_rate_of_a_window_that_has_ended_is_given_with_its_end() -> None:
    ended = replace(LIVED_IN, until=LIVED_IN.as_of - dt.timedelta(days=5))
    day = Calendar.of(ended).day(ended.until)
    assert summary.balance_sentence(ACCOUNT, ended).endswith(f"a day (7 days to {day}).")


def test_an_unknown_rate_of_a_window_that_has_ended_is_named_with_its_end() -> None:
    ended = replace(LIVED_IN, until=LIVED_IN.as_of - dt.timedelta(days=5))
    for account in (ACCOUNT, sample.first_hours().accounts[0]):
        sentence = summary.balance_sentence(replace(account, rates=()), ended)
        assert sentence.endswith("left; the daily spend up to Wed 18 Nov is unknown.")


def test_the_known_spend_starts_at_the_first_snapshot_if_the_window_has_it() -> None:
    young = sample.first_hours()
    assert summary.spend_start(young.accounts[0], young) == young.accounts[0].snapshots.first
    assert summary.spend_start(ACCOUNT, LIVED_IN) == ACCOUNT.periods[0].start
    nothing = sample.no_snapshots()
    assert summary.spend_start(nothing.accounts[0], nothing) == nothing.since


def test_the_depletion_sentence_is_the_forecasts_own() -> None:
    said = summary.depletion_sentence(ACCOUNT.depletion, Calendar.of(LIVED_IN))
    assert said == (
        "80 % chance that it runs out between Tue 1 Dec and Sat 12 Dec; even odds by Sun 6 Dec"
        " (without further credit)."
    )


def test_snapshots_and_failures_are_counted() -> None:
    assert summary.snapshots_sentence(ACCOUNT, LIVED_IN) == (
        "4,260 snapshots, 99 % of the time known, 7 failed attempts; the last snapshot is 84 s old."
    )
    silent = replace(ACCOUNT, snapshots=replace(ACCOUNT.snapshots, count=0, age_seconds=864_000))
    assert summary.snapshots_sentence(silent, LIVED_IN) == (
        "No snapshots in this window, 7 failed attempts; the last snapshot is 10 days old."
    )
    empty = sample.no_snapshots().accounts[0]
    assert (
        summary.snapshots_sentence(empty, LIVED_IN)
        == "No snapshots in this window, 0 failed attempts."
    )


def test_the_coverage_of_a_young_history_is_that_since_its_first_snapshot() -> None:
    report = sample.first_hours()
    (young,) = report.accounts
    assert summary.snapshots_sentence(young, report).startswith(
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
    assert ", 67 % of that time known, " in summary.snapshots_sentence(holed, report)
    earlier = replace(holed, events=(replace(gap, after=report.since - dt.timedelta(days=1)),))
    assert ", <1 % of the time known, " in summary.snapshots_sentence(earlier, report)
    alone = replace(young.snapshots, count=1, last=young.snapshots.first)
    assert summary.snapshots_sentence(replace(young, snapshots=alone), report).startswith(
        "1 snapshot since Mon 23 Nov 10:15, 0 failed"
    )


def test_the_statement_shows_the_closing_balance_with_the_decimals_of_the_sentence() -> None:
    debt = Reconciliation(0, 0, 0, 0, 0, 2_500, 0, 0, -2_500)
    owing = replace(ACCOUNT, reconciliation=debt, balance=Amount(-2_500, -0.005))
    assert summary.balance_sentence(owing, LIVED_IN).startswith("Overdrawn by $0.0050")
    assert summary.statement(owing)[-1] == ("=", "closing balance", "-$0.0050", -2_500)


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
    lines = Reconciliation(opening, 0, 0, 0, 0, spend, 0, 0, opening - spend)
    shown = summary.statement(replace(ACCOUNT, reconciliation=lines))
    assert {len(dollars.partition(".")[2]) for *_, dollars, _ in shown} == {places}


def test_a_young_historys_periods_begin_with_it() -> None:
    young = sample.first_hours().accounts[0]
    assert summary.known_periods(young) == [young.periods[-1]]
    assert summary.known_periods(ACCOUNT) == [*ACCOUNT.periods]


def test_days_left_are_those_to_even_odds() -> None:
    far = replace(ACCOUNT, depletion=Depletion("beyond_horizon", linear=AS_OF))
    assert summary.days_left(ACCOUNT, AS_OF) == "13"
    assert summary.days_left(far, AS_OF) == ">365"
    assert summary.days_left(sample.overdrawn().accounts[0], AS_OF) == "0.0"
    assert summary.days_left(sample.idle().accounts[0], AS_OF) == "—"


def test_accounts_that_run_out_first_come_first_and_those_without_snapshots_last() -> None:
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


def _accounts(**changes: Changes) -> list[AccountReport]:
    one = replace(ACCOUNT, balance=Amount(5_000_000, 10.0))
    return [replace(one, account=name, **change) for name, change in changes.items()]


def test_one_user_under_several_names_counts_once_by_the_newest_snapshot() -> None:
    old, new, other = _accounts(old={"same_user": ("new",)}, new={"same_user": ("old",)}, other={})
    earlier = replace(old.snapshots, latest=AS_OF - dt.timedelta(days=9))
    old = replace(old, balance=Amount(1, 7.0), snapshots=earlier)
    assert summary.counted([old, new, other]) == [new, other]
    assert summary.total_balance([old, new, other]) == "$20.00 left"
    assert summary.sum_notes([old, new, other]) == "new and old are the same user: counted once."


def test_retired_accounts_are_last_and_not_counted() -> None:
    gone, here, away = _accounts(
        gone={"retired": True, "same_user": ("here",)}, here={"same_user": ("gone",)}, away={}
    )
    every = [gone, here, away]
    assert summary.total_balance(every) == "$20.00 left"
    assert summary.sum_notes(every) == "gone is not configured: not counted."
    assert summary.by_days_left(every, AS_OF)[-1] == gone


def test_many_names_are_abridged() -> None:
    many = _accounts(**{f"a{i}": {"retired": True} for i in range(7)})
    assert summary.sum_notes(many) == "a0, a1, a2 and 4 more are not configured: not counted."
    assert summary.sum_notes(_accounts(a={}, b={})) == ""
