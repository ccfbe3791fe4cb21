from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep

import pytest
from sqlalchemy import Connection

from tests.store.samples import T0, account, answer, contents, save
from usage_tracker.store import accounts, failures, snapshots
from usage_tracker.store.accounts import (
    AccountRemovedError,
    NameTakenError,
    OtherAccountError,
    UnknownAccountError,
)
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.store.schema import Source

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


Task = Callable[[Connection], object]


def meanwhile(database: Database, first: Task, last: Task, other: Task) -> Future[object]:
    """What becomes of `other`, which another writes between `first` and `last` of one writer."""

    def write() -> object:
        with database.write() as connection:
            return other(connection)

    with ThreadPoolExecutor() as pool:
        with database.write() as connection:
            first(connection)
            done = pool.submit(write)
            sleep(0.2)
            last(connection)
        done.exception()
    return done


def test_of_two_gateways_at_once_an_account_is_bound_to_one(database_url: str) -> None:
    with Database.open(database_url) as database:
        stored = save(database, to=account(base_url=HERE))
        with pytest.raises(OtherAccountError, match=f"recorded from {HERE}, not from {THERE}"):
            meanwhile(
                database,
                lambda connection: accounts.get_or_create(connection, account(base_url=HERE)),
                lambda connection: snapshots.save(connection, stored, answer()),
                lambda connection: accounts.get_or_create(connection, account(base_url=THERE)),
            ).result()
        assert contents(database, "account")["account"][0][1] == HERE


def test_a_purge_takes_what_is_being_written_along(database_url: str) -> None:
    with Database.open(database_url) as database:
        stored = save(database, answer())
        purged = meanwhile(
            database,
            lambda connection: accounts.get_or_create(connection, account()),
            lambda connection: snapshots.save(connection, stored, answer(T0 + 1)),
            lambda connection: accounts.remove(connection, "default"),
        )
        assert purged.result() == 2
        assert contents(database)["account"] == []


def test_what_is_written_during_a_purge_starts_a_new_history(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer())

        def snap(connection: Connection) -> None:
            stored = accounts.get_or_create(connection, account())
            snapshots.save(connection, stored, answer(T0 + 1))

        meanwhile(
            database,
            lambda connection: accounts.remove(connection, "default"),
            lambda _: None,
            snap,
        ).result()
        assert [row[1] for row in contents(database, "snapshot")["snapshot"]] == [T0 + 1]


def test_an_account_that_was_purged_meanwhile_is_explained(database_url: str) -> None:
    with Database.open(database_url) as database:
        stored = save(database, answer())
        with pytest.raises(AccountRemovedError, match="removed from the database meanwhile"):
            meanwhile(
                database,
                lambda connection: accounts.remove(connection, "default"),
                lambda _: None,
                lambda connection: accounts.lock(connection, stored.account_id),
            ).result()


def test_of_two_who_want_one_name_at_once_one_has_it(database_url: str) -> None:
    with Database.open(database_url) as database:
        for name in ("one", "other"):
            save(database, answer(), to=account(name))
        with pytest.raises(NameTakenError, match="'same'"):
            meanwhile(
                database,
                lambda connection: accounts.rename(connection, "one", "same"),
                lambda _: None,
                lambda connection: accounts.rename(connection, "other", "same"),
            ).result()
        assert [row[0] for row in contents(database, "account")["account"]] == ["other", "same"]


def test_accounts_are_in_one_order_whatever_the_locale_of_the_server_is(database_url: str) -> None:
    names = ["B", "a", "b-c", "b c", "\u00e9", "z"]
    with Database.open(database_url) as database:
        with database.write() as connection:
            if connection.dialect.name == "postgresql":
                order = 'ALTER TABLE account ALTER COLUMN name TYPE text COLLATE "en-x-icu"'
                connection.exec_driver_sql("DROP VIEW snapshot_usd")
                connection.exec_driver_sql(order)
            for name in names:
                accounts.get_or_create(connection, account(name))
        with database.read() as connection:
            assert [each.name for each in accounts.list_accounts(connection)] == sorted(names)
