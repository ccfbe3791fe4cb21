"""The burn-down, inline: the balance so far and the fan of what may come of it."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from usage_tracker import formatting
from usage_tracker.money import usd
from usage_tracker.render import summary
from usage_tracker.render.chart_data.balance import BurnDown, Forecast, burn_down
from usage_tracker.render.chart_data.line import Point
from usage_tracker.render.chart_data.scales import time_ticks
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html import labels
from usage_tracker.render.html.axes import (
    Frame,
    chart,
    curves,
    labels_below,
    levels,
    percent,
    sensor,
    tip,
)
from usage_tracker.render.html.event_mark import happening
from usage_tracker.render.html.markup import Markup, element, leaf
from usage_tracker.render.phrases import closing_balances, records
from usage_tracker.reporting.model import AccountReport, Report

_HEIGHT, _AIR, _AIR_BELOW = 260, 1.08, 1.25
_WIDE, _NARROW = 9, 4
_SENSORS, _SPOTS = 800, 2
_DAY = 86_400


def draw(picture: BurnDown, report: Report, account: AccountReport, calendar: Calendar) -> Markup:
    """The `picture`, not empty, of `account`'s balance."""
    top = (picture.top or 1.0) * _AIR
    frame = Frame(picture.start, picture.end, _foot(picture.floor, top), top, _HEIGHT)
    parts = (
        *_shades(frame, picture),
        levels(frame),
        _moments(frame, calendar),
        curves(frame, *_ahead(frame, picture), *_line(frame, picture)),
        *_end(frame, picture, calendar),
        *labels.steps(frame, picture),
        *_marks(frame, picture),
        *labels.now(frame, picture),
        *_sensors(frame, report, account, calendar),
        *_sensors_ahead(frame, picture.forecast, calendar),
    )
    return chart(frame, _told(account, calendar, picture), *parts)


def _foot(floor: float, top: float) -> float:
    """The lower edge: zero, or so far below the `floor` that the last balance fits there."""
    room = 2.6 * labels.LABEL_HEIGHT / _HEIGHT
    return min(floor * _AIR_BELOW, floor - room * (top - floor)) if floor < 0 else 0.0


def spark(report: Report, account: AccountReport) -> Markup:
    """The same in the size of a word, for a table."""
    picture = burn_down(report, account)
    if picture.line.last is None:
        return Markup()
    frame = Frame(picture.start, picture.end, picture.floor, picture.top or 1.0, 28)
    drawn = curves(frame, *_ahead(frame, picture), *_line(frame, picture))
    return element("svg", drawn, class_="spark", aria_hidden="true", width=120, height=28)


def _told(account: AccountReport, calendar: Calendar, picture: BurnDown) -> str:
    first, last = picture.line.stretches[0].points[0], picture.line.stretches[-1].points[-1]
    of, since = formatting.plain(account.account), _day(first, calendar)
    past = f"from {formatting.dollars(first[1])} on {since} to {formatting.dollars(last[1])}"
    return f"Balance of {of}: {past}. {summary.depletion_sentence(account.depletion, calendar)}"


def _day(point: Point, calendar: Calendar) -> str:
    return calendar.day(dt.datetime.fromtimestamp(point[0], dt.UTC))


def _moments(frame: Frame, calendar: Calendar) -> Markup:
    wide, narrow = (time_ticks(frame.start, frame.end, calendar, most) for most in (_WIDE, _NARROW))
    return labels_below(frame, wide, narrow)


def _shades(frame: Frame, picture: BurnDown) -> Iterator[Markup]:
    """The times without snapshots."""
    for start, end in picture.unobserved:
        place = {"x": frame.x(start), "width": frame.wide(end - start)}
        yield tip("no snapshots", leaf("rect", class_="haze", height=frame.height, **place))


def _marks(frame: Frame, picture: BurnDown) -> Iterator[Markup]:
    """What happened besides spending, below the line; those on one spot are one."""
    spots = {(round(frame.share(at) * _SPOTS) / _SPOTS, kind) for at, kind in picture.marks}
    for share, kind in sorted(spots):
        yield happening(kind, x=percent(share), y=frame.height)


def _ahead(frame: Frame, picture: BurnDown) -> Iterator[Markup]:
    ahead, now = picture.forecast, picture.line.last
    if ahead is not None:
        edge = [*zip(ahead.times, ahead.high, strict=True)]
        edge += reversed([*zip(ahead.times, ahead.low, strict=True)])
        yield leaf("path", class_="fan", d=frame.path(edge) + "Z")
        yield leaf("path", class_="median", d=frame.path(ahead.median_to_zero()))
    if picture.ends.linear is not None and now is not None and now[1] > 0:
        yield leaf("path", class_="linear", d=frame.path([now, (picture.ends.linear, 0.0)]))


def _line(frame: Frame, picture: BurnDown) -> Iterator[Markup]:
    for stretch in picture.line.stretches:
        class_ = "balance bridge" if stretch.bridged else "balance"
        yield leaf("path", class_=class_, d=frame.path(stretch.points))


def _end(frame: Frame, picture: BurnDown, calendar: Calendar) -> Iterator[Markup]:
    """The interval and the middle of the end, on the line of nothing."""
    ends, y = picture.ends, frame.y(0)
    if picture.interval is not None:
        first, last = map(frame.x, picture.interval)
        yield leaf("line", class_="ends", x1=first, x2=last, y1=y, y2=y)
    if ends.median is not None and ends.median <= picture.end:
        yield leaf("circle", class_="end", cx=frame.x(ends.median), cy=y, r=4.5)
    if picture.continues:
        yield element("svg", leaf("path", class_="end", d="M-3 -5L6 0L-3 5Z"), x="100%", y=y)
    yield from labels.beyond(frame, picture, calendar)


def _sensors(
    frame: Frame, report: Report, account: AccountReport, calendar: Calendar
) -> Iterator[Markup]:
    periods = records(account.periods)[-_SENSORS:]
    for period, (units, mark) in zip(periods, closing_balances(periods, account), strict=True):
        if units is None or period.start.timestamp() < frame.start:
            continue
        left = mark + formatting.dollars(usd(units, account.quota_per_unit))
        text = f"{calendar.period(period.start, report.by)}: {left} left"
        yield tip(text, sensor(frame, period.start.timestamp(), period.end.timestamp()))


def _sensors_ahead(frame: Frame, ahead: Forecast | None, calendar: Calendar) -> Iterator[Markup]:
    if ahead is None:
        return
    for i, (start, end) in enumerate(pairwise(ahead.times), 1):
        if end <= frame.end:
            at = dt.datetime.fromtimestamp(end, dt.UTC)
            when = calendar.minute(at) if end - start < _DAY else calendar.day(at)
            low, high = (formatting.dollars(bound[i]) for bound in (ahead.low, ahead.high))
            text = f"{when}: {formatting.dollars(ahead.median[i])} expected, {low} to {high}"
            yield tip(text, sensor(frame, start, end))
