import datetime as dt
from dataclasses import replace

import pytest

from tests.monitoring.sample import AS_OF, account, projected, report
from usage_tracker.config.thresholds import Thresholds
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.monitoring.findings import Finding, Level, Measure, Rule
from usage_tracker.monitoring.rules import evaluate
from usage_tracker.reporting import AccountReport, ReportedEvent
from usage_tracker.times import DAY, HOUR

OK, WARNING, CRITICAL, UNKNOWN = Level
STANDARD = Thresholds()


def find(rule: Rule, subject: AccountReport, limits: Thresholds = STANDARD) -> Finding | None:
    found = evaluate(report(subject), subject, limits, HOUR)
    return next((finding for finding in found if finding.rule == rule), None)


def levels(rule: Rule, subject: AccountReport, limits: Thresholds = STANDARD) -> tuple[int, int]:
    finding = find(rule, subject, limits)
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
def test_days_are_judged_at_the_early_end_and_must_double_to_improve(
    low: float, level: Level, hold: Level
) -> None:
    assert levels("days", account(depletion=projected(low, low + 20))) == (level, hold)


def test_a_prediction_must_last_before_it_counts() -> None:
    finding = find("days", account(depletion=projected(6.0, 9.0)))
    assert finding is not None
    assert (finding.worsens_after, finding.improves_after) == (3 * HOUR, DAY)


def test_credit_is_no_prediction_and_counts_at_once() -> None:
    subject = account(depletion=projected(8.0, 9.0))
    for hours, hold, patience in ((23, OK, 0), (25, WARNING, DAY)):
        at = AS_OF - dt.timedelta(hours=hours)
        event = ReportedEvent("top_up", at - dt.timedelta(hours=1), at, 1, 1.0, confirmed=False)
        finding = find("days", replace(subject, events=(event,)))
        assert finding is not None
        assert (finding.hold, finding.improves_after) == (hold, patience)


def test_a_credit_that_has_run_out_is_no_prediction_either() -> None:
    finding = find("days", account(depletion=Depletion("depleted", "nothing is left")))
    assert finding is not None
    assert finding.worsens_after == 0


def test_days_without_an_interval_are_counted_to_the_best_guess() -> None:
    assert levels("days", account(depletion=projected(None, 6.0))) == (WARNING, WARNING)


def test_days_tell_the_early_end_and_even_odds() -> None:
    finding = find("days", account(depletion=projected(6.4, 9.75)))
    assert finding is not None
    assert finding.text == "10 % risk within 6.4 days (even odds: 9.8)"
    assert finding.measure.value == 6.4
    assert (finding.measure.warning, finding.measure.critical) == ("7:", "2:")


@pytest.mark.parametrize(
    ("state", "level"),
    [("depleted", CRITICAL), ("idle", OK), ("beyond_horizon", OK), ("insufficient_data", UNKNOWN)],
)
def test_what_cannot_be_counted_in_days_has_a_level_too(state: str, level: Level) -> None:
    ahead = Depletion(state, "because")  # type: ignore[arg-type]
    assert levels("days", account(depletion=ahead)) == (level, level)


def test_a_history_of_less_than_a_day_has_no_forecast_and_is_no_reason_to_worry() -> None:
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
    limits = Thresholds(warning_balance=20, critical_balance=5)
    assert levels("balance", account(usd), limits) == (level, hold)


def test_figures_tell_less_than_a_cent() -> None:
    limits = Thresholds(warning_balance=0.004, monthly_budget=0.03)
    poor = account(0.0043, [0.0001])
    balance, budget = find("balance", poor, limits), find("budget", poor, limits)
    assert balance is not None
    assert budget is not None
    assert balance.measure == Measure(0.0043, warning="0.004:")
    assert budget.measure == Measure(0.0001, warning="0.024", critical="0.03")


def test_a_balance_of_nothing_is_critical_whatever_is_set() -> None:
    assert levels("balance", account(0.0)) == (CRITICAL, CRITICAL)
    assert levels("balance", account(-3.0)) == (CRITICAL, CRITICAL)
    assert levels("balance", account(0.01)) == (OK, OK)


@pytest.mark.parametrize(("usd", "level"), [(79.0, OK), (80.0, WARNING), (100.0, CRITICAL)])
def test_a_budget_counts_the_days_of_this_month_in_the_zone_of_the_report(
    usd: float, level: Level
) -> None:
    october, november = [1000.0] * 5, [0.0] * 19 + [usd]
    limits = Thresholds(monthly_budget=100)
    assert levels("budget", account(spend=october + november), limits) == (level, level)


def test_no_budget_is_watched_unless_one_is_set() -> None:
    assert find("budget", account(spend=[1.0] * 20)) is None


def test_a_month_of_which_nothing_is_known_is_unknown() -> None:
    unknown = account(spend=[None] * 20)
    assert levels("budget", unknown, Thresholds(monthly_budget=1)) == (UNKNOWN, UNKNOWN)


STEADY = [10.0, 12.0, 9.0, 11.0, 10.0, 8.0, 10.0, 12.0, 9.0, 11.0]


def test_a_day_far_above_the_usual_is_a_spike() -> None:
    assert levels("spike", account(spend=[*STEADY, 23.9])) == (OK, OK)
    assert levels("spike", account(spend=[*STEADY, 30.0])) == (WARNING, WARNING)


def test_one_odd_day_before_does_not_hide_a_spike() -> None:
    assert levels("spike", account(spend=[500.0, *STEADY, 30.0])) == (WARNING, WARNING)


def test_a_spike_is_over_after_a_whole_day_without_one() -> None:
    assert levels("spike", account(spend=[*STEADY, 30.0, 1.0])) == (OK, WARNING)
    assert levels("spike", account(spend=[*STEADY, 30.0, 11.0, 1.0])) == (OK, OK)


def test_small_change_is_no_spike() -> None:
    assert levels("spike", account(spend=[0.0] * 10 + [4.9])) == (OK, OK)
    assert levels("spike", account(spend=[0.0] * 10 + [5.1])) == (WARNING, WARNING)


def test_a_weekly_habit_is_no_spike() -> None:
    week = [0.0] * 6 + [20.0]
    assert levels("spike", account(spend=[*week * 4, *week])) == (OK, OK)


def test_a_week_must_be_known_before_anything_is_unusual() -> None:
    assert find("spike", account(spend=[1.0] * 6 + [100.0])) is None
    assert find("spike", account(spend=[None] * 20 + [1.0] * 6 + [100.0])) is None
    assert find("spike", account(spend=[1.0] * 7 + [100.0])) is not None


def test_old_data_are_stale() -> None:
    assert levels("stale", account(age=3600), STANDARD) == (OK, OK)
    finding = find("stale", account(age=9 * 3600), STANDARD)
    assert finding is not None
    assert finding.level is CRITICAL
    assert finding.text == "last snapshot 9 h ago: is cron running?"


def test_stale_data_tell_why_attempts_fail() -> None:
    subject = account(age=9 * 3600)
    found = evaluate(report(subject), subject, STANDARD, HOUR, "server_error, HTTP 502")
    assert found[0].text == "last snapshot 9 h ago, attempts fail: server_error, HTTP 502"


def test_an_account_without_a_snapshot_is_unknown_and_nothing_else() -> None:
    empty = account(balance=None, age=None)
    assert [(each.rule, each.level) for each in evaluate(report(empty), empty, STANDARD, HOUR)] == [
        ("stale", UNKNOWN)
    ]
