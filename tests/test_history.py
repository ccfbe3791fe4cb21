import datetime as dt
import zoneinfo
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.forecast.samples import START, histories, regular_histories, shifted, steady
from tests.forecast.samples import readings as readings_of
from tests.reporting.histories import MONDAY, two_days
from usage_tracker.demo import sample_account
from usage_tracker.errors import MisuseError
from usage_tracker.forecast.depletion import NothingToProjectError
from usage_tracker.forecast.spend_distribution import InvalidProbabilityError
from usage_tracker.history import EmptyHistoryError, History, PastEndError
from usage_tracker.ledger.arrays import SnapshotArrays
from usage_tracker.times import DAY, HOUR, NaiveMomentError, UnknownZoneError, from_ms

NOW = 1_795_079_400_000


@pytest.fixture(scope="module")
def lived_in() -> History:
    return sample_account.history(NOW, utc_offset=8 * HOUR)


def empty() -> History:
    return History(SnapshotArrays(*(np.empty(0, np.int64) for _ in range(3))))


def cut(history: History, moment: int) -> History:
    return History(history.readings.until(moment))


def test_it_says_whose_it_is_and_how_much_there_is_of_it() -> None:
    assert repr(empty()) == "<History of default: no snapshots>"
    assert repr(two_days()) == (
        "<History of default: 49 snapshots, 2026-06-01T00:00:00.000Z to 2026-06-03T00:00:00.000Z>"
    )


def test_a_frame_it_gave_makes_the_same_history_again() -> None:
    history = History(two_days().readings, "team", quota_per_unit=68493.15)
    again = History.from_frame(history.snapshots)
    assert (again.account, again.quota_per_unit) == ("team", 68493.15)
    assert again.snapshots.equals(history.snapshots)
    assert again.spend().equals(history.spend())
    renamed = History.from_frame(history.snapshots, "mine", quota_per_unit=500_000)
    assert (renamed.account, renamed.quota_per_unit) == ("mine", 500_000)


def test_a_frame_from_elsewhere_is_an_account_called_default() -> None:
    rows = pd.DataFrame(
        {
            "captured_at": pd.to_datetime(["2026-06-01T02:00Z", "2026-06-01T00:00Z"]),
            "quota": [800_000, 1_000_000],
            "used_quota": [200_000, 0],
        }
    )
    history = History.from_frame(rows)
    assert (history.account, history.quota_per_unit) == ("default", 500_000)
    assert history.snapshots["quota"].tolist() == [1_000_000, 800_000]
    assert history.spend(tz="UTC")["spend"].tolist() == [200_000]


def test_spend_by_a_period_that_is_none_is_misuse() -> None:
    with pytest.raises(MisuseError, match="use hour, day, week, month, quarter, year"):
        two_days().spend(by="decade")  # type: ignore[arg-type]


def test_spend_is_told_by_period_in_units_and_dollars() -> None:
    days = two_days().spend()
    assert days.index.tolist() == [from_ms(MONDAY), from_ms(MONDAY + DAY)]
    assert days["spend"].tolist() == [480_000, 480_000]
    assert days["usd"].tolist() == [0.96, 0.96]
    assert days["coverage"].tolist() == [1.0, 1.0]
    assert days["estimated"].tolist() == [False, False]
    hours = two_days().spend(by="hour")["spend"]
    assert hours.tolist() == [20_000] * 24 + [0] * 12 + [40_000] * 12


def test_days_begin_at_midnight_of_the_zone_asked_for() -> None:
    history = two_days()
    days = history.spend(by="day", tz="Asia/Taipei")
    assert [str(start) for start in days.index] == [
        "2026-06-01 00:00:00+08:00",
        "2026-06-02 00:00:00+08:00",
        "2026-06-03 00:00:00+08:00",
    ]
    assert days["spend"].tolist() == [16 * 20_000, 8 * 20_000 + 4 * 40_000, 8 * 40_000]
    in_taipei = History(history.readings, timezone="Asia/Taipei")
    assert in_taipei.spend().equals(days)
    assert history.spend(tz=dt.timezone(dt.timedelta(hours=8))).equals(days.tz_convert("+08:00"))


def test_periods_are_indexed_by_the_calendar_even_where_the_history_begins_within_one() -> None:
    days = two_days().periods(tz="Asia/Taipei")
    assert days["start"].iloc[0] == pd.Timestamp("2026-06-01T08:00+08:00")
    assert days["end"].iloc[-1] == pd.Timestamp("2026-06-03T08:00+08:00")
    bought = pd.date_range("2026-06-01", periods=3, tz="Asia/Taipei").to_frame(name="day")
    assert bought.join(days)["spend"].sum() == 960_000
    begins = {
        "week": "2026-06-01",
        "month": "2026-06-01",
        "quarter": "2026-04-01",
        "year": "2026-01-01",
    }
    for by, begin in begins.items():
        (start,) = two_days().spend(by, "Asia/Taipei").index  # type: ignore[arg-type]
        assert start == pd.Timestamp(begin, tz="Asia/Taipei")


def test_without_a_zone_of_its_own_it_has_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Taipei")
    history = History(two_days().readings)
    assert str(history.zone) == "Asia/Taipei"
    assert history.spend().equals(history.spend(tz="Asia/Taipei"))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_has_23_or_25_hours(day: str, hours: int) -> None:
    midnight = pd.Timestamp(day, tz="Europe/Berlin")
    start = int(midnight.timestamp() * 1000) - 30 * HOUR - START
    history = History(readings_of([(t + start, q, u) for t, q, u in steady(80)]))
    assert history.spend(tz="Europe/Berlin").loc[midnight, "spend"] == hours * 60_000


def test_events_are_told_by_when_they_were_seen() -> None:
    events = two_days().events
    assert events.index.tolist() == [from_ms(MONDAY + h * HOUR) for h in (34, 36)]
    assert events["after"].tolist() == [from_ms(MONDAY + h * HOUR) for h in (33, 35)]
    assert events["kind"].tolist() == ["top_up", "refund"]
    assert events["quota"].tolist() == [5_000_000, 100_000]
    assert events["usd"].tolist() == [10.0, 0.2]
    assert events["confirmed"].tolist() == [True, True]


def test_a_gap_has_no_quota_and_is_worth_nothing_known() -> None:
    rows = [row for row in steady(48) if not 20 * HOUR < row[0] < 28 * HOUR]
    events = History(readings_of(rows)).events
    assert events["kind"].tolist() == ["gap"]
    assert events["quota"].isna().all()
    assert events["usd"].isna().all()


def test_a_forecast_s_moments_are_timestamps_in_the_history_s_zone(lived_in: History) -> None:
    history = History(lived_in.readings, timezone="Asia/Taipei")
    told = history.forecast()
    assert told.low is not None
    assert told.median is not None
    assert told.high is not None
    assert told.low < told.median < told.high
    assert str(told.median.tz_convert("UTC").tz) == "UTC"
    for moment in (told.low, told.median, told.high, told.linear, told.as_of, told.origin):
        assert isinstance(moment, pd.Timestamp)
        assert str(moment.tzinfo) == "Asia/Taipei"
    assert told.as_of == told.origin == history.snapshots.index[-1]


@settings(max_examples=examples(40), deadline=None)
@given(st.one_of(histories(least=1), regular_histories()), st.floats(0, 1.1))
def test_a_forecast_uses_nothing_that_was_captured_later(
    readings: SnapshotArrays, share: float
) -> None:
    history = History(readings, timezone="UTC")
    first, last = int(readings.times[0]), int(readings.times[-1])
    moment = first + round(share * (last - first))
    then = cut(history, moment)
    at = from_ms(moment)
    assert history.forecast(as_of=at) == History(then.readings, timezone="UTC").forecast(as_of=at)
    assert history.forecast(as_of=at) == history.forecast(as_of=at)


def test_a_forecast_made_as_the_counter_falls_does_not_know_of_the_refund_after_it() -> None:
    rows = [(t, q, u + 3_000_000) for t, q, u in steady(240)]
    fallen = shifted(rows, 120, used=-9_000_000)
    history = History(readings_of(shifted(fallen, 120.1, quota=9_000_000)), timezone="UTC")
    moment = START + 120 * HOUR
    then = History(history.readings.until(moment), timezone="UTC")
    assert history.forecast(as_of=from_ms(moment)) == then.forecast()
    assert history.events["kind"].tolist() == ["refund"]
    assert "reset" in then.events["kind"].tolist()


def test_a_forecast_is_made_for_the_balance_held_then_or_any_other(lived_in: History) -> None:
    then = from_ms(NOW - 20 * DAY)
    held = int(lived_in.readings.until(NOW - 20 * DAY).quota[-1])
    assert lived_in.forecast(as_of=then) == lived_in.forecast(as_of=then, balance=held)
    more = lived_in.forecast(as_of=then, balance=2 * held).median
    less = lived_in.forecast(as_of=then).median
    assert more is not None
    assert less is not None
    assert more > less
    assert lived_in.forecast(balance=0).state == "depleted"


def test_a_balance_is_given_in_dollars_or_in_whole_units(lived_in: History) -> None:
    assert lived_in.forecast(balance_usd=50.5) == lived_in.forecast(balance=25_250_000)
    cents = History(lived_in.readings, quota_per_unit=100)
    assert cents.forecast(balance_usd=50.5) == cents.forecast(balance=5050)
    with pytest.raises(MisuseError, match="or balance_usd= for dollars"):
        lived_in.forecast(balance=50.5)  # type: ignore[arg-type]
    with pytest.raises(MisuseError, match="there are two balances"):
        lived_in.forecast(balance=1, balance_usd=1)
    assert lived_in.needed_usd("14d") == pytest.approx(lived_in.needed("14d") / 500_000)


def test_before_the_first_snapshot_there_is_no_forecast() -> None:
    told = two_days().forecast(as_of=from_ms(MONDAY - 1))
    assert (told.state, told.reason) == ("insufficient_data", "no snapshot yet")


def test_a_wider_level_is_a_wider_interval(lived_in: History) -> None:
    narrow, wide = lived_in.forecast(level=0.5), lived_in.forecast(level=0.95)
    assert wide.low is not None
    assert wide.high is not None
    assert narrow.low is not None
    assert narrow.high is not None
    assert wide.low < narrow.low < narrow.high < wide.high
    with pytest.raises(InvalidProbabilityError):
        lived_in.forecast(level=1.0)


def test_what_is_needed_to_last_is_what_the_forecast_says_lasts(lived_in: History) -> None:
    goal = from_ms(NOW + 14 * DAY)
    needed = lived_in.needed(goal, confidence=0.9)
    low = lived_in.forecast(balance=needed, level=0.8).low
    assert low is not None
    assert abs(low - goal) < dt.timedelta(minutes=5)
    assert needed < lived_in.needed(goal, confidence=0.95)
    with pytest.raises(NothingToProjectError, match="more hours of history"):
        History(two_days().readings.until(MONDAY + 9 * HOUR)).needed(goal)


def test_a_forecast_is_a_frame_by_date_of_the_balance_in_dollars(lived_in: History) -> None:
    history = History(lived_in.readings, timezone="Asia/Taipei")
    frame = history.forecast_frame(days=30)
    assert len(frame) == 30
    assert {str(date)[10:] for date in frame.index} == {" 00:00:00+08:00"}
    now = history.snapshots.index[-1]
    assert pd.Timedelta(0) < frame.index[0] - now <= pd.Timedelta(days=1)
    assert (frame["low"] <= frame["median"]).all()
    assert (frame["median"] <= frame["high"]).all()
    assert frame["median"].is_monotonic_decreasing
    told = history.forecast()
    for name in ("low", "median", "high"):
        end = getattr(told, name)
        assert (frame[name] > 0).tolist() == [date < end for date in frame.index]
    wide = history.forecast_frame(days=30, level=0.95)
    assert (wide["low"] <= frame["low"]).all()


def test_a_frame_of_a_forecast_needs_days_within_a_year_and_enough_history(
    lived_in: History,
) -> None:
    for days in (0, 1.5, "many"):
        with pytest.raises(MisuseError, match="is not a number of days"):
            lived_in.forecast_frame(days=days)  # type: ignore[arg-type]
    for days in (1000, 10**12):
        with pytest.raises(MisuseError, match="is too far"):
            lived_in.forecast_frame(days=days)
    with pytest.raises(MisuseError, match="is too far"):
        lived_in.forecast_frame(as_of="99991231")
    with pytest.raises(NothingToProjectError):
        History(two_days().readings.until(MONDAY + 9 * HOUR)).forecast_frame()
    with pytest.raises(EmptyHistoryError):
        empty().forecast_frame()


def test_what_is_needed_is_asked_of_a_time_to_come(lived_in: History) -> None:
    then = from_ms(NOW - 20 * DAY)
    for until in (then, then - dt.timedelta(days=1), "2026-01-01"):
        with pytest.raises(PastEndError, match="is not after 2026-10-30 17:10: use a"):
            History(lived_in.readings, timezone="Asia/Taipei").needed(until, as_of=then)
    goal = lived_in.snapshots.index[-1] + pd.Timedelta(days=14)
    assert lived_in.needed("14d") == lived_in.needed(goal)


def test_moments_may_be_written_as_people_write_them(lived_in: History) -> None:
    then = lived_in.snapshots.index[-1] - pd.Timedelta(days=20)
    written = then.isoformat()
    assert lived_in.forecast(as_of=written) == lived_in.forecast(as_of=then)
    assert lived_in.forecast(as_of="20d") == lived_in.forecast(as_of=then)
    assert lived_in.backtest(as_of=written) == lived_in.backtest(as_of=then)
    assert lived_in.needed("14d", as_of=written) == lived_in.needed("14d", as_of=then)
    in_taipei = History(lived_in.readings, timezone="Asia/Taipei")
    assert in_taipei.forecast(as_of="20261031").as_of == pd.Timestamp("2026-10-31T00:00+08:00")


def test_a_zone_may_be_given_as_such() -> None:
    history = History.from_frame(two_days().snapshots, timezone=zoneinfo.ZoneInfo("Asia/Tokyo"))
    assert history.timezone == "Asia/Tokyo"
    assert history.spend().equals(two_days().spend(tz=history.zone))
    with pytest.raises(UnknownZoneError, match="'Mars'"):
        History.from_frame(two_days().snapshots, timezone="Mars")


ASKED_AMISS: list[Callable[[History], object]] = [
    lambda history: history.forecast(as_of=5),  # type: ignore[arg-type]
    lambda history: history.forecast(as_of="lately"),
    lambda history: history.forecast(balance=float("nan")),  # type: ignore[arg-type]
    lambda history: history.forecast(balance_usd="much"),  # type: ignore[arg-type]
    lambda history: history.forecast(level="high"),  # type: ignore[arg-type]
    lambda history: history.needed("lately"),
    lambda history: history.needed("30d", confidence="high"),  # type: ignore[arg-type]
    lambda history: history.backtest(as_of=5),  # type: ignore[arg-type]
    lambda history: history.backtest(level="high"),  # type: ignore[arg-type]
    lambda history: history.spend(tz=3),  # type: ignore[arg-type]
    lambda history: history.spend(tz=""),
    lambda history: History.from_frame(history.readings),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("ask", ASKED_AMISS)
def test_what_makes_no_sense_is_told_in_one_line(ask: Callable[[History], object]) -> None:
    with pytest.raises(MisuseError) as refused:
        ask(two_days())
    assert "\n" not in str(refused.value)


def test_past_forecasts_are_tried_as_they_could_have_been_made(lived_in: History) -> None:
    trial = lived_in.backtest()
    assert len(trial.trials) > 100
    assert trial == lived_in.backtest()
    then = NOW - 20 * DAY
    assert lived_in.backtest(as_of=from_ms(then)) == cut(lived_in, then).backtest()
    assert two_days().backtest().reason == "needs 8 more days of history"


def test_an_empty_history_has_empty_frames_and_no_answers() -> None:
    history = empty()
    assert len(history.snapshots) == len(history.events) == 0
    for ask in (history.spend, history.forecast, history.backtest):
        with pytest.raises(EmptyHistoryError, match="'default' has no snapshots yet"):
            ask()


def test_moments_and_zones_that_are_none_are_refused_with_a_cure() -> None:
    with pytest.raises(NaiveMomentError, match="use an aware datetime"):
        two_days().forecast(as_of=dt.datetime(2026, 6, 2))  # noqa: DTZ001
    with pytest.raises(UnknownZoneError, match="'Taipei'"):
        two_days().spend(tz="Taipei")
