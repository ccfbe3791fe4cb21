from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from tests.store.samples import T0, account, answer, save
from usage_tracker.ledger.arrays import UNKNOWN, SnapshotArrays
from usage_tracker.store import snapshot_arrays, snapshots, statements
from usage_tracker.store.database import Database


def test_snapshots_come_as_arrays_of_64_bit_integers(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0 + 1), to=account("other"))
        one = save(
            database,
            answer(T0 + 2, quota=-(2**63), used=2**63 - 1),
            answer(T0 + 1, quota=5, used=6, request_count=0),
        )
        with database.read() as connection:
            found = snapshot_arrays.read(connection, one.account_id)
    assert found.times.tolist() == [T0 + 1, T0 + 2]
    assert found.quota.tolist() == [5, -(2**63)]
    assert found.used.tolist() == [6, 2**63 - 1]
    assert found.requests is not None
    assert found.requests.tolist() == [0, UNKNOWN]
    assert {a.dtype for a in (found.times, found.quota, found.used)} == {np.dtype(np.int64)}


def test_bounds_limits_and_pages_do_not_lose_a_row(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_arrays, "_CHUNK", 3)
    with Database.open(database_url) as database:
        one = save(database, *(answer(T0 + i) for i in range(9))).account_id
        with database.read() as connection:

            def moments(*bounds: int | None) -> list[int]:
                return [int(t) - T0 for t in snapshot_arrays.read(connection, one, *bounds).times]

            assert moments() == list(range(9))
            assert moments(T0 + 2, T0 + 8) == list(range(2, 8))
            assert moments(None, None, 3) == [0, 1, 2]
            assert moments(T0 + 1, None, 7) == list(range(1, 8))
            assert moments(T0 + 9) == []


def test_an_account_without_snapshots_has_empty_arrays(database_url: str) -> None:
    with Database.open(database_url) as database:
        one = save(database)
        with database.read() as connection:
            found = snapshot_arrays.read(connection, one.account_id)
    assert len(found) == 0
    assert found.requests is None


def test_the_snapshots_of_many_accounts_come_at_once(database_url: str) -> None:
    with Database.open(database_url) as database:
        saved = [
            save(database, *(answer(T0 + i) for i in range(n)), to=account(f"account {n}"))
            for n in (3, 0, 9)
        ]
        few, none, many = (one.account_id for one in saved)
        with database.read() as connection:
            found = snapshot_arrays.read_many(connection, [many, none, few], T0 + 2, T0 + 6)
            counts = snapshots.counts(connection, [many, none, few], T0 + 2, T0 + 6, 3)
            only = snapshot_arrays.read_many(connection, [few], T0, T0 + 9)
    moments = {key: (one.times - T0).tolist() for key, one in found.items()}
    assert moments == {few: [2], many: [2, 3, 4, 5]}
    assert counts == {few: 1, none: 0, many: 3}
    assert list(only) == [few]


def test_the_first_snapshots_and_the_last_come_in_order(database_url: str) -> None:
    with Database.open(database_url) as database:
        one = save(database, *(answer(T0 + i, request_count=i) for i in range(5))).account_id
        with database.read() as connection:
            first = snapshot_arrays.firsts(connection, [one, one + 1])
            last = snapshot_arrays.latest(connection, one, T0 + 4, 2)
    assert {key: found.times.tolist() for key, found in first.items()} == {one: [T0]}
    assert last.times.tolist() == [T0 + 2, T0 + 3]
    assert last.requests is not None
    assert last.requests.tolist() == [2, 3]


def test_the_snapshots_on_either_side_of_a_moment_are_found(database_url: str) -> None:
    with Database.open(database_url) as database:
        one = save(database, *(answer(T0 + 10 * i) for i in range(6))).account_id
        with database.read() as connection:
            found = snapshot_arrays.neighbours(
                connection, one, [T0 + 25, T0 - 5, T0 + 40, T0 + 99], T0 + 41
            )
    assert (found.times - T0).tolist() == [0, 20, 30, 40]


def test_what_is_merged_is_in_order_and_there_once() -> None:
    def some(*moments: int) -> SnapshotArrays:
        times = np.array(moments, dtype=np.int64)
        return SnapshotArrays(times, times * 2, times * 3, None)

    counted = SnapshotArrays(*(np.array([4], dtype=np.int64) for _ in range(4)))
    found = snapshot_arrays.merge(some(5, 6), some(1, 5), snapshot_arrays.EMPTY, counted)
    assert found.times.tolist() == [1, 4, 5, 6]
    assert found.requests is not None
    assert found.requests.tolist() == [
        UNKNOWN,
        4,
        UNKNOWN,
        UNKNOWN,
    ]


def test_rows_that_come_in_any_order_are_put_in_order() -> None:
    found = snapshot_arrays._parsed(("30,10,20", "3,1,2", "300,100,200", "-1,7,-1"))
    assert found.tolist() == [[10, 20, 30], [1, 2, 3], [100, 200, 300], [7, -1, -1]]


def test_many_accounts_are_read_by_seeks_and_without_sorting(tmp_path: Path) -> None:
    with Database.open(tmp_path / "usage.db") as database, database.read() as connection:
        for statement in (statements.packed_ranges(connection), statements.counts(connection)):
            asked = {"accounts": "[1]", "since": 0, "until": 1, "most": 1}
            used = {name: asked[name] for name in statement.compile().params}
            found = connection.execute(text(f"EXPLAIN QUERY PLAN {statement.text}"), used)
            plan = " ".join(row.detail for row in found)
            assert "PRIMARY KEY (account_id=? AND captured_at>? AND captured_at<?)" in plan
            assert "TEMP B-TREE" not in plan
