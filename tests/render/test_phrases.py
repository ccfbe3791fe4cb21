import datetime as dt
from dataclasses import replace

import pytest

from tests.render import sample
from tests.render.account import AS_OF
from tests.render.html import reading
from tests.render.terminal.context import context_of
from tests.render.test_markdown import table
from usage_tracker.forecast.depletion import Chance
from usage_tracker.render import markdown, phrases
from usage_tracker.render.dates import Calendar
from usage_tracker.render.phrases import credits_by_period, event_phrase, events_by_period
from usage_tracker.render.terminal import periods
from usage_tracker.reporting.model import AccountReport, Report, ReportedEvent

NOW = sample.lived_in()
ENDED = replace(NOW, until=NOW.as_of - dt.timedelta(days=5))
WEEK = NOW.accounts[0].rates[2]


def test_a_window_up_to_the_reports_moment_is_the_last() -> None:
    assert phrases.rate_window_phrase(WEEK, NOW) == "last 7 days"
    assert phrases.rates_heading(NOW) == "Last"
    assert phrases.window_phrase(NOW.since, NOW) == "since Sat 24 Oct"


def test_a_window_that_has_ended_is_named_with_its_end() -> None:
    assert phrases.rate_window_phrase(WEEK, ENDED) == "7 days to Wed 18 Nov"
    assert phrases.rates_heading(ENDED) == "To Wed 18 Nov"
    assert phrases.window_phrase(ENDED.since, ENDED) == "Sat 24 Oct to Wed 18 Nov"


def test_a_window_without_a_name_in_words_keeps_its_own() -> None:
    assert phrases.rate_window(replace(WEEK, window="90m")) == "90m"


REPORT = sample.lived_in()
DEPLETION = REPORT.accounts[0].depletion
CALENDAR = Calendar.of(REPORT)


def test_depletion_dates_come_in_order_and_without_the_unknown_ones() -> None:
    names = [name for name, _ in phrases.depletion_dates(DEPLETION)]
    assert names == ["10 % by", "even odds by", "90 % by", "straight line"]
    unbounded = replace(DEPLETION, high=None, linear=None)
    assert [name for name, _ in phrases.depletion_dates(unbounded)] == ["10 % by", "even odds by"]


def test_a_balance_that_is_used_up_has_no_dates_and_no_chances() -> None:
    gone = replace(DEPLETION, state="depleted")
    assert list(phrases.depletion_dates(gone)) == []
    assert phrases.chances(gone) == ()
    assert phrases.chances(DEPLETION) == DEPLETION.probability


def test_a_depletion_date_is_to_ten_minutes_only_if_it_is_near() -> None:
    assert phrases.depletion_date(AS_OF + dt.timedelta(hours=47), CALENDAR) == "Wed 25 Nov 12:20"
    assert phrases.depletion_date(AS_OF + dt.timedelta(hours=49), CALENDAR) == "Wed 25 Nov"


def test_a_chance_is_named_by_its_days() -> None:
    assert [phrases.within(Chance(days, 0.5)) for days in (1, 7)] == [
        "within 1 day",
        "within 7 days",
    ]


def test_the_credit_of_all_periods_is_that_of_the_reconciliation() -> None:
    (account,) = sample.lived_in().accounts
    lines = account.reconciliation
    added = [lines.top_ups, lines.refunds, lines.adjustments]
    assert sum(credits_by_period(account.periods, account.events)) == sum(
        line or 0 for line in added
    )


def test_a_gap_belongs_to_every_period_it_reaches_into_and_other_events_to_one() -> None:
    (account,) = sample.lived_in().accounts
    kinds = [
        event.kind
        for events in events_by_period(account.periods, account.events)
        for event in events
    ]
    assert kinds.count("gap") == 2
    assert len(kinds) == len(account.events) + 1


def test_an_event_at_the_end_of_a_period_belongs_to_it() -> None:
    (account,) = sample.lived_in().accounts
    top_up = next(event for event in account.events if event.kind == "top_up")
    edge = next(period for period in account.periods if period.end > top_up.at)
    at_the_edge = replace(top_up, at=edge.end)
    (before,) = [
        period
        for period, events in zip(
            account.periods, events_by_period(account.periods, [at_the_edge]), strict=True
        )
        if events
    ]
    assert before == edge


def test_an_event_is_named_with_its_length_or_its_doubt() -> None:
    (account,) = sample.lived_in().accounts
    assert [event_phrase(event) for event in account.events] == [
        "top-up",
        "refund",
        "gap of 10 h",
        "adjustment",
        "top-up, not confirmed",
    ]


LIVED_IN = sample.lived_in()
(ACCOUNT,) = LIVED_IN.accounts
SEEN, UNSEEN, SILENT = ACCOUNT.periods[:3]


def in_terminal(report: Report) -> list[str]:
    (account,) = report.accounts
    table = periods.table(context_of(report), account, account.periods, 80)
    return [str(row[-1]) for row in table.rows]


def in_html(report: Report) -> list[str]:
    tree, (account,) = reading.page(report), report.accounts
    titles = reading.titles(tree, f"Spend by {report.by}: {account.account}")
    return [
        row[titles.index("Balance")]
        for row in reading.rows(tree, f"Spend by {report.by}: {account.account}")
    ]


def in_markdown(report: Report) -> list[str]:
    titles, _, *rows = table(markdown.render(report), "Period")
    return [row[titles.index("Balance")] for row in rows]


def balances_of(account: AccountReport) -> list[list[str]]:
    report = replace(LIVED_IN, accounts=(account,))
    return [read(report) for read in (in_terminal, in_html, in_markdown)]


def silent() -> AccountReport:
    """One day with its snapshots, one within a gap, one after the last snapshot."""
    gap = ReportedEvent("gap", UNSEEN.start, SILENT.end, None, None, confirmed=True)
    days = (
        SEEN,
        replace(UNSEEN, coverage=0.0, estimated=True),
        replace(SILENT, spend=None, usd=None, coverage=0.0),
    )
    snapshots = replace(ACCOUNT.snapshots, latest=SILENT.start)
    return replace(ACCOUNT, periods=days, events=(gap,), snapshots=snapshots)


def closing(account: AccountReport, day: int = 1) -> tuple[int | None, str]:
    return phrases.closing_balances(account.periods, account)[day]


def test_every_format_marks_closing_balances_alike() -> None:
    for column in balances_of(silent()):
        assert [cell[:2] for cell in column] == ["$3", "~$", "—"]


def test_a_balance_seen_in_the_period_has_no_mark() -> None:
    assert phrases.closing_balances([SEEN], silent()) == [(SEEN.closing, "")]


def test_a_gap_that_is_over_by_the_periods_end_leaves_its_balance_certain() -> None:
    account = silent()
    for at in (UNSEEN.end - dt.timedelta(hours=1), UNSEEN.end):
        short = replace(account.events[0], at=at)
        assert closing(replace(account, events=(short,)))[1] == ""


def test_a_balance_in_the_gap_that_the_window_ends_in_has_a_mark() -> None:
    account = replace(silent(), events=())
    assert closing(account)[1] == ""
    ended = replace(account.snapshots, last=UNSEEN.start)
    assert closing(replace(account, snapshots=ended))[1] == "~"


@pytest.mark.parametrize("latest", [None, SILENT.start + dt.timedelta(hours=1)])
def test_a_balance_that_a_later_snapshot_holds_is_known(latest: dt.datetime | None) -> None:
    account = silent()
    later = replace(account, snapshots=replace(account.snapshots, latest=latest))
    assert closing(later, 2)[0] == SILENT.closing
