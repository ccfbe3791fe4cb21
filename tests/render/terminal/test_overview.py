from dataclasses import replace

from rich.cells import cell_len

from tests.render import sample
from tests.render.terminal.context import context_of
from usage_tracker.render.terminal import overview
from usage_tracker.reporting.model import Amount

SEVERAL = sample.several()


def rows(width: int = 80) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in overview.table(context_of(SEVERAL, width)).rows]


def test_each_account_is_a_line_sorted_by_days_left() -> None:
    assert [row[:5] for row in rows()] == [
        ["batch jobs", "$1,068", "$50.60", "23", "9 Dec – 28 Dec"],  # noqa: RUF001
        ["alice", "$141.29", "$2.33", "67", "7 Jan – 5 Mar 2027"],  # noqa: RUF001
        ["idle", "$437.92", "$0.00", "—", "idle"],
        ["never polled", "—", "—", "—", "no snapshot"],
    ]


def test_a_long_name_takes_the_room_there_is_and_is_cut_in_its_middle() -> None:
    name = "production/eu-central-1/batch/embeddings-team-b"
    long = replace(SEVERAL.accounts[0], account=name)
    report = replace(SEVERAL, accounts=(long, *SEVERAL.accounts[1:]))
    wide, narrow = (str(overview.table(context_of(report, w)).rows[0][0]) for w in (140, 80))
    assert wide == name
    assert (narrow[:11], narrow[-11:]) == (name[:11], name[-11:])
    assert len(narrow) == 24


def test_the_trend_takes_what_room_is_left() -> None:
    assert len(rows()[0][5]) == 17
    assert set(rows()[2][5]) == {"▁"}
    assert len(rows(60)[0]) == 5


def test_names_are_shortened_before_numbers() -> None:
    report = sample.hostile()
    table = overview.table(context_of(report, 60))
    assert table.width <= 60
    assert all(str(row[1]).startswith("$") and len(str(row[1])) == 7 for row in table.rows)
    assert max(cell_len(str(row[0])) for row in table.rows) < 24


def test_dates_are_dropped_if_they_do_not_fit() -> None:
    report = sample.huge()
    rich = replace(report.accounts[0], balance=Amount(2**62, 9_223_372_036_854.78))
    table = overview.table(context_of(replace(report, accounts=(rich,)), 60))
    assert [column.title for column in table.columns] == [
        "Account",
        "Left",
        "Per day",
        "Days left",
        "Spend",
    ]
    assert str(table.rows[0][1]) == "$9,223,372,036,855"


def test_what_is_urgent_is_red() -> None:
    report = sample.overdrawn()
    (row,) = overview.table(context_of(report)).rows
    assert [str(getattr(cell, "style", "")) for cell in row][3] == "bold red"
    assert str(row[4]) == "used up"


def test_the_sum_counts_what_is_known() -> None:
    assert overview.total(context_of(SEVERAL)) == "4 accounts: $1,647 left; $52.92 a day."


def test_the_sum_says_whom_it_counts_once_and_whom_not() -> None:
    first, second, *rest, last = SEVERAL.accounts
    accounts = (
        replace(first, same_user=(second.account,)),
        replace(second, same_user=(first.account,)),
        *rest,
        replace(last, retired=True),
    )
    shown = overview.total(context_of(replace(SEVERAL, accounts=accounts)))
    assert shown.startswith("3 accounts: ")
    pair = " and ".join(sorted((first.account, second.account)))
    assert f"{pair} are the same user: counted once." in shown
    assert shown.endswith(f"{last.account} is not configured: not counted.")


def test_the_sum_of_rates_that_are_all_unknown_is_unknown() -> None:
    silent = replace(SEVERAL, accounts=tuple(replace(a, rates=()) for a in SEVERAL.accounts))
    assert overview.total(context_of(silent)) == "4 accounts: $1,647 left; — a day."
    assert overview.total(context_of(silent, unicode=False)) == "4 accounts: $1,647 left; -- a day."


def test_a_stale_account_says_so() -> None:
    (row,) = overview.table(context_of(sample.stale())).rows
    assert str(row[4]).endswith("(stale)")
