import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from tests.render import sample
from tests.render.account import AS_OF
from tests.render.html.reading import page, text
from usage_tracker import formatting
from usage_tracker.money import units
from usage_tracker.render.dates import Calendar
from usage_tracker.reporting.model import BalancePoint, Report, ReportedEvent

WEEK = tuple(tuple(500_000.0 * hour for hour in range(24)) for _ in range(6))
HEAT = (*WEEK, (None,) * 24)


def charts(report: Report) -> list[Element]:
    return page(report).findall(".//svg[@role='img']")


def tips(chart: Element) -> list[str]:
    return ["".join(title.itertext()) for title in chart.iterfind("g/title")]


def test_tooltips_of_the_balance_show_each_period_and_the_forecast() -> None:
    (account,) = sample.lived_in().accounts
    balance = charts(sample.lived_in())[0]
    left = formatting.dollars((account.periods[-2].closing or 0) / account.quota_per_unit)
    assert f"Sun 22 Nov: {left} left" in tips(balance)
    point, unit = account.fan[10], account.quota_per_unit
    when = Calendar.of(sample.lived_in()).minute(point.at)
    middle, low, high = (
        formatting.dollars(q / unit) for q in (point.median, point.low, point.high)
    )
    assert f"{when}: {middle} expected, {low} to {high}" in tips(balance)


def test_tooltips_of_the_spend_show_each_period_its_kind_and_its_events() -> None:
    (account,) = sample.lived_in().accounts
    shown = tips(charts(sample.lived_in())[1])
    assert len(shown) == len(account.periods)
    assert sum("in part estimated or unknown" in tip for tip in shown) == 1
    for happened in ("top-up +$100.00", "refund +$0.42", "adjustment -$2.50"):
        assert sum(happened in tip for tip in shown) == 1


def test_the_tooltip_of_an_hour_of_the_week_shows_its_mean() -> None:
    (account,) = sample.lived_in().accounts
    report = replace(sample.lived_in(), accounts=(replace(account, heat=HEAT),))
    shown = tips(charts(report)[2])
    assert len(shown) == 7 * 24
    assert shown[23] == "Mon 23:00: $23.00 an hour"
    assert shown[-1] == "Sun 23:00: not known"


def titles_and_key(report: Report) -> tuple[str, list[str]]:
    """What stands over the hours of the week."""
    figure = page(report).findall(".//figure")[-1]
    caption = figure[0]
    return text(caption[0]), [text(item) for item in caption.iterfind("ul/li")]


def test_the_title_of_the_heat_map_has_the_time_it_averages() -> None:
    (account,) = sample.lived_in().accounts
    last = account.depletion.origin
    assert last is not None
    shown, _ = titles_and_key(sample.lived_in())
    assert shown == "Spend by hour of the week, 8 weeks to Mon 23 Nov"
    stale, _ = titles_and_key(sample.stale())
    assert stale.endswith(", 8 weeks to Sat 14 Nov")


def test_the_title_of_the_heat_map_of_a_young_history_has_its_first_day() -> None:
    (account,) = sample.first_hours().accounts
    for hours, shown in ((1, "Mon 23 Nov"), (24, "Mon 23 Nov to Tue 24 Nov")):
        last = AS_OF + dt.timedelta(hours=hours)
        seen = replace(account, snapshots=replace(account.snapshots, latest=last))
        title, _ = titles_and_key(replace(sample.first_hours(), accounts=(seen,)))
        assert title == f"Spend by hour of the week, {shown}"


def test_an_unknown_hour_differs_from_an_hour_without_spend() -> None:
    (account,) = sample.lived_in().accounts
    report = replace(sample.lived_in(), accounts=(replace(account, heat=HEAT),))
    painted = [cell.get("class") for cell in charts(report)[2].iterfind("g/rect")]
    assert painted[0] == "h0"
    assert painted[-1] == "blank"
    assert titles_and_key(report)[1][-1] == "unknown"
    assert "unknown" not in titles_and_key(sample.lived_in())[1]


def test_the_legend_has_the_highest_dollars_of_each_shade() -> None:
    (account,) = sample.lived_in().accounts
    hours = ((0.0, 18e6, *(None,) * 22), *((None,) * 24 for _ in range(6)))
    report = replace(sample.lived_in(), accounts=(replace(account, heat=hours),))
    bounds = ["$0 to $1.00", "to $4.00", "to $9.00", "to $16.00", "to $25.00"]
    assert titles_and_key(report)[1] == [*bounds, "to $36.00 an hour", "unknown"]
    shown = charts(report)[2].findall("g/rect")
    assert [cell.get("class") for cell in shown[:2]] == ["h0", "h5"]


def test_without_spend_the_hours_have_one_shade() -> None:
    assert titles_and_key(sample.idle())[1] == ["$0.00 an hour"]


def test_a_debt_is_named_below_the_line_that_falls_to_it() -> None:
    (account,) = sample.overdrawn().accounts
    first = account.periods[0].start
    days = (
        BalancePoint(first + dt.timedelta(days=i), 500_000 * (30 - round(1.2 * i)))
        for i in range(31)
    )
    steep = replace(account, burn_down=tuple(days), events=())
    chart = charts(replace(sample.overdrawn(), accounts=(steep,)))[0]
    (named,) = (text for text in chart.iterfind("text") if text.text == "-$6.00")
    assert float(named.get("dy", 0)) > 0


def baseline(label: Element) -> float:
    """The pixels from the upper edge to where `label` stands."""
    return float(label.get("y", 0)) + float(label.get("dy", 0))


def labels(levels: Sequence[tuple[float, float]], credit: float) -> tuple[list[Element], ...]:
    """The labels of the last balance and of the top-up of `credit` dollars, which is the step.

    `levels` are (days since the beginning, dollars); the step leads to the last but one.
    """
    (account,) = sample.lived_in().accounts
    begun = account.periods[0].start
    points = tuple(BalancePoint(begun + dt.timedelta(days=at), units(usd)) for at, usd in levels)
    after, at = points[-3].at, points[-2].at
    event = ReportedEvent("top_up", after, at, units(credit), credit, confirmed=True)
    drawn = replace(account, burn_down=points, events=(event,))
    report = replace(sample.lived_in(), until=AS_OF, as_of=AS_OF + dt.timedelta(days=9))
    written = list(charts(replace(report, accounts=(drawn,)))[0].iter("text"))
    return tuple(
        [label for label in written if label.get("class", "").startswith(class_)]
        for class_ in ("now", "credit")
    )


@pytest.mark.parametrize("day", [29.2, 14.2])
def test_a_top_up_just_before_the_end_is_not_written_over_the_last_balance(day: float) -> None:
    now, credit = labels([(0, 60), (day - 0.2, 20), (day, 104), (30, 100)], 84)
    assert {label.text for label in now} == {"$100.00"}
    assert {label.text for label in credit} == {"+$84"}
    near = day > 29
    assert all(abs(baseline(a) - baseline(b)) > 12 for a in now for b in credit) or not near


def test_the_last_balance_is_written_clear_of_a_step_just_before_it() -> None:
    now, _ = labels([(0, 60), (28.9, 0), (29, 104), (30, 60)], 104)
    at_the_head = 260 * 44 / (104 * 1.08)  # pixels from the balance up to the step's head
    assert now
    assert all(float(label.get("dy", 0)) < -at_the_head for label in now)


def test_gaps_and_events_are_marked_on_the_balance() -> None:
    balance = charts(sample.lived_in())[0]
    assert tips(balance).count("no snapshots") == 1
    marks = balance.findall("svg/path[@class='mark in']") + balance.findall(
        "svg/path[@class='mark']"
    )
    assert len(marks) == 4


def test_a_bar_is_as_high_as_its_spend() -> None:
    (account,) = sample.lived_in().accounts
    bars = [
        rect
        for rect in charts(sample.lived_in())[1].iterfind("g/rect")
        if rect.get("class") in {"whole", "short", "uncertain"}
    ]
    heights = [float(bar.get("height", 0)) for bar in bars]
    spent = [period.usd or 0 for period in account.periods]
    scale = max(heights) / max(spent)
    assert all(
        abs(height - max(usd * scale, 1.5)) < 0.2
        for height, usd in zip(heights, spent, strict=True)
    )


def test_hundreds_of_bars_are_few_shapes_and_keep_their_tooltips() -> None:
    (account,) = sample.a_year().accounts
    chart = charts(sample.a_year())[1]
    assert len(tips(chart)) == len(account.periods)
    shapes = chart.findall("svg/path")
    kinds = [shape.get("class") for shape in shapes]
    assert kinds == ["whole", "short", "uncertain"]
    assert sum(shape.get("d", "").count("Z") for shape in shapes) == len(account.periods)


def test_positions_across_are_shares_of_the_width() -> None:
    for chart in charts(sample.several()):
        placed = [node for node in chart.iter() if node.get("x") and node.get("class") != "left"]
        assert placed
        assert all(re.fullmatch(r"-?[\d.]+%", node.get("x", "")) for node in placed)


def test_a_hundred_thousand_points_make_a_short_path() -> None:
    (account,) = sample.lived_in().accounts
    first = account.burn_down[0].at
    step = dt.timedelta(seconds=25)
    points = (BalancePoint(first + i * step, 10**8 - i * i % 977) for i in range(100_000))
    dense = replace(account, burn_down=tuple(points), events=())
    chart = charts(replace(sample.lived_in(), accounts=(dense,)))[0]
    (path,) = chart.iterfind("svg/path[@class='balance']")
    assert 10_000 < len(path.get("d", "")) < 60_000
