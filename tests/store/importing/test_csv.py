import io
from pathlib import Path

import pytest

from tests.store.samples import T0, contents
from usage_tracker.store.database import Database
from usage_tracker.store.importing.csv import open_text, read_csv
from usage_tracker.store.importing.errors import InvalidRowError
from usage_tracker.store.importing.run import import_history

HEAD = "captured_at,quota,used_quota"


def rows(text: str | bytes) -> list[tuple[int, int, int, int | None]]:
    data = text if isinstance(text, bytes) else text.encode()
    with open_text(io.BytesIO(data)) as file:
        return [row[:4] for row in read_csv(file, "rows.csv")]


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


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{T0},1.0,6", "quota '1.0' is not a whole number"),
        (f"{T0},true,6", "quota 'true' is not"),
        (f"{T0},1e3,6", "quota '1e3' is not"),
        (f"{T0},1_000,6", "quota '1_000' is not"),
        (f"{T0},,6", "quota '' is not"),
        (f"{T0},5,٣", "used_quota '٣' is not"),
        (f"{T0},€100,6", "quota '€100' is not"),
        (f"{T0},{'€' * 50},6", f"quota '{'€' * 40}' is not"),
        (f"{T0},5,{2**63}", "used_quota '9223372036854775808' is not"),
        (f"{T0},5,{'9' * 5000}", "used_quota '9999999999999999999999999999999999999999' is not"),
        ("2025-11-30T10:53:20,5,6", "captured_at '2025-11-30T10:53:20' is neither"),
        ("20251130,5,6", "captured_at '20251130' is neither"),
        ("yesterday,5,6", "captured_at 'yesterday' is neither"),
        ("1764500000.5,5,6", "captured_at '1764500000.5' is neither"),
        ("1764500000000000,5,6", "captured_at '1764500000000000' is neither"),
        ("9999-12-31T23:59:59-12:00,5,6", "captured_at '9999-12-31T23:59:59-12:00' is neither"),
        ("1960-01-01T00:00:00Z,5,6", "captured_at '1960-01-01T00:00:00Z' is neither"),
        ("", "the line is blank"),
        (f"{T0},5", "2 fields instead of 3"),
        (f"{T0},5,6,7", "4 fields instead of 3"),
        (f'"{T0}"x,5,6', "expected after"),
        ("x" * 70_000, "longer than 65536 characters"),
    ],
)
def test_a_bad_row_is_named_by_its_line(line: str, why: str) -> None:
    with pytest.raises(InvalidRowError, match=f"^rows.csv line 3: .*{why}"):
        rows(f"{HEAD}\n{T0 - 1},5,6\n{line}\n{T0 + 1},5,6\n")


@pytest.mark.parametrize(
    "head", ["", f"{T0},5,6\n", "time,quota,used\n", "captured_at quota used_quota\n", "{HEAD},x\n"]
)
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
