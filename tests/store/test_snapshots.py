import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.store.samples import MINUTE, T0, account, answer, contents, save
from usage_tracker.capture.user import full_response
from usage_tracker.store import accounts, checkpoints, profiles, snapshots, statements
from usage_tracker.store.accounts import OtherAccountError
from usage_tracker.store.checkpoints import StoredCheckpoint
from usage_tracker.store.database import Database
from usage_tracker.store.errors import BusyError
from usage_tracker.store.schema import Source
from usage_tracker.store.snapshots import Snapshot


def test_an_answer_is_stored_with_its_moment(database_url: str) -> None:
    with Database.open(database_url) as database:
        stored = save(database, answer(T0, quota=-5, used=7, request_count=3, id=1))
        with database.read() as connection:
            assert snapshots.latest(connection) == {
                stored.account_id: Snapshot(T0, -5, 7, 3, 1, Source.GATEWAY)
            }


def test_a_millisecond_that_is_taken_makes_way_for_the_next(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0), answer(T0 + 1), answer(T0), answer(T0))
        moments = [row[1] for row in contents(database, "snapshot")["snapshot"]]
        assert moments == [T0, T0 + 1, T0 + 2, T0 + 3]


def test_two_accounts_may_have_the_same_millisecond(database_url: str) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0))
        save(database, answer(T0), to=account("other"))
        assert [row[1] for row in contents(database, "snapshot")["snapshot"]] == [T0, T0]


def test_a_profile_is_stored_once(database_url: str) -> None:
    with Database.open(database_url) as database:
        stored = save(
            database,
            *(answer(T0 + i, id=7, group=group) for i, group in enumerate("aabba")),
        )
        with database.read() as connection:
            rows = list(snapshots.iterate(connection, stored.account_id))
            assert len(profiles.list_profiles(connection, stored.account_id)) == 2
            groups = [profiles.get(connection, row.profile_id) for row in rows]
    assert [rest["data"]["group"] for rest in groups if rest] == list("aabba")


def test_a_snapshot_gives_its_whole_response_back(database_url: str) -> None:
    data = {"id": 7, "display_name": "林 'x' \\ \x00", "quota": -3, "used_quota": 9}
    data |= {"request_count": 5, "notify": True, "created_at": 1, "novelty": None}
    with Database.open(database_url) as database:
        values = {k: v for k, v in data.items() if k not in {"quota", "used_quota"}}
        stored = save(database, answer(T0, -3, 9, **values))
        with database.read() as connection:
            last = snapshots.last(connection, stored.account_id)
            assert last is not None
            rest = profiles.get(connection, last.profile_id)
    again = full_response(rest or {}, last.quota, last.used_quota, last.request_count)
    assert again == {"success": True, "data": data}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"id": 1, "username": "bob"}, {"id": 2, "username": "bob"}),
        ({"username": "bob"}, {"username": "eve"}),
        ({"id": 1, "username": "bob"}, {"username": "eve"}),
    ],
)
def test_the_answer_of_another_user_is_refused(
    database_url: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0, **before))
        with pytest.raises(OtherAccountError, match="tracker accounts") as caught:
            save(database, answer(T0 + 1, **after))
        assert (caught.value.kind, caught.value.sysexit) == ("other_account", 78)
        assert len(contents(database, "snapshot")["snapshot"]) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"id": 1, "username": "bob"}, {"id": 1, "username": "rob"}),
        ({"id": 1, "username": "bob"}, {"username": "bob", "display_name": "B"}),
        ({"id": 1, "username": "bob"}, {"display_name": "new form"}),
        ({"display_name": "new form"}, {"id": 1}),
    ],
)
def test_the_same_user_may_change_their_profile(
    database_url: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    with Database.open(database_url) as database:
        save(database, answer(T0, **before), answer(T0 + 1, **after))
        assert len(contents(database, "snapshot")["snapshot"]) == 2


def test_the_last_snapshot_at_or_before_moments(database_url: str) -> None:
    random.seed(7)
    moments = {name: sorted(random.sample(range(T0, T0 + 500), 40)) for name in ("a", "b")}
    asked = [T0 - 1, *random.sample(range(T0, T0 + 520), 60), T0]
    with Database.open(database_url) as database:
        ids = {
            name: save(database, *map(answer, taken), to=account(name)).account_id
            for name, taken in moments.items()
        }
        save(database, to=account("empty"))
        with database.read() as connection:
            found = snapshots.at_or_before(connection, [ids["b"], ids["a"]], asked)
    for name, taken in moments.items():
        expected = [max((t for t in taken if t <= m), default=None) for m in asked]
        assert [row and row.captured_at for row in found[ids[name]]] == expected


def test_neighbours_and_ends(database_url: str) -> None:
    with Database.open(database_url) as database:
        one = save(database, *(answer(T0 + i * MINUTE) for i in range(5))).account_id
        with database.read() as connection:
            first, last = snapshots.after(connection, one, -1), snapshots.last(connection, one)
            after = snapshots.after(connection, one, T0 + MINUTE)
            at = snapshots.at(connection, one, T0 + MINUTE)
            found = [row and row.captured_at for row in (first, at, after, last)]
            assert found == [T0, T0 + MINUTE, T0 + 2 * MINUTE, T0 + 4 * MINUTE]
            assert snapshots.after(connection, one, T0 + 4 * MINUTE) is None
            assert snapshots.at(connection, one, T0 - 1) is None
            assert snapshots.last(connection, one + 1) is None
            assert snapshots.count(connection, one, T0 + MINUTE, T0 + 3 * MINUTE) == 2


def test_rows_come_page_by_page_in_either_order(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_PAGE", 3)
    with Database.open(database_url) as database:
        one = save(database, *(answer(T0 + i) for i in range(10))).account_id
        with database.read() as connection:

            def moments(*bounds: int | None, **options: int) -> list[int]:
                found = snapshots.iterate(connection, one, *bounds, **options)  # type: ignore[arg-type]
                return [row.captured_at - T0 for row in found]

            assert moments() == list(range(10))
            assert moments(newest_first=True) == list(range(9, -1, -1))
            assert moments(T0 + 2, T0 + 9) == list(range(2, 9))
            assert moments(T0 + 2, T0 + 9, newest_first=True) == list(range(8, 1, -1))
            assert moments(limit=4) == [0, 1, 2, 3]
            assert moments(limit=6, newest_first=True) == [9, 8, 7, 6, 5, 4]


def test_new_profiles_of_one_account_go_in_one_after_another(database_url: str) -> None:
    with Database.open(database_url) as database:
        stored = save(database, answer(T0, id=1))
        with database.write() as connection:
            accounts.lock(connection, stored.account_id)
            with pytest.raises(BusyError), database.write(deadline=0.1) as other:
                snapshots.save(other, stored, answer(T0 + 1, id=2))


def test_a_clock_that_was_set_back_deletes_later_checkpoints(database_url: str) -> None:
    with Database.open(database_url) as database:
        one = save(database, answer(T0), answer(T0 + 9 * MINUTE)).account_id
        with database.write() as connection:
            checkpoints.upsert(connection, one, StoredCheckpoint(T0 + 5 * MINUTE, 1, 0, exact=True))
        save(database, answer(T0 + 6 * MINUTE))
        with database.read() as connection:
            assert checkpoints.list_checkpoints(connection, one)
        save(database, answer(T0 + 4 * MINUTE))
        with database.read() as connection:
            assert not checkpoints.list_checkpoints(connection, one)


@pytest.mark.parametrize("name", ["at_or_before", "after", "latest"])
def test_sqlite_finds_boundaries_by_seeks_alone(tmp_path: Path, name: str) -> None:
    asked = {} if name == "latest" else {"accounts": "[1]", "moments": "[1, 2]"}
    with Database.open(tmp_path / "usage.db") as database, database.read() as connection:
        statement = getattr(statements, name)(connection)
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement.text}"), asked)
        steps = [row.detail for row in plan]
    assert not [step for step in steps if step.startswith("SCAN s")]
    assert len([step for step in steps if step.startswith("SEARCH")]) == 2, steps


def test_an_account_is_found_created_and_kept_up_to_date(database_url: str) -> None:
    with Database.open(database_url) as database:
        before = save(database)
        after = save(database, to=account(quota_per_unit=7))
        assert (after.account_id, after.created_at) == (before.account_id, before.created_at)
        with database.read() as connection:
            assert accounts.list_accounts(connection) == [after]
