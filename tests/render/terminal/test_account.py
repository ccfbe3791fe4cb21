import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.render import sample
from tests.render.account import AS_OF, rate
from tests.render.terminal.context import context_of
from usage_tracker.render.terminal.account import (
    depletion_table,
    events_table,
    rates_table,
    statement_table,
)
from usage_tracker.render.terminal.layout import Table
from usage_tracker.reporting.model import AccountReport, Reconciliation

LIVED_IN = sample.lived_in()
(ACCOUNT,) = LIVED_IN.accounts
CONTEXT = context_of(LIVED_IN)


def cells(table: Table) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in table.rows]


def dollars(text: str) -> float:
    return 0.0 if text[0] in "<>" else float(text.replace("$", "").replace(",", ""))


def test_rates_that_are_not_known_are_blank() -> None:
    report = sample.first_hours()
    rows = cells(rates_table(context_of(report), report.accounts[0]))
    assert rows[0] == ["hour", "$0.21", "$5.04", "100 %"]
    assert rows[3] == ["30 days", "$0.64", "—", "<1 %"]


def test_a_rate_has_the_decimals_of_the_sentence_above() -> None:
    spending = replace(
        ACCOUNT, rates=(rate("1h", 0.004, 1 / 24, 1.0), rate("30d", 2145.5, 30, 1.0))
    )
    shown = [row[1:3] for row in cells(rates_table(CONTEXT, spending))]
    assert shown == [["$0.0040", "$0.096"], ["$2,146", "$71.52"]]


@given(st.lists(st.integers(-(10**10), 10**10), min_size=8, max_size=8))
def test_the_statement_adds_up_in_units_and_but_for_rounding_in_dollars(parts: list[int]) -> None:
    opening, top_ups, refunds, adjustments, covered, spend, uncounted, in_flight = parts
    credited = top_ups + refunds + adjustments
    closing = opening + credited + covered - spend - uncounted + in_flight
    shown = replace(ACCOUNT, reconciliation=Reconciliation(*[*parts, closing]))
    rows = cells(statement_table(CONTEXT, shown))
    rounding = 4.5 * 10.0 ** -len(rows[-1][2].partition(".")[2]) + 1e-6
    for column, tolerance in ((2, rounding), (3, 0)):
        signs = (-1 if row[0] in {"=", "\N{MINUS SIGN}"} else 1 for row in rows)
        amounts = (dollars(row[column]) for row in rows)
        lines = (sign * amount for sign, amount in zip(signs, amounts, strict=True))
        assert abs(sum(lines)) <= tolerance


def test_there_is_no_statement_without_a_balance() -> None:
    empty = sample.no_snapshots()
    assert not statement_table(context_of(empty), empty.accounts[0]).rows


def test_an_event_has_a_mark_a_date_a_name_and_an_amount() -> None:
    rows = cells(events_table(CONTEXT, ACCOUNT))
    assert rows[0] == ["▲", "Thu 5 Nov 22:51", "top-up", "+$100.00"]
    assert rows[2] == ["┄", "Sat 14 Nov 06:03", "gap of 10 h", ""]
    assert rows[4] == ["△", "Mon 23 Nov 10:51", "top-up, not confirmed", "+$20.00"]


def test_only_the_latest_events_are_shown() -> None:
    busy = replace(ACCOUNT, events=ACCOUNT.events * 20)
    rows = cells(events_table(CONTEXT, busy))
    assert len(rows) == 12
    assert rows[-1] == cells(events_table(CONTEXT, ACCOUNT))[-1]


def test_depletion_dates_are_shown_beside_the_straight_line() -> None:
    assert cells(depletion_table(CONTEXT, ACCOUNT)) == [
        ["10 % by", "Tue 1 Dec", "in 8.4 days"],
        ["even odds by", "Sun 6 Dec", "in 13 days"],
        ["90 % by", "Sat 12 Dec", "in 19 days"],
        ["straight line", "Wed 2 Dec", "in 9.3 days"],
        ["within 7 days", "4 %", ""],
        ["within 30 days", "99 %", ""],
    ]


def ending(low: dt.timedelta) -> AccountReport:
    return replace(ACCOUNT, depletion=replace(ACCOUNT.depletion, low=AS_OF + low))


def test_a_depletion_date_within_two_days_is_to_ten_minutes() -> None:
    soon = cells(depletion_table(CONTEXT, ending(dt.timedelta(hours=9))))
    assert soon[0] == ["10 % by", "Mon 23 Nov 22:20", "in 9 h"]


def test_a_depletion_date_that_has_passed_is_by_now() -> None:
    gone = cells(depletion_table(CONTEXT, ending(dt.timedelta(hours=-9))))
    assert gone[0][2] == "by now"


def test_a_balance_that_is_used_up_has_no_depletion_dates() -> None:
    overdrawn = sample.overdrawn()
    assert not depletion_table(context_of(overdrawn), overdrawn.accounts[0]).rows
