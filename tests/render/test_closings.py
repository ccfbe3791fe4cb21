import datetime as dt
from dataclasses import replace

import pytest

from tests.render import sample
from tests.render.html import reading
from tests.render.terminal.pages import page
from tests.render.test_markdown import table
from usage_tracker.render import closings, markdown
from usage_tracker.render.terminal import periods
from usage_tracker.reporting.model import AccountReport, Report, ReportedEvent

LIVED_IN = sample.lived_in()
(ACCOUNT,) = LIVED_IN.accounts
SEEN, UNSEEN, SILENT = ACCOUNT.periods[:3]


def in_terminal(report: Report) -> list[str]:
    sheet = periods.sheet(page(report), report.accounts[0], 80)
    return [str(row[-1]) for row in sheet.rows]


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


def told_of(account: AccountReport) -> list[list[str]]:
    report = replace(LIVED_IN, accounts=(account,))
    return [tell(report) for tell in (in_terminal, in_html, in_markdown)]


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


def test_every_text_tells_a_balance_alike() -> None:
    for told in told_of(silent()):
        assert [cell[:2] for cell in told] == ["$3", "~$", "—"]


def test_a_balance_seen_in_the_period_is_told_as_it_is() -> None:
    assert closings.closing(SEEN, silent()) == SEEN.closing
    assert closings.sign(SEEN, silent()) == ""


def test_a_gap_that_is_over_by_the_periods_end_leaves_its_balance_certain() -> None:
    account = silent()
    for at in (UNSEEN.end - dt.timedelta(hours=1), UNSEEN.end):
        short = replace(account.events[0], at=at)
        assert closings.sign(account.periods[1], replace(account, events=(short,))) == ""


def test_the_gap_that_a_window_ends_in_makes_its_balance_an_older_one() -> None:
    account = replace(silent(), events=())
    assert closings.sign(account.periods[1], account) == ""
    ended = replace(account.snapshots, last=UNSEEN.start)
    assert closings.sign(account.periods[1], replace(account, snapshots=ended)) == "~"


@pytest.mark.parametrize("latest", [None, SILENT.start + dt.timedelta(hours=1)])
def test_a_balance_that_a_later_snapshot_holds_is_known(latest: dt.datetime | None) -> None:
    account = silent()
    later = replace(account, snapshots=replace(account.snapshots, latest=latest))
    assert closings.closing(account.periods[2], later) == SILENT.closing
