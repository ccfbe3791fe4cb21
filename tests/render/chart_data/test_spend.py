from dataclasses import replace

from tests.render import sample
from usage_tracker.render.chart_data.spend import (
    bars,
    bars_by_kind,
    heatmap,
    intensity,
    most_expensive,
)
from usage_tracker.reporting.model import AccountReport, Period


def account() -> AccountReport:
    return sample.lived_in().accounts[0]


def drawn(*periods: Period) -> list[str]:
    report = sample.lived_in()
    return [bar.kind for bar in bars(report, replace(account(), periods=periods))]


def unknown(period: Period) -> Period:
    return replace(period, spend=None, usd=None, closing=None)


def test_bars_add_up_to_what_was_spent_and_credited() -> None:
    drawn_bars, statement = bars(sample.lived_in(), account()), account().reconciliation
    unit = account().quota_per_unit
    assert round(sum(bar.usd or 0 for bar in drawn_bars) * unit) == statement.spend
    moved = {"top_up": 0.0, "refund": 0.0, "adjustment": 0.0}
    for mark in (mark for bar in drawn_bars for mark in bar.marks):
        moved[mark.kind] += mark.usd or 0.0
    lines = [statement.top_ups, statement.refunds, statement.adjustments]
    assert [round(usd * unit) for usd in moved.values()] == lines


def test_a_bar_is_whole_or_cut_off_or_uncertain_or_unknown() -> None:
    whole = account().periods[3]
    cut = account().periods[0]
    assert drawn(whole) == ["whole"]
    assert drawn(cut) == ["short"]
    assert drawn(replace(whole, estimated=True)) == ["uncertain"]
    assert drawn(replace(whole, coverage=0.6)) == ["uncertain"]
    assert drawn(whole, unknown(whole)) == ["whole", "unknown"]


def test_a_running_period_whose_last_minutes_are_not_captured_yet_is_no_estimate() -> None:
    running = account().periods[-1]
    assert drawn(replace(running, coverage=0.98)) == ["short"]
    assert drawn(replace(running, coverage=0.5)) == ["uncertain"]


def test_periods_before_the_first_snapshot_are_left_out_and_later_unknown_ones_kept() -> None:
    first, second, third = account().periods[2:5]
    assert drawn(unknown(first), unknown(second), third, unknown(third)) == ["whole", "unknown"]
    assert drawn(unknown(first), unknown(second)) == []


def test_bars_are_gathered_by_their_kind_and_unknown_ones_are_none() -> None:
    first, second, third = account().periods[2:5]
    periods = (first, replace(second, estimated=True), unknown(third), first)
    drawn_bars = bars(sample.lived_in(), replace(account(), periods=periods))
    found = bars_by_kind(drawn_bars)
    assert list(found) == ["whole", "uncertain"]
    assert found["whole"] == [(0, drawn_bars[0].usd), (3, drawn_bars[3].usd)]
    assert found["uncertain"] == [(1, drawn_bars[1].usd)]


UNKNOWN = ((None,) * 24,) * 7


def with_heat(*days: tuple[float | None, ...]) -> AccountReport:
    return replace(sample.lived_in().accounts[0], heat=days)


def test_hours_are_in_dollars_and_unknown_stays_unknown() -> None:
    monday = (500_000.0, None, *(0.0,) * 22)
    hours = heatmap(with_heat(monday, *UNKNOWN[1:]))
    assert hours[0][:3] == (1.0, None, 0.0)
    assert most_expensive(hours) == 1.0


def test_a_week_without_a_known_hour_is_empty() -> None:
    assert heatmap(with_heat(*UNKNOWN)) == heatmap(with_heat()) == ()


def test_colours_grow_with_spend_and_a_burst_leaves_the_rest_visible() -> None:
    steps = [intensity(usd, 100.0) for usd in (0, 1, 25, 100)]
    assert steps == [0.0, 0.1, 0.5, 1.0]
    assert intensity(0.0, 0.0) == 0.0
