import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.render import sample
from tests.render.account import AS_OF, rate
from tests.render.terminal.pages import page
from usage_tracker.render.terminal import tables
from usage_tracker.render.terminal.table import Sheet
from usage_tracker.reporting.model import AccountReport, Reconciliation

LIVED_IN = sample.lived_in()
(ACCOUNT,) = LIVED_IN.accounts
PAGE = page(LIVED_IN)


def cells(sheet: Sheet) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in sheet.rows]


def dollars(text: str) -> float:
    return 0.0 if text[0] in "<>" else float(text.replace("$", "").replace(",", ""))


def test_rates_that_are_not_known_are_blank() -> None:
    report = sample.first_hours()
    rows = cells(tables.rates(page(report), report.accounts[0]))
    assert rows[0] == ["hour", "$0.21", "$5.04", "100 %"]
    assert rows[3] == ["30 days", "$0.64", "—", "<1 %"]


def test_a_rate_is_told_as_finely_as_in_the_sentence_above() -> None:
    spending = replace(
        ACCOUNT, rates=(rate("1h", 0.004, 1 / 24, 1.0), rate("30d", 2145.5, 30, 1.0))
    )
    told = [row[1:3] for row in cells(tables.rates(PAGE, spending))]
    assert told == [["$0.0040", "$0.096"], ["$2,146", "$71.52"]]


@given(st.lists(st.integers(-(10**10), 10**10), min_size=6, max_size=6))
def test_the_statement_adds_up_in_units_and_but_for_rounding_in_dollars(parts: list[int]) -> None:
    opening, top_ups, refunds, adjustments, spend, in_flight = parts
    closing = opening + top_ups + refunds + adjustments - spend + in_flight
    told = replace(ACCOUNT, reconciliation=Reconciliation(*[*parts, closing]))
    rows = cells(tables.statement(PAGE, told))
    rounding = 3.5 * 10.0 ** -len(rows[-1][2].partition(".")[2]) + 1e-6
    for column, tolerance in ((2, rounding), (3, 0)):
        first, *more, spent, flight, last = (dollars(row[column]) for row in rows)
        assert abs(first + sum(more) - spent + flight - last) <= tolerance


def test_there_is_no_statement_without_a_balance() -> None:
    empty = sample.no_snapshots()
    assert not tables.statement(page(empty), empty.accounts[0]).rows


def test_events_tell_what_when_and_how_much() -> None:
    rows = cells(tables.events(PAGE, ACCOUNT))
    assert rows[0] == ["▲", "Thu 5 Nov 22:51", "top-up", "+$100.00"]
    assert rows[2] == ["┄", "Sat 14 Nov 06:03", "gap of 10 h", ""]
    assert rows[4] == ["△", "Mon 23 Nov 10:51", "top-up, not confirmed", "+$20.00"]


def test_only_the_latest_events_are_told() -> None:
    busy = replace(ACCOUNT, events=ACCOUNT.events * 20)
    rows = cells(tables.events(PAGE, busy))
    assert len(rows) == tables.LATEST_EVENTS
    assert rows[-1] == cells(tables.events(PAGE, ACCOUNT))[-1]


def test_the_end_is_told_beside_the_straight_line() -> None:
    assert cells(tables.ends(PAGE, ACCOUNT)) == [
        ["10 % by", "Tue 1 Dec", "in 8.4 days"],
        ["even odds by", "Sun 6 Dec", "in 13 days"],
        ["90 % by", "Sat 12 Dec", "in 19 days"],
        ["straight line", "Wed 2 Dec", "in 9.3 days"],
        ["within 7 days", "4 %", ""],
        ["within 30 days", "99 %", ""],
    ]


def ending(low: dt.timedelta) -> AccountReport:
    return replace(ACCOUNT, depletion=replace(ACCOUNT.depletion, low=AS_OF + low))


def test_an_end_within_two_days_is_told_to_ten_minutes() -> None:
    soon = cells(tables.ends(PAGE, ending(dt.timedelta(hours=9))))
    assert soon[0] == ["10 % by", "Mon 23 Nov 22:20", "in 9 h"]


def test_an_end_that_has_passed_is_by_now() -> None:
    gone = cells(tables.ends(PAGE, ending(dt.timedelta(hours=-9))))
    assert gone[0][2] == "by now"


def test_what_is_used_up_has_no_end_to_come() -> None:
    overdrawn = sample.overdrawn()
    assert not tables.ends(page(overdrawn), overdrawn.accounts[0]).rows
