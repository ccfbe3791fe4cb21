from dataclasses import replace

from tests.render import sample
from tests.render.terminal.context import context_of
from usage_tracker.render.terminal import periods
from usage_tracker.reporting.model import Period, Report, ReportedEvent


def rows(report: Report, width: int = 80, *, unicode: bool = True) -> list[list[str]]:
    (account,) = report.accounts
    table = periods.table(context_of(report, unicode=unicode), account, account.periods, width)
    return [[column.title for column in table.columns], *([str(c) for c in r] for r in table.rows)]


def with_periods(report: Report, *kept: Period) -> Report:
    return replace(report, accounts=(replace(report.accounts[0], periods=kept),))


LIVED_IN = sample.lived_in()
WHOLE = LIVED_IN.accounts[0].periods[1]


def spent(period: Period) -> list[str]:
    """The cells of one day: label, part, spent, bar; beside a whole day that sets the scale."""
    report = with_periods(LIVED_IN, LIVED_IN.accounts[0].periods[0], WHOLE, period)
    return rows(report)[3][:4]


def test_unknown_zero_partial_and_estimated_spend_look_different() -> None:
    unknown = replace(WHOLE, spend=None, usd=None, coverage=0.0, estimated=True)
    nothing = replace(WHOLE, spend=0, usd=0.0)
    partial = replace(WHOLE, coverage=0.5)
    estimated = replace(WHOLE, coverage=0.0, estimated=True)
    assert spent(unknown)[1:] == ["", "—", ""]
    assert spent(nothing)[1:] == ["", "$0.00", ""]
    assert spent(partial)[1:3] == ["◌", "$1.64"]
    assert spent(estimated)[1:3] == ["◌", "~$1.64"]
    assert spent(replace(WHOLE, estimated=True))[1:3] == ["", "~$1.64"]
    assert set(spent(partial)[3]) == {"█"}
    assert set(spent(estimated)[3]) == {"▒"}


def test_a_balance_of_a_day_without_a_snapshot_has_a_mark() -> None:
    (account,) = LIVED_IN.accounts
    before, day, after, *_ = account.periods
    gap = ReportedEvent("gap", before.start, after.end, None, None, confirmed=True)
    unseen = replace(day, coverage=0.0, estimated=True)
    report = replace(
        LIVED_IN, accounts=(replace(account, periods=(before, unseen), events=(gap,)),)
    )
    known, carried = (row[-1] for row in rows(report)[1:])
    assert known[0] == "$"
    assert carried[:2] == "~$"


def test_there_is_no_balance_after_the_last_snapshot() -> None:
    (account,) = LIVED_IN.accounts
    first, second, *_ = account.periods
    silent = replace(second, spend=None, usd=None, coverage=0.0)
    seen = replace(account.snapshots, latest=second.start)
    report = replace(
        LIVED_IN, accounts=(replace(account, periods=(first, silent), snapshots=seen),)
    )
    assert [row[-1] for row in rows(report)[1:]][1] == "—"


def test_the_window_cuts_its_first_and_its_last_day() -> None:
    parts = {row[0]: row[1] for row in rows(LIVED_IN)}
    cut = [day for day, mark in parts.items() if mark == "◐"]
    assert cut == ["Sat 24 Oct", "Mon 23 Nov"]


def test_a_day_of_which_a_part_is_unknown_has_another_mark_than_one_that_is_cut() -> None:
    assert [row[0] for row in rows(LIVED_IN) if row[1] == "◌"] == ["Sat 14 Nov"]
    assert [row[0] for row in rows(LIVED_IN, unicode=False) if row[1] == ":"] == ["Sat 14 Nov"]


def test_credits_are_summed_and_their_marks_shown() -> None:
    shown = {row[0]: row[4:6] for row in rows(LIVED_IN)}
    assert shown["Thu 5 Nov"] == ["▲", "+$100.00"]
    assert shown["Mon 16 Nov"] == ["◇", "-$2.50"]
    assert shown["Sun 15 Nov"] == ["", ""]


def test_a_gap_marks_every_day_it_reaches_into() -> None:
    marks = {row[0]: row[4] for row in rows(LIVED_IN)}
    assert [day for day, mark in marks.items() if mark == "┄"] == ["Fri 13 Nov", "Sat 14 Nov"]


def test_requests_are_shown_if_they_fit_and_are_known() -> None:
    assert "Requests" in rows(LIVED_IN, 80)[0]
    assert "Requests" not in rows(LIVED_IN, 69)[0]
    silent = with_periods(LIVED_IN, replace(WHOLE, requests=None))
    assert "Requests" not in rows(silent)[0]


def test_the_longest_bar_fills_the_width() -> None:
    for width in (60, 80, 100):
        (account,) = LIVED_IN.accounts
        table = periods.table(context_of(LIVED_IN), account, account.periods, width)
        assert table.width == width


def test_periods_of_another_year_have_it_in_every_row() -> None:
    labels = [row[0] for row in rows(sample.a_year())[1:]]
    assert labels[0] == "Sun 23 Nov 2025"
    assert labels[-1] == "Mon 23 Nov 2026"


def test_the_legend_of_a_young_history_has_its_first_day() -> None:
    young = with_periods(LIVED_IN, *LIVED_IN.accounts[0].periods[10:])
    shown = periods.legend(context_of(young), young.accounts[0].periods)
    assert shown[-1] == "nothing known before Tue 3 Nov"


def test_the_legend_explains_what_occurs() -> None:
    assert periods.legend(context_of(LIVED_IN), LIVED_IN.accounts[0].periods) == [
        "◐ not a whole day",
        "◌ in part unknown",
        "~ estimated",
    ]
    old = sample.stale()
    assert "-- unknown" in periods.legend(context_of(old, unicode=False), old.accounts[0].periods)
