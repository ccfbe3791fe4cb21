from tests.store.samples import T0, account, save
from usage_tracker.store import failures
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure
from usage_tracker.times import HOUR, MINUTE


def test_failures_are_returned_in_order_within_bounds(database_url: str) -> None:
    failed = [Failure(T0 + 2, "tls"), Failure(T0, "server_error", 502, "Bad Gateway")]
    failed.append(Failure(T0 + 1, "timeout"))
    with Database.open(database_url) as database:
        one, other = save(database), save(database, to=account("other"))
        with database.write() as connection:
            for failure in failed:
                failures.record(connection, one.account_id, failure)
            failures.record(connection, other.account_id, failed[0])
        with database.read() as connection:
            assert failures.between(connection, one.account_id) == [failed[1], failed[2], failed[0]]
            assert failures.between(connection, one.account_id, T0 + 1, T0 + 2) == [failed[2]]
            ids = [one.account_id, other.account_id, 0]
            assert list(failures.counts(connection, ids).values()) == [3, 1, 0]
            assert list(failures.counts(connection, ids, since=T0 + 1).values()) == [2, 1, 0]
            assert list(failures.counts(connection, ids, until=T0 + 2).values()) == [2, 0, 0]


def test_the_last_failure_is_found_without_the_others(database_url: str) -> None:
    with Database.open(database_url) as database:
        account_id = save(database).account_id
        with database.write() as connection:
            for moment, kind in ((T0 + 2, "tls"), (T0, "timeout"), (T0 + 2, "network")):
                failures.record(connection, account_id, Failure(moment, kind))
        with database.read() as connection:
            assert failures.last(connection, account_id) == Failure(T0 + 2, "network")
            assert failures.last(connection, account_id, T0 + 3) is None


def test_the_first_failure_of_each_kind_in_each_hour_stays(database_url: str) -> None:
    start = T0 - T0 % HOUR
    with Database.open(database_url) as database:
        one, other = save(database), save(database, to=account("other"))
        with database.write() as connection:
            for minute in range(180):
                kind, status = (("timeout", None), ("server_error", 502))[minute % 2]
                failed = Failure(start + minute * MINUTE, kind, status)
                failures.record(connection, one.account_id, failed)
            failures.record(connection, other.account_id, failed)
        until = start + 2 * HOUR
        with database.write() as connection:
            surplus = failures.count_surplus(connection, one.account_id, until, HOUR)
            deleted = [failures.thin(connection, one.account_id, until, HOUR, 100) for _ in "123"]
            assert (surplus, deleted) == (116, [100, 16, 0])
            left = failures.between(connection, one.account_id)
            assert [(each.attempted_at - start) // MINUTE for each in left] == [
                0, 1, 60, 61, *range(120, 180),
            ]  # fmt: skip
            assert len(failures.between(connection, other.account_id)) == 1
