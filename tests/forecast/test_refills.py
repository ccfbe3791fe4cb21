"""Accounts whose credit comes by itself, simulated for months, hour by hour."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import usage_tracker as ut
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.money import UNITS_PER_USD

Rule = Callable[[int, float], float]
"""The credit in dollars that comes in an hour, by the hour's number and the balance."""

START = pd.Timestamp("2026-08-03", tz="UTC")
HOURS = 24 * 60
RANDOM = np.random.default_rng(5)
AMOUNTS = RANDOM.uniform(0.85, 1.15, HOURS)
LATE = RANDOM.integers(0, 3, HOURS)
BY_HAND = {110, 133, 290, 330, 600, 910, 1000, 1300}


def daily(hour: int, left: float) -> float:
    return 5 - left if hour % 24 == 0 else 0.0


def weekly(hour: int, _left: float) -> float:
    return 16.0 if hour % 168 == 9 else 0.0


def jittered(hour: int, _left: float) -> float:
    return 2.3 * AMOUNTS[hour] if hour % 24 == LATE[hour // 24] else 0.0


def recharge(_hour: int, left: float) -> float:
    return 10.0 if left < 5 else 0.0


def by_hand(hour: int, _left: float) -> float:
    return 20.0 if hour in BY_HAND else 0.0


def history(
    rule: Rule, opening: float = 12.0, until: int = HOURS, end: int = HOURS, days: int = 7
) -> ut.History:
    """Return `end` hours at about $2 a day, on so many `days` of a week.

    Credit stops coming at the hour `until`.
    """
    random = np.random.default_rng(1)
    rows, left, used = [], opening, 0.0
    for hour in range(end):
        left += rule(hour, left) if hour < until else 0.0
        spent = random.uniform(0, 1 / 3) if 8 <= hour % 24 < 20 and hour // 24 % 7 < days else 0.0
        left, used = left - spent, used + spent
        rows.append((START + pd.Timedelta(hours=hour), left, used))
    frame = pd.DataFrame(rows, columns=["captured_at", "quota", "used_quota"])
    for name in ("quota", "used_quota"):
        frame[name] = (frame[name] * UNITS_PER_USD).round().astype("int64")
    return ut.History.from_frame(frame, timezone="UTC")


def states(kept: ut.History, since: int, until: int, step: int = 3) -> list[Depletion]:
    return [kept.forecast(START + pd.Timedelta(hours=h)) for h in range(since, until, step)]


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (daily, "daily refill"),
        (weekly, "weekly refill"),
        (jittered, "daily refill"),
        (recharge, "recharge"),
    ],
)
def test_credit_that_comes_by_itself_is_recognised(rule: Rule, name: str) -> None:
    for known in states(history(rule), 24 * 45, HOURS):
        assert known.state == "refilled"
        assert (known.reason or "").startswith(f"a {name} is expected")
        assert known.median is not None


def test_days_without_spend_require_no_refill() -> None:
    known = states(history(daily, days=5), 24 * 45, HOURS)
    assert not any("overdue" in (each.refill or "") for each in known)
    assert sum(each.state == "refilled" for each in known) > 0.95 * len(known)


def test_irregular_top_ups_are_no_refills() -> None:
    known = states(history(by_hand, opening=60.0), 24 * 5, HOURS)
    assert {each.state for each in known} == {"projected"}
    assert {each.refill for each in known} == {None}


def test_three_top_ups_are_too_few() -> None:
    kept = history(weekly, opening=30.0)
    before, after = states(kept, 168 * 3 + 8, 168 * 3 + 12, 2)
    assert (before.state, after.state) == ("projected", "refilled")


@pytest.mark.parametrize(
    ("rule", "stop", "noticed"),
    [(daily, 24 * 40, 4), (weekly, 24 * 42, 9 + 26), (recharge, 24 * 40, 24 * 7)],
)
def test_a_refill_that_stops_is_overdue_in_time(rule: Rule, stop: int, noticed: int) -> None:
    kept = history(rule, until=stop, end=stop + 24 * 8)
    assert kept.forecast(START + pd.Timedelta(hours=stop - 1)).state == "refilled"
    later = states(kept, stop, stop + 24 * 8, 1)
    first = next(i for i, each in enumerate(later) if each.state != "refilled")
    assert first <= noticed
    assert (later[first].refill or "").endswith("is overdue")
    assert kept.readings.quota[stop + first] > 0
    assert all(each.state != "refilled" for each in later[first:])


def test_an_allowance_below_the_spend_is_too_small() -> None:
    def small(hour: int, _left: float) -> float:
        return 1.2 if hour % 24 == 0 else 0.0

    known = history(small, opening=80.0).forecast()
    assert (known.state, known.refill) == ("projected", "the daily refill is too small")


def test_a_refill_that_comes_after_the_end_is_too_small() -> None:
    def scarce(hour: int, left: float) -> float:
        return 13.0 - left if hour % 168 == 9 else 0.0

    known = history(scarce, opening=13.0).forecast(START + pd.Timedelta(hours=168 * 7 + 120))
    assert known.refill == "the weekly refill is too small"


def test_what_is_known_later_does_not_matter() -> None:
    moment = START + pd.Timedelta(hours=24 * 30 + 5)
    early = history(daily, end=24 * 30 + 6).forecast()
    assert history(daily).forecast(moment) == early
    assert early.state == "refilled"


def test_a_report_says_the_same() -> None:
    kept = history(daily)
    known, reported = kept.forecast(), ut.report(kept).accounts[0].depletion
    assert (reported.state, reported.reason) == ("refilled", known.reason)
    assert reported.median == known.median


def test_a_backtest_says_where_credit_came_in_between() -> None:
    assert "credit came in between" in history(daily).backtest().verdict
    assert "credit came in between" not in history(daily, opening=200.0, until=0).backtest().verdict
