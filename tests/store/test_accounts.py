import pytest

from tests.store.samples import T0, account, answer, contents, save
from usage_tracker.store import accounts, failures, snapshots
from usage_tracker.store.accounts import NameTakenError, OtherAccountError, UnknownAccountError
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.store.source import Source

HERE, THERE = "https://here.example", "https://there.example/api"


def test_another_gateway_under_the_same_name_is_refused(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(), to=account(base_url=HERE))
        with pytest.raises(OtherAccountError, match=f"recorded from {HERE}, not from {THERE}"):
            save(database, answer(T0 + 1), to=account(base_url=THERE))
        assert contents(database, "account")["account"][0][1] == HERE


def test_a_base_url_may_be_corrected_until_a_gateway_has_answered(database_url: str) -> None:
    with Database.open(database_url) as database:
        stored = save(database, to=account(base_url=HERE))
        with database.write() as connection:
            failures.record(connection, stored.account_id, Failure(T0, "not_found", 404))
            snapshots.save(connection, stored, answer(), Source.IMPORT)
        assert save(database, answer(T0 + 1), to=account(base_url=THERE)).base_url == THERE


def test_an_account_may_move_when_its_owner_says_so(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(), to=account(base_url=HERE))
        with database.write() as connection:
            accounts.move(connection, "default", THERE)
        save(database, answer(T0 + 1), to=account(base_url=THERE))
        assert len(contents(database, "snapshot")["snapshot"]) == 2


def test_a_history_keeps_its_rows_under_a_new_name(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer())
        with database.write() as connection:
            accounts.rename(connection, "default", "work")
        assert [row[0] for row in contents(database, "snapshot")["snapshot"]] == ["work"]


def test_a_name_that_is_taken_is_not_taken_again(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer())
        save(database, answer(), to=account("work"))
        with pytest.raises(NameTakenError, match="'work'"), database.write() as connection:
            accounts.rename(connection, "default", "work")


def test_an_unknown_name_is_answered_with_the_known_ones(database_url: str) -> None:
    with Database.open(database_url) as database:
        with pytest.raises(UnknownAccountError, match="none yet"), database.read() as connection:
            accounts.get(connection, "x")
        save(database, answer())
        with pytest.raises(UnknownAccountError, match="'default'"), database.read() as connection:
            accounts.get(connection, "x")


def test_removing_an_account_removes_all_it_has_and_nothing_else(database_url: str) -> None:
    with Database.open(database_url) as database:
        for name in ("default", "work"):
            stored = save(database, answer(T0, id=1), answer(T0 + 1, id=1), to=account(name))
            with database.write() as connection:
                failures.record(connection, stored.account_id, Failure(T0, "timeout"))
        with database.write() as connection:
            assert accounts.remove(connection, "default") == 2
        left = contents(database)
        assert {table: [row[0] for row in rows] for table, rows in left.items()} == {
            "account": ["work"],
            "snapshot": ["work", "work"],
            "profile": ["work"],
            "failure": ["work"],
        }
