"""The burn-down as an inline chart: the balance so far, the forecast, and their labels.

Labels are placed for a desktop and, where that differs, for a phone.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from usage_tracker import formatting
from usage_tracker.render import phrases, summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.balance import BurnDown, Forecast, burn_down
from usage_tracker.render.chart_data.labels import Label, Lettering, Space, of_top_ups
from usage_tracker.render.chart_data.scales import time_ticks
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.axes import (
    ChartAxes,
    chart,
    curves,
    event_mark,
    grid,
    hover_area,
    percent,
    tick_labels,
    tooltip,
)
from usage_tracker.render.html.markup import Markup, element, leaf
from usage_tracker.reporting.model import AccountReport, Report

_HEIGHT, _HEADROOM, _HEADROOM_BELOW = 260, 1.08, 1.25
_TICKS, _TICKS_NARROW = 9, 4
_MOST_TOOLTIPS = 800
# Marks closer than a half percent of the width are one.
_MARKS_PER_PERCENT = 2
_DAY = 86_400
# The pixels across of the plot on a desktop and on a phone, and of its text.
_WIDE, _NARROW = 800, 300
_LETTER, _MARGIN, _LABEL_HEIGHT, _BEYOND_LABEL = 7.5, 12, 18, 95

# The anchor of a label and its distance, in pixels, from what it names.
_Place = tuple[str, int, int]


def draw(data: BurnDown, report: Report, account: AccountReport, calendar: Calendar) -> Markup:
    """Return the chart of `data`, which must not be empty."""
    top = (data.top or 1.0) * _HEADROOM
    axes = ChartAxes(data.start, data.end, _lower_edge(data.floor, top), top, _HEIGHT)
    ticks = (time_ticks(data.start, data.end, calendar, n) for n in (_TICKS, _TICKS_NARROW))
    parts = (
        *_unobserved(axes, data),
        grid(axes),
        tick_labels(axes, *ticks),
        curves(axes, *_forecast(axes, data), *_past(axes, data)),
        *_end(axes, data, calendar),
        *_top_up_labels(axes, data),
        *_marks(axes, data),
        *_balance_label(axes, data),
        *_past_tooltips(axes, report, account, calendar),
        *_forecast_tooltips(axes, data.forecast, calendar),
    )
    return chart(axes, _name(account, calendar, data), *parts)


def _lower_edge(floor: float, top: float) -> float:
    """Return zero, or a value far enough below the `floor` for the label of the balance."""
    room = 2.6 * _LABEL_HEIGHT / _HEIGHT
    return min(floor * _HEADROOM_BELOW, floor - room * (top - floor)) if floor < 0 else 0.0


def sparkline(report: Report, account: AccountReport) -> Markup:
    """Return the burn-down in the size of a word, for a table."""
    data = burn_down(report, account)
    if data.line.last is None:
        return Markup()
    axes = ChartAxes(data.start, data.end, data.floor, data.top or 1.0, 28)
    drawn = curves(axes, *_forecast(axes, data), *_past(axes, data))
    return element("svg", drawn, class_="spark", aria_hidden="true", width=120, height=28)


def _name(account: AccountReport, calendar: Calendar, data: BurnDown) -> str:
    first, last = data.line.stretches[0].points[0], data.line.stretches[-1].points[-1]
    since = calendar.day(dt.datetime.fromtimestamp(first[0], dt.UTC))
    past = f"from {formatting.dollars(first[1])} on {since} to {formatting.dollars(last[1])}"
    forecast = summary.depletion_sentence(account.depletion, calendar)
    return f"Balance of {formatting.plain(account.account)}: {past}. {forecast}"


def _unobserved(axes: ChartAxes, data: BurnDown) -> Iterator[Markup]:
    for start, end in data.unobserved:
        place = {"x": axes.x(start), "width": axes.width(end - start)}
        yield tooltip("no snapshots", leaf("rect", class_="haze", height=axes.height, **place))


def _marks(axes: ChartAxes, data: BurnDown) -> Iterator[Markup]:
    """Yield the marks of events below the plot."""
    places = {
        (round(axes.share(at) * _MARKS_PER_PERCENT) / _MARKS_PER_PERCENT, kind)
        for at, kind in data.marks
    }
    for share, kind in sorted(places):
        yield event_mark(kind, x=percent(share), y=axes.height)


def _forecast(axes: ChartAxes, data: BurnDown) -> Iterator[Markup]:
    forecast, last = data.forecast, data.line.last
    if forecast is not None:
        edge = [*zip(forecast.times, forecast.high, strict=True)]
        edge += reversed([*zip(forecast.times, forecast.low, strict=True)])
        yield leaf("path", class_="fan", d=axes.path(edge) + "Z")
        yield leaf("path", class_="median", d=axes.path(forecast.median_to_zero()))
    if data.ends.linear is not None and last is not None and last[1] > 0:
        yield leaf("path", class_="linear", d=axes.path([last, (data.ends.linear, 0.0)]))


def _past(axes: ChartAxes, data: BurnDown) -> Iterator[Markup]:
    for stretch in data.line.stretches:
        class_ = "balance bridge" if stretch.bridged else "balance"
        yield leaf("path", class_=class_, d=axes.path(stretch.points))


def _end(axes: ChartAxes, data: BurnDown, calendar: Calendar) -> Iterator[Markup]:
    """Yield the interval and the median of the depletion on the zero line."""
    median, y = data.ends.median, axes.y(0)
    if data.interval is not None:
        first, last = map(axes.x, data.interval)
        yield leaf("line", class_="ends", x1=first, x2=last, y1=y, y2=y)
    if median is not None and median <= data.end:
        yield leaf("circle", class_="end", cx=axes.x(median), cy=y, r=4.5)
    if data.continues:
        yield element("svg", leaf("path", class_="end", d="M-3 -5L6 0L-3 5Z"), x="100%", y=y)
    yield from _beyond_label(axes, data, calendar)


def _past_tooltips(
    axes: ChartAxes, report: Report, account: AccountReport, calendar: Calendar
) -> Iterator[Markup]:
    periods = phrases.records(account.periods)[-_MOST_TOOLTIPS:]
    closings = phrases.closing_balances(periods, account)
    for period, (units, mark) in zip(periods, closings, strict=True):
        start, end = period.start.timestamp(), period.end.timestamp()
        if units is not None and start >= axes.start:
            left = mark + formatting.dollars(phrases.worth(units, account))
            text = f"{calendar.period(period.start, report.by)}: {left} left"
            yield tooltip(text, hover_area(axes, start, end))


def _forecast_tooltips(
    axes: ChartAxes, forecast: Forecast | None, calendar: Calendar
) -> Iterator[Markup]:
    if forecast is None:
        return
    for i, (start, end) in enumerate(pairwise(forecast.times), 1):
        if end <= axes.end:
            at = dt.datetime.fromtimestamp(end, dt.UTC)
            when = calendar.minute(at) if end - start < _DAY else calendar.day(at)
            median, low, high = (
                formatting.dollars(bound[i])
                for bound in (forecast.median, forecast.low, forecast.high)
            )
            text = f"{when}: {median} expected, {low} to {high}"
            yield tooltip(text, hover_area(axes, start, end))


def _balance_label(axes: ChartAxes, data: BurnDown) -> Iterator[Markup]:
    """Yield the last balance as a dot with its dollars."""
    if data.line.last is None:
        return
    at, usd = data.line.last
    x, y, text = axes.x(at), axes.y(usd), formatting.dollars(usd)
    wide, narrow = (_balance_place(axes, data, text, pixels) for pixels in (_WIDE, _NARROW))
    places = {"now": wide} if wide == narrow else {"now wide": wide, "now narrow": narrow}
    yield leaf("circle", class_="dot", cx=x, cy=y, r=4)
    for class_, (anchor, dx, dy) in places.items():
        yield element("text", text, class_=class_, text_anchor=anchor, x=x, y=y, dx=dx, dy=dy)


def _balance_place(axes: ChartAxes, data: BurnDown, text: str, pixels: int) -> _Place:
    """Return the place to the right of the line's end if it fits, or else clear of the line.

    If the label is clear of the line neither just above nor just below, it is above all
    that it would hide.
    """
    at, usd = data.line.last or (0.0, 0.0)
    width = _LETTER * len(text)
    if (1 - axes.share(at) / 100) * pixels + _MARGIN > width + 10:
        return "start", 8, -9
    slack = 6 * (axes.top - axes.low) / axes.height
    length = width / pixels * data.length
    above, below = data.clear_at_end(length, slack)
    if below and not above and axes.y(usd) < axes.height - 2 * _LABEL_HEIGHT:
        return "end", 0, 20
    highest = max([usd, *data.line.within(max(at - length, data.start), at)])
    rise = 0 if above else round(axes.y(usd) - axes.y(highest))
    return "end", 0, -9 - rise


def _top_up_labels(axes: ChartAxes, data: BurnDown) -> Iterator[Markup]:
    """Yield the amounts of the top-ups."""
    wide, narrow = (_top_ups_that_fit(axes, data, pixels) for pixels in (_WIDE, _NARROW))
    for label in dict.fromkeys((*wide, *narrow)):
        class_ = "credit wide" if label not in narrow else "credit"
        class_ = class_ if label in wide else "credit narrow"
        anchor, dx = ("end", -5) if label.before else ("start", 5)
        x, y, dy = axes.x(label.at), axes.y(label.usd), -4 if label.above else 11
        yield element("text", label.text, class_=class_, text_anchor=anchor, x=x, y=y, dx=dx, dy=dy)


def _top_ups_that_fit(axes: ChartAxes, data: BurnDown, pixels: int) -> tuple[Label, ...]:
    """Return the labels of all top-ups, or none if one does not fit on a plot `pixels` wide."""
    second, dollar = data.length / pixels, (axes.top - axes.low) / axes.height
    taken = []
    if data.line.last is not None:
        at, usd = data.line.last
        text = formatting.dollars(usd)
        anchor, dx, dy = _balance_place(axes, data, text, pixels)
        width = _LETTER * len(text)
        left = at + (dx - width * (anchor == "end")) * second
        low = usd - (dy + 4) * dollar
        taken = [Space(left, left + width * second, low, low + _LABEL_HEIGHT * dollar)]
    lettering = Lettering(_LETTER * second, _MARGIN * second, _LABEL_HEIGHT * dollar)
    return of_top_ups(data, lettering, axes.top, taken)


def _beyond_label(axes: ChartAxes, data: BurnDown, calendar: Calendar) -> Iterator[Markup]:
    """Yield the depletion past the right edge; on a phone only if it hides nothing."""
    wide, narrow = (
        data.beyond(_BEYOND_LABEL / pixels * data.length) for pixels in (_WIDE, _NARROW)
    )
    if wide is not None:
        class_ = "beyond wide" if narrow is None else "beyond"
        text, y = captions.beyond(wide, calendar), axes.y(0)
        yield element("text", text, class_=class_, text_anchor="end", x="100%", y=y, dy=-9)
