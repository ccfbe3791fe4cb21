from dataclasses import replace

from tests.render import sample
from tests.render.html.reading import page, rows, units
from usage_tracker import formatting
from usage_tracker.money import usd
from usage_tracker.render.phrases import event_phrase


def test_the_reconciliation_is_the_reports_to_the_unit() -> None:
    report = sample.lived_in()
    r = report.accounts[0].reconciliation
    lines = (r.opening, r.top_ups, r.refunds, r.adjustments, r.spend, r.in_flight, r.closing)
    tree = page(report)
    assert units(tree, "Where the money went: default") == [[line] for line in lines]
    assert [row[2] for row in rows(tree, "Where the money went: default")] == [
        formatting.count(n) for n in lines
    ]
    assert [row[1] for row in rows(tree, "Where the money went: default")] == [
        formatting.dollars(usd(line or 0), 2) for line in lines
    ]


def test_the_periods_are_the_reports_to_the_unit() -> None:
    report = sample.lived_in()
    shown = units(page(report), "Spend by day: default")
    assert [[row[0], row[-1]] for row in shown] == [
        [period.spend, period.closing] for period in report.accounts[0].periods
    ]
    credit = {amount for row in shown for amount in row[1:-1]}
    assert credit == {50_000_000, 10_000_000, 210_000, -1_250_000}


def test_the_rates_and_events_are_the_reports() -> None:
    (account,) = sample.lived_in().accounts
    tree = page(sample.lived_in())
    assert [row[2] for row in rows(tree, "Daily spend: default")] == [
        formatting.dollars(rate.usd_per_day) for rate in account.rates
    ]
    happened = rows(tree, "Events: default")
    assert [row[1] for row in happened] == [event_phrase(event) for event in account.events]
    signs = [row[2][0] for row, event in zip(happened, account.events, strict=True) if event.quota]
    assert signs == [
        "-" if (event.quota or 0) < 0 else "+" for event in account.events if event.quota
    ]


def test_an_estimate_and_an_unknown_spend_differ_from_no_spend() -> None:
    (account,) = sample.lived_in().accounts
    guessed, blank, nothing = (
        replace(account.periods[3], estimated=True),
        replace(account.periods[4], spend=None, usd=None, closing=None),
        replace(account.periods[5], spend=0, usd=0.0),
    )
    altered = replace(account, periods=(guessed, blank, nothing))
    report = replace(sample.lived_in(), accounts=(altered,))
    spent = [row[1] for row in rows(page(report), "Spend by day: default")]
    assert spent[0].startswith("~$")
    assert spent[1:] == ["—", "$0.00"]


def test_periods_of_another_year_have_it_in_every_row() -> None:
    named = [row[0] for row in rows(page(sample.a_year()), "Spend by day: default")]
    assert (named[0], named[-1]) == ("Sun 23 Nov 2025", "Mon 23 Nov 2026")
