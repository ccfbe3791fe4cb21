import numpy as np
import pytest

from tests.store.samples import T0, account, answer, save
from usage_tracker.store import columns
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
            found = columns.read(connection, one.account_id)
    assert found.times.tolist() == [T0 + 1, T0 + 2]
    assert found.quota.tolist() == [5, -(2**63)]
    assert found.used.tolist() == [6, 2**63 - 1]
    assert found.requests is not None
    assert found.requests.tolist() == [0, columns.UNKNOWN]
    assert {a.dtype for a in (found.times, found.quota, found.used)} == {np.dtype(np.int64)}


def test_bounds_limits_and_pages_do_not_lose_a_row(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_CHUNK", 3)
    with Database.open(database_url) as database:
        one = save(database, *(answer(T0 + i) for i in range(9))).account_id
        with database.read() as connection:

            def moments(*bounds: int | None) -> list[int]:
                return [int(t) - T0 for t in columns.read(connection, one, *bounds).times]

            assert moments() == list(range(9))
            assert moments(T0 + 2, T0 + 8) == list(range(2, 8))
            assert moments(None, None, 3) == [0, 1, 2]
            assert moments(T0 + 1, None, 7) == list(range(1, 8))
            assert moments(T0 + 9) == []


def test_an_account_without_snapshots_has_empty_arrays(database_url: str) -> None:
    with Database.open(database_url) as database:
        one = save(database)
        with database.read() as connection:
            found = columns.read(connection, one.account_id)
    assert len(found) == 0
    assert found.requests is None
