import datetime as dt
from dataclasses import replace

import pytest

from tests.monitoring.sample import AS_OF, account, projected, report
from usage_tracker.config.thresholds import Thresholds
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.monitoring.rules import Finding, Measure, Rule, evaluate, stale_after
from usage_tracker.reporting import AccountReport, ReportedEvent
from usage_tracker.store.alerts import Level
from usage_tracker.times import DAY, HOUR, MINUTE

OK, WARNING, CRITICAL, UNKNOWN = Level
DEFAULT = Thresholds()


def find(rule: Rule, subject: AccountReport, thresholds: Thresholds = DEFAULT) -> Finding | None:
    found = evaluate(report(subject), subject, thresholds, HOUR)
    return next((finding for finding in found if finding.rule == rule), None)


def levels(rule: Rule, subject: AccountReport, thresholds: Thresholds = DEFAULT) -> tuple[int, int]:
    finding = find(rule, subject, thresholds)
    assert finding is not None
    return finding.level, finding.hold


@pytest.mark.parametrize(
    ("low", "level", "hold"),
    [
        (30.0, OK, OK),
        (14.1, OK, OK),
        (13.9, OK, WARNING),
        (7.1, OK, WARNING),
        (6.9, WARNING, WARNING),
        (4.1, WARNING, WARNING),
        (3.9, WARNING, CRITICAL),
        (1.9, CRITICAL, CRITICAL),
        (-1.0, CRITICAL, CRITICAL),
    ],
)
def test_days_are_counted_to_the_early_end_and_must_double_to_improve(
    low: float, level: Level, hold: Level
) -> None:
    assert levels("days", account(depletion=projected(low, low + 20))) == (level, hold)


def test_a_forecast_must_last_before_it_counts() -> None:
    finding = find("days", account(depletion=projected(6.0, 9.0)))
    assert finding is not None
    assert (finding.worsens_after, finding.improves_after) == (3 * HOUR, DAY)


def test_added_credit_counts_at_once() -> None:
    subject = account(depletion=projected(8.0, 9.0))
    for hours, hold, delay in ((23, OK, 0), (25, WARNING, DAY)):
        at = AS_OF - dt.timedelta(hours=hours)
        event = ReportedEvent("top_up", at - dt.timedelta(hours=1), at, 1, 1.0, confirmed=False)
        finding = find("days", replace(subject, events=(event,)))
        assert finding is not None
        assert (finding.hold, finding.improves_after) == (hold, delay)


def test_depleted_credit_counts_at_once() -> None:
    finding = find("days", account(depletion=Depletion("depleted", "nothing is left")))
    assert finding is not None
    assert finding.worsens_after == 0


def test_days_without_an_interval_are_counted_to_the_median() -> None:
    assert levels("days", account(depletion=projected(None, 6.0))) == (WARNING, WARNING)


def test_days_show_the_early_end_and_even_odds() -> None:
    finding = find("days", account(depletion=projected(6.4, 9.75)))
    assert finding is not None
    assert finding.text == "10% risk within 6.4 days without further credit (even odds: 9.8)"
    assert finding.measure.value == 6.4
    assert (finding.measure.warning, finding.measure.critical) == ("7:", "2:")


@pytest.mark.parametrize(
    ("state", "level"),
    [("depleted", CRITICAL), ("idle", OK), ("beyond_horizon", OK), ("insufficient_data", UNKNOWN)],
)
def test_a_forecast_without_dates_has_a_level(state: str, level: Level) -> None:
    depletion = Depletion(state, "because")  # type: ignore[arg-type]
    assert levels("days", account(depletion=depletion)) == (level, level)


def test_a_refilled_account_does_not_warn() -> None:
    refilled = replace(projected(1.0, 2.0), state="refilled", reason="a recharge is expected")
    finding = find("days", account(depletion=refilled))
    assert finding is not None
    assert (finding.level, finding.hold) == (Level.OK, Level.OK)
    assert finding.text.startswith("refilled by itself; 10% risk within 1.0 days")


def test_an_overdue_refill_is_named() -> None:
    finding = find("days", account(depletion=replace(projected(1.0, 2.0), refill="it is overdue")))
    assert finding is not None
    assert finding.level == Level.CRITICAL
    assert finding.text.endswith("; it is overdue")


def test_a_history_of_less_than_a_day_has_no_finding() -> None:
    subject = account(depletion=Depletion("insufficient_data", "because"))
    for hours, level in ((23, None), (25, UNKNOWN)):
        seen = replace(subject.snapshots, first=AS_OF - dt.timedelta(hours=hours))
        finding = find("days", replace(subject, snapshots=seen))
        assert (finding and finding.level) == level


@pytest.mark.parametrize(
    ("usd", "level", "hold"),
    [(22.1, OK, OK), (20.0, OK, WARNING), (19.9, WARNING, WARNING), (5.2, WARNING, CRITICAL)],
)
def test_a_balance_must_improve_by_a_tenth(usd: float, level: Level, hold: Level) -> None:
    thresholds = Thresholds(warning_balance=20, critical_balance=5)
    assert levels("balance", account(usd), thresholds) == (level, hold)


def test_values_below_a_cent_are_shown() -> None:
    thresholds = Thresholds(warning_balance=0.004, monthly_budget=0.03)
    poor = account(0.0043, [0.0001])
    balance, budget = find("balance", poor, thresholds), find("budget", poor, thresholds)
    assert balance is not None
    assert budget is not None
    assert balance.measure == Measure(0.0043, warning="0.004:")
    assert budget.measure == Measure(0.0001, warning="0.024", critical="0.03")


def test_a_balance_of_zero_is_always_critical() -> None:
    used_up = Depletion("depleted", "nothing is left")
    assert levels("balance", account(0.0, depletion=used_up)) == (CRITICAL, CRITICAL)
    assert levels("balance", account(-3.0, depletion=used_up)) == (CRITICAL, CRITICAL)
    assert levels("balance", account(-0.000002)) == (OK, OK)  # others pay for all spend
    assert levels("balance", account(0.01)) == (OK, OK)


@pytest.mark.parametrize(("usd", "level"), [(79.0, OK), (80.0, WARNING), (100.0, CRITICAL)])
def test_a_budget_counts_the_days_of_this_month_in_the_zone_of_the_report(
    usd: float, level: Level
) -> None:
    october, november = [1000.0] * 5, [0.0] * 19 + [usd]
    thresholds = Thresholds(monthly_budget=100)
    assert levels("budget", account(spend=october + november), thresholds) == (level, level)


def test_without_a_budget_there_is_no_finding() -> None:
    assert find("budget", account(spend=[1.0] * 20)) is None


def test_a_month_without_known_spend_is_unknown() -> None:
    unknown = account(spend=[None] * 20)
    assert levels("budget", unknown, Thresholds(monthly_budget=1)) == (UNKNOWN, UNKNOWN)


STEADY = [10.0, 12.0, 9.0, 11.0, 10.0, 8.0, 10.0, 12.0, 9.0, 11.0]


def test_a_day_far_above_the_usual_is_a_spike() -> None:
    assert levels("spike", account(spend=[*STEADY, 23.9])) == (OK, OK)
    assert levels("spike", account(spend=[*STEADY, 30.0])) == (WARNING, WARNING)


def test_an_earlier_outlier_does_not_hide_a_spike() -> None:
    assert levels("spike", account(spend=[500.0, *STEADY, 30.0])) == (WARNING, WARNING)


def test_a_spike_is_over_after_a_whole_day_without_one() -> None:
    assert levels("spike", account(spend=[*STEADY, 30.0, 1.0])) == (OK, WARNING)
    assert levels("spike", account(spend=[*STEADY, 30.0, 11.0, 1.0])) == (OK, OK)


def test_spend_below_the_floor_is_no_spike() -> None:
    assert levels("spike", account(spend=[0.0] * 10 + [4.9])) == (OK, OK)
    assert levels("spike", account(spend=[0.0] * 10 + [5.1])) == (WARNING, WARNING)


def test_a_weekly_pattern_is_no_spike() -> None:
    week = [0.0] * 6 + [20.0]
    assert levels("spike", account(spend=[*week * 4, *week])) == (OK, OK)


def test_a_spike_needs_a_week_of_known_days() -> None:
    assert find("spike", account(spend=[1.0] * 6 + [100.0])) is None
    assert find("spike", account(spend=[None] * 20 + [1.0] * 6 + [100.0])) is None
    assert find("spike", account(spend=[1.0] * 7 + [100.0])) is not None


def test_old_data_are_stale() -> None:
    assert levels("stale", account(age=3600), DEFAULT) == (OK, OK)
    finding = find("stale", account(age=9 * 3600), DEFAULT)
    assert finding is not None
    assert finding.level is CRITICAL
    assert finding.text == "last snapshot 9 h ago: is cron running?"


def test_stale_data_show_why_attempts_fail() -> None:
    subject = account(age=9 * 3600)
    found = evaluate(report(subject), subject, DEFAULT, HOUR, "server_error, HTTP 502")
    assert found[0].text == "last snapshot 9 h ago, attempts fail: server_error, HTTP 502"


def test_an_account_without_a_snapshot_has_one_unknown_finding() -> None:
    empty = account(balance=None, age=None)
    assert [(each.rule, each.level) for each in evaluate(report(empty), empty, DEFAULT, HOUR)] == [
        ("stale", UNKNOWN)
    ]


def newest_first(every: int, count: int) -> list[int]:
    return [DAY - i * every for i in range(count)]


@pytest.mark.parametrize(
    ("every", "max_age"), [(MINUTE, HOUR), (10 * MINUTE, HOUR), (HOUR, 3 * HOUR), (DAY, 3 * DAY)]
)
def test_a_snapshot_is_stale_after_three_usual_intervals_and_an_hour_at_least(
    every: int, max_age: int
) -> None:
    assert stale_after(newest_first(every, 20), None) == max_age


def test_a_night_without_snapshots_does_not_change_the_usual_interval() -> None:
    laptop = [*newest_first(10 * MINUTE, 50), *(-9 * HOUR - i * 10 * MINUTE for i in range(50))]
    assert stale_after(laptop, None) == HOUR


def test_a_configured_maximum_takes_precedence() -> None:
    assert stale_after(newest_first(10 * MINUTE, 20), MINUTE) == MINUTE
    assert stale_after([], MINUTE) == MINUTE


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_first_snapshots_are_stale_after_a_day(count: int) -> None:
    assert stale_after(newest_first(10 * MINUTE, count), None) == DAY
