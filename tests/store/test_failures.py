from tests.store.samples import T0, account, save
from usage_tracker.store import failures
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure


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
