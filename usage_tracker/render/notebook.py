"""What notebooks show: fragments of HTML that stand by themselves.

They take the text's colour and size from the page around them, so that they are light or
dark as it is, and hold no style sheet, script or picture. Everything is escaped.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

from usage_tracker import times
from usage_tracker.analysis.backtest import Backtest
from usage_tracker.analysis.depletion import Depletion
from usage_tracker.analysis.words import percent, sentence
from usage_tracker.history import History
from usage_tracker.money import usd
from usage_tracker.render import summary, words
from usage_tracker.render.html.markup import Markup, element, leaf, together
from usage_tracker.render.plots import captions
from usage_tracker.render.plots.palette import LIGHT
from usage_tracker.render.plots.spend import Bar, bars
from usage_tracker.render.words import Calendar
from usage_tracker.reporting.model import AccountReport, Report

_BOX = "max-width:52em;margin:.4em 0;line-height:1.5;overflow-x:auto"
_LINE = "margin:.15em 0"
_STRONG = f"{_LINE};font-weight:600"
_MUTED = f"{_LINE};opacity:.65"
_TABLE = "margin:.5em 0;border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit"
_CELL = "text-align:{};font-weight:400;padding:.1em 1.4em .1em 0;white-space:nowrap"
_HEAD = f"{_CELL};opacity:.65"
_BARS, _BAR, _STRIP = 120, 10, 48
_FILL = LIGHT.spend

_STATEMENT = (
    ("opening", ""),
    ("top_ups", " + top-ups "),
    ("refunds", " + refunds "),
    ("adjustments", " ± adjustments "),
    ("spend", " − spend "),
    ("in_flight", " ± in flight "),
    ("closing", " = "),
)


@singledispatch
def html(value: object) -> str:
    """`value` as a fragment of HTML."""
    return element("pre", repr(value))


@html.register
def _history(history: History) -> str:
    readings, zone = history.readings, history.zone
    name = element("bdi", words.plain(history.account))
    if not len(readings):
        return _box(element("p", name, ": no snapshots yet.", style=_STRONG))
    first, last = (times.from_ms(int(readings.times[i])) for i in (0, -1))
    calendar = Calendar(zone, last)
    quota, used = (usd(int(c[-1]), history.quota_per_unit) for c in (readings.quota, readings.used))
    cells = (
        words.dollars(quota),
        words.dollars(used),
        words.count(len(readings)),
        words.count(len(history.failures)),
        calendar.minute(first),
        calendar.minute(last),
    )
    heading = ("Left>", "Used in all>", "Snapshots>", "Failed attempts>", "First", "Last")
    return _box(
        element("p", "History of ", name, style=_STRONG),
        _table(heading, [cells]),
        _muted(f"Times in {zone.key}."),
    )


@html.register
def _depletion(depletion: Depletion) -> str:
    asked = depletion.as_of
    zone = dt.UTC if asked is None else asked.tzinfo or dt.UTC
    told = element("p", sentence(depletion, zone), ".", style=_STRONG)
    if asked is None:
        return _box(told)
    calendar = Calendar(zone, asked)
    method = f", {depletion.method}" if depletion.method else ""
    foot = _muted(f"As of {calendar.minute(asked, year=True)} ({zone}){method}.")
    columns = list(_prospects(depletion, calendar))
    return _box(told, _table(*_turned(columns)), foot) if columns else _box(told, foot)


def _prospects(depletion: Depletion, calendar: Calendar) -> Iterator[tuple[str, str]]:
    early = (1 - depletion.level) / 2
    ends = (
        (f"{percent(early)} by", depletion.low),
        ("Even odds", depletion.median),
        (f"{percent(1 - early)} by", depletion.high),
        ("At the 7-day rate", depletion.linear),
    )
    if depletion.method is not None:
        yield from ((name, calendar.minute(moment)) for name, moment in ends if moment)
    for chance in depletion.probability:
        yield f"Within {chance.days} days>", words.percent(chance.p)


@html.register
def _report(report: Report) -> str:
    calendar = Calendar.of(report)
    if len(report.accounts) == 1:
        return _box(*_account(report, report.accounts[0], calendar))
    return _box(*_accounts(report, calendar))


def _account(report: Report, account: AccountReport, calendar: Calendar) -> Iterator[Markup]:
    yield element("p", element("bdi", words.plain(account.account)), style=_STRONG)
    yield from _strip(report, account)
    yield _line(f"{summary.standing(account)} {summary.outlook(account.depletion, calendar)}")
    if account.trust:
        yield _line(account.trust)
    if account.rates:
        yield _rates(account)
    if account.reconciliation.closing is not None:
        yield _line(_statement(account))
    yield _muted(f"{summary.foundation(account)} {_window(report, calendar)}")


def _strip(report: Report, account: AccountReport) -> Iterator[Markup]:
    """The spend of the last periods as bars, pale where it is not of a whole one or not sure."""
    shown = bars(report, account)[-_BARS:]
    most = max((bar.usd or 0.0 for bar in shown), default=0.0)
    if most <= 0:
        return
    drawn = (_bar(i, bar, bar.usd / most) for i, bar in enumerate(shown) if bar.usd is not None)
    told = f"Spend by {report.by}, at most {words.dollars(most)}"
    width = _BAR * len(shown)
    yield element(
        "svg", element("title", told), *drawn, role="img", viewBox=f"0 0 {width} {_STRIP}",
        width=width, height=_STRIP, style="max-width:100%",
    )  # fmt: skip


def _bar(i: int, bar: Bar, share: float) -> Markup:
    height = max(_STRIP * share, 1.0)
    place = {"x": _BAR * i, "y": _STRIP - height, "width": 0.8 * _BAR, "height": height}
    sure = bar.kind == "whole"
    return leaf("rect", fill=_FILL, fill_opacity=None if sure else 0.45, **place)


def _rates(account: AccountReport) -> Markup:
    rows = (
        (
            summary.window(rate.window),
            words.dollars(rate.usd),
            words.dollars(rate.usd_per_day),
            words.percent(rate.coverage),
        )
        for rate in account.rates
    )
    return _table(("Last", "Spend>", "A day>", "Known>"), rows)


def _statement(account: AccountReport) -> str:
    """Where the balance came from, in a line, without what there was nothing of."""
    parts = ((name, sign, getattr(account.reconciliation, name)) for name, sign in _STATEMENT)
    worth = (
        sign + words.dollars(None if units is None else usd(units, account.quota_per_unit), 2)
        for name, sign, units in parts
        if units or name in {"opening", "closing"}
    )
    return "".join(worth)


def _window(report: Report, calendar: Calendar) -> str:
    since, until = (calendar.minute(moment) for moment in (report.since, report.until))
    return f"From {since} to {until}, {report.timezone}."


def _accounts(report: Report, calendar: Calendar) -> Iterator[Markup]:
    yield element("p", words.counted(len(report.accounts), "account"), style=_STRONG)
    ranked = summary.by_days_left(report.accounts, report.as_of)
    rows = [_overview(report, account, calendar) for account in ranked]
    if rows:
        yield _table(("Account", "Left>", "A day>", "Days left>", "Outlook"), rows)
    yield _muted(_window(report, calendar))


def _overview(report: Report, account: AccountReport, calendar: Calendar) -> Sequence[str]:
    rate = summary.usual_rate(account)
    return (
        element("bdi", words.plain(account.account)),
        words.dollars(account.balance.usd if account.balance else None),
        words.dollars(rate.usd_per_day if rate else None),
        summary.days_left(account, report.as_of),
        captions.prospect(account.depletion, calendar),
    )


@html.register
def _backtest(backtest: Backtest) -> str:
    said = backtest.verdict[0].upper() + backtest.verdict[1:]
    told = element("p", said, ".", style=_STRONG)
    if not backtest.trials:
        return _box(told)
    heading = ("Method", "Median error>", "Pinball loss>")
    rows = (
        (score.method, words.percent(score.median_error), f"{score.pinball:.3f}")
        for score in backtest.scores
    )
    independent = words.counted(round(backtest.independent), "forecast")
    foot = f"They overlap: worth about {independent} that do not. Less is better in both columns."
    return _box(told, _table(heading, rows), _muted(foot))


def _box(*parts: Markup) -> Markup:
    return element("div", *parts, style=_BOX)


def _line(text: str) -> Markup:
    return element("p", text, style=_LINE)


def _muted(text: str) -> Markup:
    return element("p", text, style=_MUTED)


def _turned(columns: Sequence[tuple[str, str]]) -> tuple[Sequence[str], list[Sequence[str]]]:
    heading, row = zip(*columns, strict=True)
    return heading, [row]


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table; a heading that ends in `>` stands over numbers."""
    sides = ["right" if title.endswith(">") else "left" for title in heading]
    head = [
        element("th", title.removesuffix(">"), scope="col", style=_HEAD.format(side))
        for title, side in zip(heading, sides, strict=True)
    ]
    body = [
        element("tr", *(_cell(text, side) for text, side in zip(row, sides, strict=True)))
        for row in rows
    ]
    parts = (element("thead", element("tr", *head)), element("tbody", *body))
    return element("table", together(parts), style=_TABLE)


def _cell(text: str, side: str) -> Markup:
    return element("td", text, style=_CELL.format(side))
