"""HTML for notebooks: reports, histories, forecasts and backtests as self-contained fragments.

A fragment takes text colour and size from the page around it, so it is light or dark as the
page is, and contains no style sheet, script or image. All foreign text is escaped.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

from usage_tracker import formatting, times
from usage_tracker.forecast.backtest import Backtest
from usage_tracker.forecast.depletion import Depletion
from usage_tracker.forecast.describe import sentence
from usage_tracker.history import History
from usage_tracker.money import usd
from usage_tracker.render import phrases, summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.palette import LIGHT
from usage_tracker.render.chart_data.spend import Bar, bars
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.markup import Markup, element, leaf
from usage_tracker.reporting.model import AccountReport, Report

_BOX = "max-width:52em;margin:.4em 0;line-height:1.5;overflow-x:auto"
_LINE = "margin:.15em 0"
_STRONG = f"{_LINE};font-weight:600"
_MUTED = f"{_LINE};opacity:.65"
_TABLE = "margin:.5em 0;border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit"
_CELL = "text-align:{};font-weight:400;padding:.1em 1.4em .1em 0;white-space:nowrap"
_HEAD = f"{_CELL};opacity:.65"

_MAX_BARS, _BAR, _HEIGHT, _PALE = 120, 10, 48, 0.45


@singledispatch
def html(value: object) -> str:
    """Return `value` as an HTML fragment."""
    return element("pre", repr(value))


@html.register
def _(report: Report) -> str:
    calendar = Calendar.of(report)
    if len(report.accounts) == 1:
        return _box(*_account(report, report.accounts[0], calendar))
    return _box(*_accounts(report, calendar))


@html.register
def _(history: History) -> str:
    readings, unit = history.readings, history.quota_per_unit
    name = element("bdi", formatting.plain(history.account))
    if not len(readings):
        return _box(_headline("History of ", name, ": no snapshots yet."))
    first, last = (times.from_ms(int(readings.times[i])) for i in (0, -1))
    calendar = Calendar(history.zone, last)
    row = (
        formatting.dollars(usd(int(readings.quota[-1]), unit)),
        formatting.dollars(usd(int(readings.used[-1]), unit)),
        formatting.count(len(readings)),
        formatting.count(len(history.failures)),
        calendar.minute(first),
        calendar.minute(last),
    )
    heading = ("Left>", "Used in all>", "Snapshots>", "Failed attempts>", "First", "Last")
    foot = _footnote(f"Times in {formatting.timezone_name(times.zone_name(history.zone))}.")
    return _box(_headline("History of ", name), _table(heading, [row]), foot)


@html.register
def _(depletion: Depletion) -> str:
    as_of = depletion.as_of
    zone = dt.UTC if as_of is None else as_of.tzinfo or dt.UTC
    headline = _headline(f"{sentence(depletion, zone)}.")
    return _box(headline, *(() if as_of is None else _dates(depletion, Calendar(zone, as_of))))


def _dates(depletion: Depletion, calendar: Calendar) -> Iterator[Markup]:
    columns = [
        (name.capitalize(), phrases.depletion_date(at, calendar))
        for name, at in phrases.depletion_dates(depletion)
    ]
    columns += [
        (f"{phrases.within(chance).capitalize()}>", formatting.probability(chance.p))
        for chance in phrases.chances(depletion)
    ]
    if columns:
        heading, row = zip(*columns, strict=True)
        yield _table(heading, [row])
    as_of = calendar.minute(calendar.now, year=True)
    method = f", {depletion.method}" if depletion.method else ""
    zone = formatting.timezone_name(times.zone_name(calendar.tz))
    yield _footnote(f"As of {as_of} ({zone}){method}.")


@html.register
def _(backtest: Backtest) -> str:
    headline = _headline(f"{backtest.verdict[0].upper()}{backtest.verdict[1:]}.")
    if not backtest.scores:
        return _box(headline)
    rows = (
        (score.method, formatting.percent(score.median_error), f"{score.pinball:.3f}")
        for score in backtest.scores
    )
    worth = formatting.count_noun(round(backtest.independent), "forecast")
    foot = f"They overlap: worth about {worth} that do not. Less is better in both columns."
    table = _table(("Method", "Median error>", "Pinball loss>"), rows)
    return _box(headline, table, _footnote(foot))


def _account(report: Report, account: AccountReport, calendar: Calendar) -> Iterator[Markup]:
    yield _headline(element("bdi", formatting.plain(account.account)))
    yield from _bar_chart(report, account)
    balance = summary.balance_sentence(account, report)
    yield _line(f"{balance} {summary.forecast_sentence(account, calendar)}".rstrip())
    if account.trust:
        yield _line(account.trust)
    if account.balance is not None:
        heading = phrases.rates_heading(report), *(f"{title}>" for title in phrases.RATE_TITLES)
        yield _table(heading, map(phrases.rate_row, phrases.records(account.rates)))
    if summary.has_statement(account):
        yield _line(_statement(account))
    yield _footnote(f"{summary.snapshots_sentence(account, report)} {_window(report, calendar)}")


def _bar_chart(report: Report, account: AccountReport) -> Iterator[Markup]:
    """Yield the spend of the last periods as bars, pale unless whole."""
    shown = bars(report, account)[-_MAX_BARS:]
    most = max((bar.usd or 0.0 for bar in shown), default=0.0)
    if most <= 0:
        return
    title = element("title", f"Spend by {report.by}, at most {formatting.dollars(most)}")
    drawn = (_bar(i, bar, bar.usd / most) for i, bar in enumerate(shown) if bar.usd is not None)
    width = _BAR * len(shown)
    yield element(
        "svg", title, *drawn, role="img", style="max-width:100%",
        width=width, height=_HEIGHT, viewBox=f"0 0 {width} {_HEIGHT}",
    )  # fmt: skip


def _bar(i: int, bar: Bar, share: float) -> Markup:
    height = max(_HEIGHT * share, 1.0)
    place = {"x": _BAR * i, "y": _HEIGHT - height, "width": 0.8 * _BAR, "height": height}
    pale = None if bar.kind == "whole" else _PALE
    return leaf("rect", fill=LIGHT.spend, fill_opacity=pale, **place)


def _statement(account: AccountReport) -> str:
    """Return the reconciliation in one line, without terms that are zero."""
    lines, unit = account.reconciliation, account.quota_per_unit
    changes = {
        "top-ups": lines.top_ups,
        "refunds": lines.refunds,
        "adjustments": lines.adjustments,
        "spend paid by others": lines.covered,
        "spend": -(lines.spend or 0),
        "uncounted": -(lines.uncounted or 0),
        "in flight": lines.in_flight,
    }
    terms = "".join(_term(name, usd(units, unit)) for name, units in changes.items() if units)
    opening, closing = (
        formatting.dollars(usd(units or 0, unit), 2) for units in (lines.opening, lines.closing)
    )
    return f"{opening}{terms} = {closing}"


def _term(name: str, worth: float) -> str:
    sign = "+" if worth > 0 else "\N{MINUS SIGN}"
    return f" {sign} {name} {formatting.dollars(abs(worth), 2)}"


def _window(report: Report, calendar: Calendar) -> str:
    since, until = (calendar.minute(moment) for moment in (report.since, report.until))
    return f"From {since} to {until}, {formatting.timezone_name(report.timezone)}."


def _accounts(report: Report, calendar: Calendar) -> Iterator[Markup]:
    yield _headline(formatting.count_noun(len(report.accounts), "account"))
    ranked = summary.by_days_left(report.accounts, report.as_of)
    if ranked:
        rows = (_row_of(report, account, calendar) for account in ranked)
        yield _table(("Account", "Left>", "Per day>", "Days left>", "Runs out"), rows)
    yield _footnote(_window(report, calendar))


def _row_of(report: Report, account: AccountReport, calendar: Calendar) -> Sequence[str]:
    return (
        element("bdi", formatting.plain(account.account)),
        summary.left(account),
        summary.per_day(account),
        summary.days_left(account, report.as_of),
        captions.runs_out(account.depletion, calendar).removeprefix("runs out "),
    )


def _box(*parts: Markup) -> Markup:
    return element("div", *parts, style=_BOX)


def _headline(*parts: str) -> Markup:
    return element("p", *parts, style=_STRONG)


def _line(text: str) -> Markup:
    return element("p", text, style=_LINE)


def _footnote(text: str) -> Markup:
    return element("p", text, style=_MUTED)


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Return a table; a heading that ends in `>` aligns its column right, for numbers."""
    sides = ["right" if title.endswith(">") else "left" for title in heading]
    titles = [title.removesuffix(">") for title in heading]
    head = element("thead", _table_row("th", titles, sides, _HEAD))
    body = element("tbody", *(_table_row("td", row, sides, _CELL) for row in rows))
    return element("table", head, body, style=_TABLE)


def _table_row(name: str, texts: Sequence[str], sides: Sequence[str], style: str) -> Markup:
    cells = (
        element(name, text, style=style.format(side))
        for text, side in zip(texts, sides, strict=True)
    )
    return element("tr", *cells)
