import datetime as dt
import zoneinfo

import pytest

from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.describe import sentence
from usage_tracker.forecast.inputs import State

TAIPEI = zoneinfo.ZoneInfo("Asia/Taipei")
# Wed 2 Dec 2026, 14:00 in Taipei.
NOW = dt.datetime(2026, 12, 2, 6, tzinfo=dt.UTC)


def say(
    *hours: float | None,
    level: float = 0.8,
    state: State = "projected",
    reason: str | None = None,
) -> str:
    low, median, high = (None if h is None else NOW + dt.timedelta(hours=h) for h in hours)
    depletion = Depletion(
        state, reason=reason, level=level, low=low, median=median, high=high, as_of=NOW
    )
    text = sentence(depletion, TAIPEI)
    assert "without further credit" in text
    return text.replace(" (without further credit)", "").replace("without further credit; ", "")


def test_days_are_enough_for_a_balance_of_days() -> None:
    assert say(24, 120, 280) == (
        "80 % chance that it runs out between Thu 3 Dec and Mon 14 Dec; even odds by Mon 7 Dec"
    )


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((0.2, 3, 8), "between 14:10 and 22:00 today; even odds by 17:00 today"),
        ((1, 2, 14), "between 15:00 today and 04:00 tomorrow; even odds by 16:00 today"),
        (
            (12, 20, 40),
            "between 02:00 tomorrow and 06:00 on Fri 4 Dec; even odds by 10:00 tomorrow",
        ),
        ((0.01, 0.02, 0.03), "at 14:00 today"),
    ],
)
def test_a_balance_of_hours_is_told_in_hours(hours: tuple[float, ...], expected: str) -> None:
    assert say(*hours) == f"80 % chance that it runs out {expected}"


def test_a_sure_day_is_told_once() -> None:
    assert say(240, 241, 242) == "80 % chance that it runs out on Sat 12 Dec"


def test_the_year_is_told_where_it_is_another() -> None:
    assert say(200, 2000, 4000).endswith(
        "between Thu 10 Dec and Tue 18 May 2027; even odds by Tue 23 Feb 2027"
    )


def test_without_a_late_end_the_early_one_counts() -> None:
    assert say(24, 120, None) == (
        "90 % chance that it lasts past Thu 3 Dec; even odds by Mon 7 Dec"
    )


def test_without_a_median_it_may_last_over_a_year() -> None:
    assert say(2400, None, None, state="beyond_horizon", level=0.95) == (
        "97.5 % chance that it lasts past Fri 12 Mar 2027; even odds that it lasts over a year"
    )


def test_what_lasts_is_said_to_last() -> None:
    text = say(None, None, None, state="beyond_horizon")
    assert text == "90 % chance that it lasts more than a year"


def test_a_stale_forecast_names_its_age() -> None:
    text = say(-50, 40, 60, state="stale", reason="the last snapshot is 4 days old")
    assert text == (
        "80 % chance that it runs out between Mon 30 Nov and Sat 5 Dec; even odds by Fri 4 Dec"
        " (the last snapshot is 4 days old)"
    )


def test_what_lies_behind_ran_out() -> None:
    text = say(-20, -9, -3, state="stale", reason="the last snapshot is 2 days old")
    assert text.startswith(
        "80 % chance that it ran out between 18:00 yesterday and 11:00 today; even odds by 05:00"
    )


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("depleted", "nothing is left", "Used up: nothing is left"),
        (
            "idle",
            "no spend in the last 56 days",
            "Nothing to project: no spend in the last 56 days",
        ),
        (
            "insufficient_data",
            "needs 9 more hours of history",
            "No forecast yet: needs 9 more hours of history",
        ),
    ],
)
def test_a_refusal_says_why(state: State, reason: str, expected: str) -> None:
    assert sentence(Depletion(state, reason), TAIPEI) == expected


@pytest.mark.parametrize(
    ("began", "caveat"),
    [
        (47, "; from 1 day of history: no weekend seen yet)"),
        (48, "; from 2 days of history: no weekend seen yet)"),
        (86, "; from 3 days of history: no whole week seen yet)"),
        (6.9 * 24, "; from 6 days of history: no whole week seen yet)"),
        (7 * 24, ")"),
    ],
)
def test_a_young_history_names_what_it_has_not_shown(began: float, caveat: str) -> None:
    depletion = Depletion(
        "projected",
        low=NOW + dt.timedelta(days=3),
        median=NOW + dt.timedelta(days=5),
        high=NOW + dt.timedelta(days=9),
        as_of=NOW,
        since=NOW - dt.timedelta(hours=began),
        origin=NOW,
    )
    assert (
        sentence(depletion, TAIPEI).removeprefix(
            "80 % chance that it runs out between Sat 5 Dec and Fri 11 Dec; even odds by Mon 7 Dec"
            " (without further credit"
        )
        == caveat
    )


def test_a_stale_forecast_of_a_young_history_names_both() -> None:
    depletion = Depletion(
        "stale",
        "the last snapshot is 2 days old",
        low=NOW,
        as_of=NOW,
        since=NOW - dt.timedelta(days=4),
        origin=NOW - dt.timedelta(days=2),
    )
    assert sentence(depletion, TAIPEI).endswith(
        " (without further credit; the last snapshot is 2 days old;"
        " from 2 days of history: no whole week seen yet)"
    )


def test_a_refill_is_named_first() -> None:
    text = sentence(
        Depletion("refilled", "a recharge is expected", low=NOW, high=NOW, as_of=NOW), TAIPEI
    )
    assert text == "A recharge is expected: 80 % chance that it ran out at 14:00 today"


def test_an_overdue_refill_is_a_remark() -> None:
    text = sentence(Depletion("projected", low=NOW, as_of=NOW, refill="it is overdue"), TAIPEI)
    assert text.endswith("(without further credit; it is overdue)")


def test_moments_are_told_in_the_zone_asked_for() -> None:
    depletion = Depletion(
        "projected",
        low=dt.datetime(2026, 12, 5, 20, tzinfo=dt.UTC),
        median=dt.datetime(2026, 12, 6, 20, tzinfo=dt.UTC),
        high=dt.datetime(2026, 12, 7, 20, tzinfo=dt.UTC),
        as_of=NOW,
    )
    assert "Sun 6 Dec and Tue 8 Dec" in sentence(depletion, TAIPEI)
    assert "Sat 5 Dec and Mon 7 Dec" in sentence(depletion, dt.UTC)
