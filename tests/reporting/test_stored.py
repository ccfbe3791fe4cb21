import zoneinfo
from pathlib import Path

import pytest

from tests.reporting.histories import MONDAY, keep, two_days
from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.history import History
from usage_tracker.reporting import stored
from usage_tracker.reporting.build import build, view
from usage_tracker.reporting.query import ReportQuery
from usage_tracker.store.accounts import UnknownAccountError
from usage_tracker.store.database import Database
from usage_tracker.times import DAY

FRAME = ReportQuery.of(MONDAY + 2 * DAY, MONDAY, None, "day", zoneinfo.ZoneInfo("UTC"))


def database_of(path: Path, *names: str) -> Database:
    database = Database.open(path / "usage.db")
    for name in names:
        keep(database, named(name))
    return database


def named(name: str) -> History:
    whole = two_days()
    return History(whole.readings, name, whole.base_url, failures=whole.failures)


def test_a_report_from_the_database_is_the_one_from_memory(tmp_path: Path) -> None:
    with database_of(tmp_path, "default") as database:
        told = stored.report(database, (), FRAME, "UTC")
    assert told == build([view(two_days(), FRAME)], FRAME, "UTC")


def test_all_accounts_are_told_by_name_unless_some_are_named(tmp_path: Path) -> None:
    with database_of(tmp_path, "carol", "alice", "bob") as database:
        everyone = stored.report(database, (), FRAME, "UTC")
        two = stored.report(database, ("carol", "bob", "carol"), FRAME, "UTC")
    assert [account.account for account in everyone.accounts] == ["alice", "bob", "carol"]
    assert [account.account for account in two.accounts] == ["carol", "bob"]


def test_a_name_that_is_not_there_is_an_error_that_lists_the_others(tmp_path: Path) -> None:
    with (
        database_of(tmp_path, "alice") as database,
        pytest.raises(UnknownAccountError, match="'dave': the database has 'alice'"),
    ):
        stored.report(database, ("dave",), FRAME, "UTC")


def test_more_than_twenty_accounts_are_an_overview(tmp_path: Path) -> None:
    names = [f"team {i:02d}" for i in range(21)]
    with database_of(tmp_path, *names) as database:
        fleet = stored.report(database, (), FRAME, "UTC").accounts
        some = stored.report(database, names[:20], FRAME, "UTC").accounts
    assert [bool(account.burn_down) for account in fleet] == [False] * 21
    assert [bool(account.burn_down) for account in some] == [True] * 20
    assert [a.reconciliation for a in fleet[:20]] == [a.reconciliation for a in some]
    assert [a.depletion for a in fleet[:20]] == [a.depletion for a in some]


def test_an_empty_database_has_a_report_on_no_account(tmp_path: Path) -> None:
    with database_of(tmp_path) as database:
        assert stored.report(database, (), FRAME, "UTC").accounts == ()


def test_what_is_not_configured_is_retired_unless_nothing_is(tmp_path: Path) -> None:
    def retired(*names: str) -> list[str]:
        configured = [Account(name, TokenFromEnv("X")) for name in names]
        told = stored.report(database, (), FRAME, "UTC", configured=configured)
        return [account.account for account in told.accounts if account.retired]

    with database_of(tmp_path, "alice", "bob", "carol") as database:
        assert retired("bob", "dave") == ["alice", "carol"]
        assert retired("dave") == retired() == []
