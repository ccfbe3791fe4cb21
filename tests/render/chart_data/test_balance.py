import datetime as dt
from dataclasses import replace

import pytest

from tests.render import sample
from tests.render.account import AS_OF
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render.chart_data.balance import BurnDown, burn_down
from usage_tracker.reporting.model import Report, ReportedEvent

DAY = 86_400.0
NOW = AS_OF.timestamp()


def picture(report: Report) -> BurnDown:
    return burn_down(report, report.accounts[0])


def ending(report: Report, **ends: dt.datetime) -> Report:
    (account,) = report.accounts
    depletion = Depletion("projected", **ends)  # type: ignore[arg-type]
    return replace(report, accounts=(replace(account, depletion=depletion),))


def test_the_frame_reaches_from_the_first_balance_to_the_latest_end() -> None:
    drawn, depletion = picture(sample.lived_in()), sample.lived_in().accounts[0].depletion
    assert depletion.high is not None
    assert drawn.start == drawn.line.points[0][0]
    assert drawn.end > depletion.high.timestamp()
    assert drawn.end - depletion.high.timestamp() < 0.05 * (depletion.high.timestamp() - NOW)


@pytest.mark.parametrize("years", [1, 5, 100])
def test_a_far_end_never_cramps_the_past(years: int) -> None:
    far = picture(ending(sample.lived_in(), median=AS_OF + dt.timedelta(days=365 * years)))
    assert (far.present - far.start) / far.length > 0.35


def test_the_end_at_even_odds_is_in_the_picture_even_where_the_latest_is_not() -> None:
    middle, late = AS_OF + dt.timedelta(days=80), AS_OF + dt.timedelta(days=300)
    drawn = picture(ending(sample.lived_in(), low=AS_OF, median=middle, high=late))
    assert middle.timestamp() < drawn.end < late.timestamp()
    assert drawn.interval == (NOW, drawn.end)
    assert drawn.continues
    assert drawn.beyond() == late.timestamp()
    assert drawn.beyond(drawn.end - middle.timestamp() + 1) is None


def test_an_end_at_even_odds_beyond_the_picture_is_written_at_its_edge() -> None:
    far = AS_OF + dt.timedelta(days=300)
    drawn = picture(ending(sample.lived_in(), low=far - dt.timedelta(days=9), median=far))
    assert drawn.interval is None
    assert drawn.continues
    assert drawn.beyond(drawn.length) == far.timestamp()


def test_a_picture_that_reaches_the_latest_end_has_nothing_beyond() -> None:
    drawn = picture(sample.lived_in())
    assert drawn.beyond() is None
    assert not drawn.continues


def test_what_happened_is_marked_by_its_moment_and_a_gap_by_its_start_and_end() -> None:
    (account,) = sample.lived_in().accounts
    reset = replace(account.events[0], kind="reset", quota=None, usd=None)
    drawn = picture(with_events(*account.events, reset))
    kinds = [kind for _, kind in drawn.marks]
    assert sorted(kinds) == ["adjustment", "refund", "reset", "top_up", "top_up"]
    (gap,) = (event for event in account.events if event.kind == "gap")
    assert drawn.line.gaps == [(gap.after.timestamp(), gap.at.timestamp())]


def with_events(*events: ReportedEvent) -> Report:
    (account,) = sample.lived_in().accounts
    return replace(sample.lived_in(), accounts=(replace(account, events=events),))


def test_a_near_end_still_has_room_to_be_seen() -> None:
    near = picture(ending(sample.lived_in(), median=AS_OF + dt.timedelta(minutes=5)))
    assert (near.end - near.present) / near.length > 0.1


def test_a_window_of_the_past_shows_nothing_ahead() -> None:
    report = sample.lived_in()
    past = picture(replace(report, until=report.until - dt.timedelta(days=1)))
    assert past.forecast is None
    assert past.ends.median is None
    assert past.end == past.present


def test_the_fan_begins_where_the_line_ends() -> None:
    drawn = picture(sample.stale())
    assert drawn.forecast is not None
    bounds = (drawn.forecast.low, drawn.forecast.median, drawn.forecast.high)
    assert {(drawn.forecast.times[0], bound[0]) for bound in bounds} == {drawn.line.last}
    assert drawn.silence == pytest.approx(9 * DAY)


def test_the_median_is_drawn_down_to_nothing_and_not_along_it() -> None:
    ahead = picture(sample.lived_in()).forecast
    assert ahead is not None
    *_, before, last = ahead.median_to_zero()
    assert before[1] > 0
    assert last[1] == 0
    assert last[0] < ahead.times[-1]


def test_an_overdrawn_balance_has_its_floor_below_zero() -> None:
    drawn = picture(sample.overdrawn())
    assert drawn.floor == min(usd for _, usd in drawn.line.points) < 0 < drawn.top


def test_the_highest_of_a_time_counts_what_comes_in_from_before_it() -> None:
    drawn = picture(sample.lived_in())
    assert drawn.forecast is not None
    assert drawn.highest_from(drawn.start) == drawn.top
    between = (drawn.forecast.times[3] + drawn.forecast.times[4]) / 2
    assert drawn.highest_from(between) == drawn.forecast.high[3]


def test_a_label_at_the_end_of_a_falling_line_has_room_below_and_none_above() -> None:
    falling = picture(sample.lived_in(days=4))
    assert falling.clear_at_end(2 * DAY, 0.01) == (False, True)


def test_a_label_at_the_end_of_a_flat_line_has_room_on_both_sides() -> None:
    flat = picture(sample.first_hours())
    assert flat.clear_at_end(600, 5.0) == (True, True)


def test_dark_are_the_gaps_and_a_silence_long_enough_to_be_seen() -> None:
    assert picture(sample.lived_in()).unobserved == picture(sample.lived_in()).line.gaps != []
    quiet = picture(sample.stale())
    assert quiet.line.last is not None
    assert quiet.unobserved[-1] == (quiet.line.last[0], quiet.present)


def test_what_is_drawn_over_a_time_reaches_from_its_lowest_to_its_highest() -> None:
    drawn = picture(sample.lived_in())
    assert drawn.forecast is not None
    at, after = drawn.forecast.times[2:4]
    assert drawn.extremes(at, after) == (drawn.forecast.low[2], drawn.forecast.high[2])
    past = drawn.line.within(drawn.start, drawn.start + DAY)
    assert drawn.extremes(drawn.start, drawn.start + DAY) == (min(past), max(past))
    assert drawn.extremes(drawn.start - 2 * DAY, drawn.start - DAY) is None
