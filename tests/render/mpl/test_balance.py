import dataclasses
import datetime as dt
from typing import Any

from tests.render import sample
from tests.render.account import AS_OF
from tests.render.mpl.reading import drawn, overlapping, texts_of
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.render.chart_data.balance import burn_down
from usage_tracker.render.mpl import plot
from usage_tracker.reporting.model import BalancePoint, Report

HOUR = dt.timedelta(hours=1)


def alone(**changed: Any) -> Report:
    (account,) = sample.lived_in().accounts
    return dataclasses.replace(
        sample.lived_in(), accounts=(dataclasses.replace(account, **changed),)
    )


def test_a_debt_is_named_below_the_line_that_falls_to_it() -> None:
    (account,) = sample.first_hours().accounts
    days = (BalancePoint(AS_OF - i * 24 * HOUR, 500_000 * (3 * i - 6)) for i in range(12, -1, -1))
    deep = dataclasses.replace(account, burn_down=tuple(days), periods=(), events=())
    report = dataclasses.replace(sample.first_hours(), accounts=(deep,))
    figure = plot(report, "balance")
    named = dict(drawn(figure))["-$6.00"]
    assert named.y1 < figure.axes[0].transData.transform((AS_OF.timestamp(), -6.0))[1]
    assert named.y0 >= figure.axes[0].bbox.y0


def test_a_balance_that_falls_to_its_end_is_named_below_it() -> None:
    (account,) = sample.first_hours().accounts
    hours = (BalancePoint(AS_OF - i * HOUR, 50_000_000 * (i + 2)) for i in (3, 2, 1, 0))
    steep = dataclasses.replace(account, burn_down=tuple(hours), events=())
    report = dataclasses.replace(sample.first_hours(), accounts=(steep,))
    figure = plot(report, "balance", width=640, height=400)
    named = dict(drawn(figure))["$200.00"]
    x, y = figure.axes[0].transData.transform((AS_OF.timestamp(), 200.0))
    assert named.y1 < y
    assert named.x0 < x <= named.x1 + 5


def test_the_balance_at_the_end_of_a_window_hides_no_step_and_no_label_of_one() -> None:
    points = [(0, 20), (90, 10), (90, 100), (96, 95)]
    start = AS_OF - 96 * HOUR
    known = tuple(BalancePoint(start + at * HOUR, usd * 500_000) for at, usd in points)
    top_up = dataclasses.replace(
        sample.lived_in().accounts[0].events[0],
        kind="top_up", at=start + 90 * HOUR, after=start + 89 * HOUR, quota=45_000_000, usd=90.0,
    )  # fmt: skip
    report = alone(burn_down=known, events=(top_up,), depletion=Depletion("idle"), fan=())
    figure = plot(report, "balance", width=500, height=400)
    texts = drawn(figure)
    named = dict(texts)["$95.00"]
    head = figure.axes[0].transData.transform((top_up.at.timestamp(), 100.0))
    assert named.x0 < head[0] < named.x1
    assert named.y0 > head[1]
    assert overlapping(texts) == []


def test_a_time_without_snapshots_is_labelled_clear_of_the_forecast() -> None:
    report = sample.stale()
    figure = plot(report, "balance")
    axes, line = figure.axes[0], burn_down(report, report.accounts[0])
    label = dict(drawn(figure))["no snapshots"].transformed(axes.transData.inverted())
    extremes = line.extremes(label.x0, label.x1)
    assert extremes is not None
    assert label.y1 < extremes[0] or label.y0 > extremes[1]


def test_of_top_ups_too_many_to_be_labelled_none_is() -> None:
    (account,) = sample.lived_in().accounts
    often = tuple(
        dataclasses.replace(event, at=account.periods[day].end, after=account.periods[day].start)
        for event in account.events[:1]
        for day in range(1, 29)
    )
    steps = [e for e in often if e.kind == "top_up"]
    assert len(steps) == 28
    assert not any(text.startswith("+$") for text in texts_of(plot(alone(events=often))))
