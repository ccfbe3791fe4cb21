"""A report in a notebook: what is left, what a day costs, when it ends, and what adds up."""

from collections.abc import Iterator, Sequence

from usage_tracker import formatting
from usage_tracker.money import usd
from usage_tracker.render import phrases, summary
from usage_tracker.render.chart_data import captions
from usage_tracker.render.chart_data.palette import LIGHT
from usage_tracker.render.chart_data.spend import Bar, bars
from usage_tracker.render.dates import Calendar
from usage_tracker.render.html.markup import Markup, element, leaf
from usage_tracker.render.notebook.fragment import box, footnote, headline, line, table
from usage_tracker.reporting.model import AccountReport, Report

_BARS, _BAR, _HEIGHT, _PALE = 120, 10, 48, 0.45
_CREDITS = (("top_ups", "top-ups"), ("refunds", "refunds"), ("adjustments", "adjustments"))


def of_report(report: Report) -> str:
    """One account in some lines, several in one each."""
    calendar = Calendar.of(report)
    if len(report.accounts) == 1:
        return box(*_account(report, report.accounts[0], calendar))
    return box(*_accounts(report, calendar))


def _account(report: Report, account: AccountReport, calendar: Calendar) -> Iterator[Markup]:
    yield headline(element("bdi", formatting.plain(account.account)))
    yield from _strip(report, account)
    yield line(
        f"{summary.balance_sentence(account, report)}"
        f" {summary.forecast_sentence(account, calendar)}".rstrip()
    )
    if account.trust:
        yield line(account.trust)
    if account.balance is not None:
        yield table(_rate_titles(report), map(phrases.rate_row, phrases.records(account.rates)))
    if summary.has_statement(account):
        yield line(_statement(account))
    yield footnote(f"{summary.snapshots_sentence(account, report)} {_window(report, calendar)}")


def _strip(report: Report, account: AccountReport) -> Iterator[Markup]:
    """The spend of the last periods as bars, pale where it is not of a whole one or not sure."""
    shown = bars(report, account)[-_BARS:]
    most = max((bar.usd or 0.0 for bar in shown), default=0.0)
    if most <= 0:
        return
    told = element("title", f"Spend by {report.by}, at most {formatting.dollars(most)}")
    drawn = (_bar(i, bar, bar.usd / most) for i, bar in enumerate(shown) if bar.usd is not None)
    width = _BAR * len(shown)
    yield element(
        "svg", told, *drawn, role="img", style="max-width:100%",
        width=width, height=_HEIGHT, viewBox=f"0 0 {width} {_HEIGHT}",
    )  # fmt: skip


def _bar(i: int, bar: Bar, share: float) -> Markup:
    height = max(_HEIGHT * share, 1.0)
    place = {"x": _BAR * i, "y": _HEIGHT - height, "width": 0.8 * _BAR, "height": height}
    pale = None if bar.kind == "whole" else _PALE
    return leaf("rect", fill=LIGHT.spend, fill_opacity=pale, **place)


def _rate_titles(report: Report) -> Sequence[str]:
    return phrases.rates_heading(report), *(f"{title}>" for title in phrases.RATE_TITLES)


def _statement(account: AccountReport) -> str:
    """Where the balance came from, in a line, without what there was nothing of."""
    lines, unit = account.reconciliation, account.quota_per_unit
    added = [(what, getattr(lines, name) or 0) for name, what in _CREDITS]
    added += [("spend", -(lines.spend or 0)), ("in flight", lines.in_flight or 0)]
    terms = "".join(_term(what, usd(units, unit)) for what, units in added if units)
    ends = (
        formatting.dollars(usd(units or 0, unit), 2) for units in (lines.opening, lines.closing)
    )
    return f"{terms} = ".join(ends)


def _term(what: str, worth: float) -> str:
    sign = "+" if worth > 0 else "\N{MINUS SIGN}"
    return f" {sign} {what} {formatting.dollars(abs(worth), 2)}"


def _window(report: Report, calendar: Calendar) -> str:
    since, until = (calendar.minute(moment) for moment in (report.since, report.until))
    return f"From {since} to {until}, {formatting.timezone(report.timezone)}."


def _accounts(report: Report, calendar: Calendar) -> Iterator[Markup]:
    yield headline(formatting.counted(len(report.accounts), "account"))
    ranked = summary.by_days_left(report.accounts, report.as_of)
    if ranked:
        rows = (_overview(report, account, calendar) for account in ranked)
        yield table(("Account", "Left>", "Per day>", "Days left>", "Runs out"), rows)
    yield footnote(_window(report, calendar))


def _overview(report: Report, account: AccountReport, calendar: Calendar) -> Sequence[str]:
    return (
        element("bdi", formatting.plain(account.account)),
        summary.left(account),
        summary.per_day(account),
        summary.days_left(account, report.as_of),
        captions.runs_out(account.depletion, calendar).removeprefix("runs out "),
    )
