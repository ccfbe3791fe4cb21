import csv
import io

import pytest

from tests.render import sample
from usage_tracker.render import csv as csv_format
from usage_tracker.reporting.model import Report


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_format.render(report))))


def test_there_is_a_row_for_each_account_and_period_under_a_header() -> None:
    report = sample.several()
    shown = [(row["account"], row["start"][:10]) for row in rows(report)]
    assert len(shown) == sum(len(account.periods) for account in report.accounts)
    assert shown[0] == ("batch jobs", "2026-10-24")
    assert csv_format.render(report).startswith(",".join(csv_format.COLUMNS) + "\n")


def test_numbers_are_raw() -> None:
    first = rows(sample.lived_in())[0]
    period = sample.lived_in().accounts[0].periods[0]
    assert int(first["spend"]) == period.spend
    assert float(first["usd"]) == period.usd
    assert first["estimated"] == "false"


def test_unknown_is_an_empty_cell_and_no_spend_is_a_zero() -> None:
    last = rows(sample.stale())[-1]
    assert [last[name] for name in ("spend", "usd", "requests", "closing")] == [""] * 4
    assert {row["spend"] for row in rows(sample.idle())} == {"0"}


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n@x", "＝1"],  # noqa: RUF001
)
def test_no_name_begins_a_formula(name: str) -> None:
    assert csv_format.text_cell(name).startswith("'")


def test_a_harmless_name_is_left_alone() -> None:
    assert csv_format.text_cell("team a, b") == "team a, b"


def test_every_hostile_name_stays_on_its_own_line() -> None:
    report = sample.hostile()
    lines = csv_format.render(report).splitlines()
    assert len(lines) == 1 + sum(len(account.periods) for account in report.accounts)
    assert all(line.isprintable() for line in lines)


def test_without_accounts_there_is_only_the_header() -> None:
    assert csv_format.render(sample.no_accounts()).count("\n") == 1
