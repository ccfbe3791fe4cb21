from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import column as column_of
from sqlalchemy import insert, table, text
from sqlalchemy.exc import DBAPIError

from tests.store.samples import T0, account, answer, save
from usage_tracker.errors import DatabaseError
from usage_tracker.ledger.events import Event, Kind
from usage_tracker.store import accounts, checkpoints
from usage_tracker.store.database import Database
from usage_tracker.store.schema import EVENT_KINDS, snapshot

SET_UNIT = {
    "sqlite": text("UPDATE account SET quota_per_unit = :unit"),
    "postgresql": text("UPDATE account SET quota_per_unit = CAST(CAST(:unit AS TEXT) AS NUMERIC)"),
}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("quota", 1.5),
        ("quota", "many"),
        ("quota", b"12"),
        ("used_quota", 2.0**70),
        ("request_count", "three"),
        ("captured_at", T0 + 0.5),
        ("captured_at", -1),
        ("captured_at", T0 * 1000),
        ("source", "gateway"),
    ],
)
def test_sqlite_takes_nothing_but_whole_numbers(tmp_path: Path, column: str, value: Any) -> None:
    with Database.open(tmp_path / "usage.db") as database:
        account_id = save(database).account_id
        row = {"captured_at": T0, "quota": 1, "used_quota": 2, "request_count": None, "source": 0}
        row |= {"account_id": account_id, "profile_id": None, column: value}
        bare = table("snapshot", *map(column_of, row))  # no types, no conversion
        with pytest.raises(DatabaseError, match=r"CHECK|datatype"), database.write() as connection:
            connection.execute(insert(bare).values(row))


def test_quotas_have_all_of_64_bits(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(quota=-(2**63), used=2**63 - 1))
        with database.read() as connection:
            row = connection.execute(text("SELECT quota, used_quota FROM snapshot")).one()
        assert tuple(row) == (-(2**63), 2**63 - 1)


def test_a_snapshot_cannot_have_the_profile_of_another_account(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(id=1))
        with database.write() as connection:
            other = accounts.get_or_create(connection, account("other"))
        with pytest.raises(DatabaseError), database.write() as connection:
            connection.execute(
                insert(snapshot).values(
                    account_id=other.account_id,
                    captured_at=T0,
                    quota=1,
                    used_quota=1,
                    profile_id=1,
                    source=0,
                )
            )


def test_snapshots_are_clustered_by_account_and_time(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database, database.read() as connection:
        sql = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'snapshot'"))
    assert "WITHOUT ROWID" in sql


def test_the_view_shows_names_iso_times_and_dollars(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0 + 7, quota=-1, used=1_250_000, request_count=3))
        with database.read() as connection:
            row = connection.execute(text("SELECT * FROM snapshot_usd")).mappings().one()
    assert {
        **row,
        "balance_usd": float(row["balance_usd"]),
        "used_usd": float(row["used_usd"]),
    } == {
        "account": "default",
        "captured_at": "2025-11-30T10:53:20.007Z",
        "balance_usd": -2e-06,
        "used_usd": 2.5,
        "request_count": 3,
        "source": "gateway",
    }


def test_a_dangling_reference_is_refused(database_url: str) -> None:
    with Database.open(database_url) as database:
        row = {"account_id": 99, "captured_at": T0, "quota": 1, "used_quota": 1, "source": 0}
        with pytest.raises(DatabaseError) as caught, database.write() as connection:
            connection.execute(insert(snapshot).values(row))
    assert isinstance(caught.value.__cause__, DBAPIError)


@pytest.mark.parametrize("unit", [1, 500_000, 2**53 + 1, 2**63 - 1, 0.000001, 68493.15, 0.1 + 0.2])
def test_units_to_the_dollar_come_back_as_they_were(database_url: str, unit: float) -> None:
    with Database.open(database_url) as database:
        save(database, to=account(quota_per_unit=unit))
        with database.read() as connection:
            (stored,) = accounts.list_accounts(connection)
    assert (stored.quota_per_unit, type(stored.quota_per_unit)) == (unit, type(unit))


def test_a_whole_number_of_units_is_an_integer(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, to=account(quota_per_unit=68493.0))
        with database.read() as connection:
            (stored,) = accounts.list_accounts(connection)
    assert repr(stored.quota_per_unit) == "68493"


@pytest.mark.parametrize("unit", ["0", "-1", "NaN", "Infinity", "1e300", "0.0000001", "many"])
def test_units_to_the_dollar_are_a_positive_number(database_url: str, unit: str) -> None:
    with Database.open(database_url) as database:
        save(database)
        dialect = database.engine.dialect.name
        with pytest.raises(DatabaseError), database.write() as connection:
            connection.execute(SET_UNIT[dialect], {"unit": unit})


def test_the_view_is_exact_for_units_that_are_not_whole(database_url: str) -> None:
    with Database.open(database_url) as database:
        units = {"quota": 6_849_315, "used": 684_931_500_001}
        save(database, answer(**units), to=account(quota_per_unit=68493.15))
        with database.read() as connection:
            row = connection.execute(text("SELECT balance_usd, used_usd FROM snapshot_usd")).one()
    assert tuple(map(float, row)) == (100.0, 10_000_000.000015)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_kind_of_event_can_be_stored(database_url: str, kind: Kind) -> None:
    new = Event(T0, T0 - 1, kind, 0)
    with Database.open(database_url) as database:
        account_id = save(database).account_id
        with database.write() as connection:
            checkpoints.insert_events(connection, account_id, [new])
        with database.read() as connection:
            assert checkpoints.list_events(connection, account_id) == [new]


def test_the_kinds_of_events_are_those_of_the_ledger() -> None:
    assert sorted(get_args(Kind)) == list(EVENT_KINDS)
