import datetime as dt
from dataclasses import replace

import pytest

from tests.render import sample
from tests.render.account import AS_OF, TAIPEI
from usage_tracker import formatting
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.inputs import State
from usage_tracker.render.chart_data import captions
from usage_tracker.render.dates import Calendar

CALENDAR = Calendar(TAIPEI, AS_OF)
DAYS = dt.timedelta(days=1)


def projected(low: float | None, median: float | None, high: float | None) -> Depletion:
    early, middle, late = (
        None if days is None else AS_OF + days * DAYS for days in (low, median, high)
    )
    return Depletion("projected", low=early, median=middle, high=late)


def test_an_end_is_shown_by_its_day_and_its_interval_by_two() -> None:
    depletion = projected(10, 14, 21)
    assert captions.runs_out(depletion, CALENDAR) == "runs out about Mon 7 Dec"
    assert captions.interval(depletion, CALENDAR) == "80 %: Thu 3 Dec to Mon 14 Dec"


def test_an_interval_within_a_day_is_that_day() -> None:
    assert captions.interval(projected(0.1, 0.2, 0.3), CALENDAR) == "80 %: Mon 23 Nov"


def test_an_interval_without_an_end_shows_the_chance_of_its_beginning() -> None:
    assert captions.interval(projected(10, 14, None), CALENDAR) == "10 % chance before Thu 3 Dec"
    assert captions.interval(projected(None, None, None), CALENDAR) == ""


def test_an_end_that_has_passed_is_not_shown_as_one_to_come() -> None:
    assert captions.runs_out(projected(-3, -1, 2), CALENDAR) == "may have run out already"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("depleted", "used up"),
        ("idle", "nothing is being spent"),
        ("insufficient_data", "too early to tell"),
        ("beyond_horizon", "lasts over a year"),
        ("stale", "not known"),
    ],
)
def test_why_there_is_no_day_is_said_in_few_words(state: State, text: str) -> None:
    assert captions.runs_out(Depletion(state), CALENDAR) == text


def test_a_debt_is_not_called_left() -> None:
    (account,) = sample.overdrawn().accounts
    assert account.balance is not None
    worth = formatting.dollars(-account.balance.usd)
    assert captions.summaries(account, CALENDAR) == [f"overdrawn by {worth}"]


def test_what_is_beyond_the_picture_is_shown_by_its_day() -> None:
    far = (AS_OF + 65 * DAYS).timestamp()
    assert captions.beyond(far, CALENDAR) == "› 27 Jan 2027"  # noqa: RUF001


def test_summaries_get_shorter() -> None:
    (account,) = sample.lived_in().accounts
    texts = captions.summaries(account, CALENDAR)
    assert texts[0] == (
        "$125.48 left  ·  runs out about Sun 6 Dec  ·  80 %: Tue 1 Dec to Sat 12 Dec"
    )
    assert texts[-1] == "$125.48 left"
    assert [len(text) for text in texts] == sorted(map(len, texts), reverse=True)
    assert captions.summaries(replace(account, balance=None), CALENDAR) == ["no snapshot yet"]


def test_short_summaries_too_say_that_an_end_may_have_passed() -> None:
    (account,) = sample.stale().accounts
    passed = replace(account, depletion=projected(-6, -4, -2))
    for text in captions.summaries(passed, CALENDAR):
        assert "may have run out" in text


def test_the_hours_of_the_week_are_shown_with_the_weeks_that_they_cover() -> None:
    (account,) = sample.lived_in().accounts
    assert captions.weeks(account, CALENDAR) == "8 weeks to Mon 23 Nov"
    (cron_died,) = sample.stale().accounts
    assert captions.weeks(cron_died, CALENDAR) == "8 weeks to Sat 14 Nov"


def test_a_history_younger_than_these_weeks_is_shown_from_its_first_day() -> None:
    (account,) = sample.lived_in().accounts
    first, *later = account.periods
    seen = replace(account.snapshots, first=later[3].start)
    unseen = replace(first, spend=None, usd=None, closing=None)
    young = replace(account, snapshots=seen, periods=(unseen, *later))
    assert captions.weeks(young, CALENDAR) == "Wed 28 Oct to Mon 23 Nov"


def test_an_account_never_seen_has_no_weeks() -> None:
    (account,) = sample.no_snapshots().accounts
    assert captions.weeks(account, CALENDAR) == ""


def test_a_window_that_reaches_to_the_report_is_shown_by_its_moment_alone() -> None:
    texts = captions.report_times(sample.lived_in(), CALENDAR)
    assert texts == ["as of Mon 23 Nov 2026 13:15, Asia/Taipei"]


def test_a_window_of_the_past_is_shown_by_its_days_the_last_of_which_it_reaches() -> None:
    midnight = dt.datetime(2026, 11, 1, tzinfo=TAIPEI)
    past = replace(sample.lived_in(), since=midnight - 31 * DAYS, until=midnight)
    full, *shorter = captions.report_times(past, CALENDAR)
    assert full == ("Thu 1 Oct to Sat 31 Oct  ·  as of Mon 23 Nov 2026 13:15, Asia/Taipei")
    assert shorter == ["1 Oct to 31 Oct  ·  as of 23 Nov 2026", "1 Oct to 31 Oct"]
