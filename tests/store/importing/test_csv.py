import datetime as dt
import io
import zoneinfo
from pathlib import Path
from typing import Any

import pytest

from tests.store.samples import T0, contents
from usage_tracker.store.database import Database
from usage_tracker.store.importing.csv import Table, open_text
from usage_tracker.store.importing.errors import InvalidHistoryError, InvalidRowError
from usage_tracker.store.importing.options import ImportOptions
from usage_tracker.store.importing.run import import_history

HEAD = "captured_at,quota,used_quota"
TAIPEI = zoneinfo.ZoneInfo("Asia/Taipei")


def rows(text: str | bytes, **options: Any) -> list[tuple[int, int, int, int | None]]:
    data = text if isinstance(text, bytes) else text.encode()
    chosen = ImportOptions(**options)
    with open_text(io.BytesIO(data), chosen.encoding) as file:
        return [row[:4] for row in Table(file, "rows.csv", chosen).rows()]


@pytest.mark.parametrize(
    "moment",
    [
        "2025-11-30T10:53:20Z",
        "2025-11-30T10:53:20.000Z",
        "2025-11-30T18:53:20+08:00",
        "2025-11-30 18:53:20+0800",
        "20251130T105320Z",
        "1764500000",
        "1764500000000",
        '"1764500000"',
    ],
)
def test_times_are_iso_with_an_offset_or_epoch_time(moment: str) -> None:
    assert rows(f"{HEAD}\n{moment},5,-6\n") == [(T0, 5, -6, None)]


def test_a_request_count_may_be_given_or_omitted() -> None:
    assert rows(f"{HEAD},request_count\n{T0},5,6,7\n{T0 + 1},5,6,\n") == [
        (T0, 5, 6, 7),
        (T0 + 1, 5, 6, None),
    ]


def test_windows_line_ends_quotes_and_a_missing_last_line_end_are_fine() -> None:
    assert rows(f'"captured_at","quota","used_quota"\r\n"{T0}","5","6"') == [(T0, 5, 6, None)]
    assert rows(f'captured_at, "quota", used_quota\n{T0}, "5", 6\n') == [(T0, 5, 6, None)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            f"{T0},79.40,6",
            "quota '79.40' is not .*: if it is in dollars, add --unit usd",
        ),
        (
            f"{T0},$79,6",
            "quota '.79' is not .*: if it is in dollars, add --unit usd",
        ),
        (f"{T0},true,6", "quota 'true' is not"),
        (f"{T0},1e3,6", "quota '1e3' is not"),
        (f"{T0},1_000,6", "quota '1_000' is not"),
        (f"{T0},,6", "quota '' is not"),
        (f"{T0},5,٣", "used_quota '٣' is not"),
        (f"{T0},€100,6", "quota '€100' is not"),
        (f"{T0},{'€' * 50},6", f"quota '{'€' * 40}' is not"),
        (f"{T0},5,{2**63}", "used_quota '9223372036854775808' is not"),
        (f"{T0},5,{'9' * 5000}", "used_quota '9999999999999999999999999999999999999999' is not"),
        ("2025-11-30T10:53:20,5,6", "captured_at '2025-11-30T10:53:20' has no time zone: add --tz"),
        ("20251130,5,6", "captured_at '20251130' is neither"),
        ("yesterday,5,6", "captured_at 'yesterday' is neither"),
        ("1764500000000000,5,6", "'1764500000000000' is epoch time in microseconds: divide it by"),
        ("1764500000000000000,5,6", "is epoch time in nanoseconds: divide it by 1000000"),
        ("9999-12-31T23:59:59-12:00,5,6", "captured_at '9999-12-31T23:59:59-12:00' is neither"),
        ("1960-01-01T00:00:00Z,5,6", "captured_at '1960-01-01T00:00:00Z' is neither"),
        (f"{T0},5", "2 fields instead of 3"),
        (f"{T0},5,6,7", "4 fields instead of 3"),
        (f'"{T0}"x,5,6', "expected after"),
        ("x" * 70_000, "longer than 65536 characters"),
    ],
)
def test_a_bad_row_is_named_by_its_line(line: str, why: str) -> None:
    with pytest.raises(InvalidRowError, match=f"^rows.csv line 3: .*{why}"):
        rows(f"{HEAD}\n{T0 - 1},5,6\n{line}\n{T0 + 1},5,6\n")


@pytest.mark.parametrize("head", ["", f"{T0},5,6\n", "a,b,c\n", "captured_at quota used_quota\n"])
def test_the_head_is_required(head: str) -> None:
    with pytest.raises(InvalidRowError, match="line 1: the header must be captured_at,"):
        rows(f"{head}{T0},5,6\n")


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"\xef\xbb\xbf" + f"{HEAD}\n{T0},5,6\n".encode())
    with Database.open(tmp_path / "usage.db") as database:
        assert import_history(database, tmp_path / "rows.csv").added == 1
        assert contents(database, "snapshot")["snapshot"][0][1:4] == (T0, 5, 6)


def test_a_file_without_rows_is_an_empty_history() -> None:
    assert rows(f"{HEAD}\n") == []


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_columns_are_separated_as_spreadsheets_do_it(separator: str) -> None:
    text = f"{HEAD}\n{T0},5,6\n".replace(",", separator)
    assert rows(text) == rows(f"sep={separator}\r\n{text}") == [(T0, 5, 6, None)]


@pytest.mark.parametrize(
    "head",
    [
        "Time,Balance,Used,Requests",
        "timestamp,remaining_quota,Used Quota,request-count",
        "时间,剩余额度,已用额度,请求次数",
        "日期,餘額,已用額度,請求次數",
        " captured_at , QUOTA , used_quota , request_count ",
    ],
)
def test_the_usual_names_are_known(head: str) -> None:
    assert rows(f"{head}\n{T0},5,6,7\n") == [(T0, 5, 6, 7)]


def test_columns_may_be_in_any_order_among_others() -> None:
    text = f"note,used_quota,captured_at,x,quota\nhello,6,{T0},,5\n"
    assert rows(text) == [(T0, 5, 6, None)]


def test_a_column_may_be_named_by_the_user() -> None:
    text = f"captured_at,Rest,used_quota,quota\n{T0},5,6,9\n"
    assert rows(text, names={"quota": "rest"}) == [(T0, 5, 6, None)]
    with pytest.raises(InvalidRowError, match="no column 'left': the columns are 'captured_at', "):
        rows(text, names={"quota": "left"})


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("time,timestamp,quota,used", "'time' and 'timestamp' could be captured_at: add --map"),
        ("time,balance,x", "there is no column for used_quota: add --map used_quota=NAME; the col"),
        ("time,x,y", "no column for quota and used_quota: add --map quota=NAME --map used_quota=N"),
        ("time,balance_usd,used_quota", "one of 'balance_usd' and 'used_quota' is in dollars"),
        ("account,start,spend", "it is a report or a list"),
    ],
)
def test_columns_that_are_not_clear_are_named(head: str, why: str) -> None:
    with pytest.raises(InvalidRowError, match=f"^rows.csv line 1: .*{why}"):
        rows(f"{head}\n{T0},5,6,7\n")


def test_rows_without_a_value_are_skipped_and_others_completed() -> None:
    text = f"{HEAD},request_count,note\n\n,,,,\n{T0},5,6\n  ,,\n{T0 + 1},5,6,,,,\n"
    assert rows(text) == [(T0, 5, 6, None), (T0 + 1, 5, 6, None)]


@pytest.mark.parametrize(
    "moment",
    [
        "2025-11-30T18:53:20",
        "2025-11-30 18:53:20",
        "2025/11/30 18:53:20",
        "2025.11.30 18:53:20.000",
        "2025年11月30日 18:53:20",
        "2025/11/30 下午 06:53:20",
        "2025/11/30 6:53:20 PM",
        "30 Nov 2025 18:53:20",
        "30-Nov-2025 18:53:20",
        "Nov 30, 2025 6:53:20 PM",
        "November 30, 2025, 6:53:20 p.m.",
        "Sun, 30 Nov 2025 18:53:20 +0800",
        "2025/11/30 10:53:20 Z",
        "2025/11/30 18:53:20 +0800",
        "1764500000.000",
    ],
)
def test_times_without_an_offset_are_in_the_zone_that_is_given(moment: str) -> None:
    assert rows(f'{HEAD}\n"{moment}",5,6\n', zone=TAIPEI) == [(T0, 5, 6, None)]


def test_a_date_is_its_first_moment() -> None:
    midnight = dt.datetime(2025, 11, 30, tzinfo=TAIPEI).timestamp() * 1000
    for text in ("2025-11-30", "2025/11/30", "2025/11/30 0:00"):
        assert rows(f"{HEAD}\n{text},5,6\n", zone=TAIPEI) == [(midnight, 5, 6, None)]


def test_a_date_that_ends_with_the_year_needs_an_order() -> None:
    for text, day_first in (("30/11/2025 18:53:20", True), ("11/30/2025 6:53:20 PM", False)):
        written = f"{HEAD}\n{text},5,6\n"
        assert rows(written, zone=TAIPEI, day_first=day_first) == [(T0, 5, 6, None)]
        with pytest.raises(InvalidRowError, match="add --day-first or --month-first"):
            rows(written, zone=TAIPEI)
        with pytest.raises(InvalidRowError, match="is neither"):
            rows(written, zone=TAIPEI, day_first=not day_first)


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        ("2026-11-01 01:30", "is there twice in America/New_York: write its offset"),
        ("2026-11-31", "is neither"),
        ("46329.58", "is a spreadsheet's number of a day"),
        ("3 Foo 2026", "is neither"),
        ("2026-03-08 02:30", "does not exist in America/New_York"),
        ("30/11/25 10:53", "has no year of four digits"),
        ("2025/13/01", "is neither"),
        ("2025/11/30 25:00", "is neither"),
        ("2025/11/30 13:00 PM", "is neither"),
    ],
)
def test_a_time_that_is_not_clear_is_refused(moment: str, why: str) -> None:
    with pytest.raises(InvalidRowError, match=f"line 2: captured_at '{moment}' {why}"):
        rows(f"{HEAD}\n{moment},5,6\n", zone=zoneinfo.ZoneInfo("America/New_York"))


def test_the_rows_before_decide_which_of_two_hours_it_is() -> None:
    clock = ["00:40", "01:00", "01:40", "01:00", "01:40", "02:00", "02:20"]
    written = [f"2026-11-01 {time},5,6" for time in clock]
    zone = zoneinfo.ZoneInfo("America/New_York")
    first = rows(f"{HEAD}\n2026-11-01T04:40Z,5,6\n")[0][0]
    expected = [first + minutes * 60_000 for minutes in (0, 20, 60, 80, 120, 140, 160)]
    for lines, moments in ((written, expected), (written[::-1], expected[::-1])):
        text = "\n".join([HEAD, *lines, ""])
        assert [row[0] for row in rows(text, zone=zone)] == moments
    with pytest.raises(InvalidRowError, match=r"line 3: captured_at '.*' is there twice"):
        rows(f"{HEAD}\n2026-10-31 01:30,5,6\n2026-11-01 01:30,5,6\n", zone=zone)


def test_the_date_may_have_a_column_of_its_own() -> None:
    text = "Date,Time,Balance,Used\n2025/11/30,18:53:20,5,6\n"
    assert rows(text, zone=TAIPEI) == [(T0, 5, 6, None)]
    assert rows("日期,時間,餘額,已用\n2025/11/30,18:53:20,5,6\n", zone=TAIPEI)[0][0] == T0
    alone = "Date,Balance,Used\n2025/11/30 18:53:20,5,6\n"
    assert rows(alone, zone=TAIPEI) == [(T0, 5, 6, None)]


@pytest.mark.parametrize("moment", ["1764500000.518", "1764500000,5189", "1764500000518.9"])
def test_a_fraction_of_a_second_is_kept_to_the_millisecond(moment: str) -> None:
    assert rows(f'{HEAD}\n"{moment}",5,6\n')[0][0] == T0 + 518


@pytest.mark.parametrize(
    ("separator", "amount", "units"),
    [
        (",", "49,321,000", 49_321_000),
        (",", "-79,400", -79_400),
        (",", "49 321 000", 49_321_000),
        (",", "49\u202f321\u202f000", 49_321_000),
        (",", "49'321'000", 49_321_000),
        (",", "49000000.0", 49_000_000),
        (",", "\u22125", -5),
        (";", "49.321.000", 49_321_000),
        (";", "49000000,00", 49_000_000),
    ],
)
def test_thousands_may_be_separated(separator: str, amount: str, units: int) -> None:
    text = f'captured_at,quota,used_quota\n{T0},"X",6\n'.replace(",", separator)
    assert rows(text.replace("X", amount)) == [(T0, units, 6, None)]


@pytest.mark.parametrize(
    ("separator", "amount", "units"),
    [
        (",", "58.142514", 29_071_257),
        (",", "$58.14", 29_070_000),
        (",", "58", 29_000_000),
        (",", "-0.5 USD", -250_000),
        (",", "US$1,234.56", 617_280_000),
        (",", "1,234", 617_000_000),
        (",", "1.234", 617_000),
        (",", ".125", 62_500),
        (",", "0,125", 62_500),
        (";", "1.234,56", 617_280_000),
        (";", "1,234", 617_000),
        (";", "58.14", 29_070_000),
        ("\t", "1,234.5", 617_250_000),
    ],
)
def test_dollars_become_units(separator: str, amount: str, units: int) -> None:
    text = f'captured_at,quota,used_quota\n{T0},"X",0\n'.replace(",", separator)
    assert rows(text.replace("X", amount), unit="usd") == [(T0, units, 0, None)]


@pytest.mark.parametrize(
    ("separator", "amount"),
    [
        (";", "1.234"),
        (",", "1,23,4"),
        (",", "1.2.3"),
        (",", "12,34,567"),
        (",", "nan"),
        (",", "1e3"),
        (",", "$"),
        (",", "9" * 30),
        (",", "9" * 5000),
    ],
)
def test_an_amount_that_is_not_clear_is_refused(separator: str, amount: str) -> None:
    text = f'captured_at,quota,used_quota\n{T0},"X",0\n'.replace(",", separator)
    with pytest.raises(InvalidRowError, match=r"line 2: quota '.{1,40}' (is not|has a point)"):
        rows(text.replace("X", amount), unit="usd")


def test_dollars_are_counted_in_the_units_of_the_account() -> None:
    text = "time,balance_usd,used (USD)\n1764500000,100,0.01\n"
    assert rows(text, quota_per_unit=68493.15) == [(T0, 6_849_315, 685, None)]
    with pytest.raises(InvalidRowError, match=r"used_quota '0\.01' is not a whole number"):
        rows(text, unit="units")


def test_rows_of_several_accounts_are_refused() -> None:
    text = f"account,captured_at,quota,used_quota\na,{T0},5,6\n"
    assert rows(text) == [(T0, 5, 6, None)]
    with pytest.raises(InvalidRowError, match="line 3: it is of the account 'b', and the rows bef"):
        rows(f"{text}b,{T0},5,6\n")


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-16", "utf-16-le"])
def test_names_may_be_in_another_encoding(encoding: str) -> None:
    text = f"时间,余额,已用,备注\n{T0},5,6,好\n"
    assert rows(text.encode(encoding), encoding=encoding) == [(T0, 5, 6, None)]


def test_big5_is_read_and_what_is_not_is_named() -> None:
    text = f"時間,餘額,已用\n{T0},5,6\n".encode("big5")
    assert rows(text, encoding="big5") == [(T0, 5, 6, None)]
    with pytest.raises(InvalidHistoryError, match="not in UTF-8: add --encoding gbk"):
        rows(text)
    with pytest.raises(InvalidHistoryError, match="it is not text in utf-8"):
        rows(text, encoding="utf-8")


def test_a_comment_in_another_encoding_does_not_matter() -> None:
    assert rows(f"{HEAD},x\n{T0},5,6,".encode() + "好".encode("gbk")) == [(T0, 5, 6, None)]
