from tests.store.samples import T0, account, save
from usage_tracker.store import failures
from usage_tracker.store.database import Database
from usage_tracker.store.failures import Failure


def test_failures_are_told_in_order_within_bounds(database_url: str) -> None:
    told = [Failure(T0 + 2, "tls"), Failure(T0, "server_error", 502, "Bad Gateway")]
    told.append(Failure(T0 + 1, "timeout"))
    with Database.open(database_url) as database:
        one, other = save(database), save(database, to=account("other"))
        with database.write() as connection:
            for failure in told:
                failures.record(connection, one.account_id, failure)
            failures.record(connection, other.account_id, told[0])
        with database.read() as connection:
            assert failures.between(connection, one.account_id) == [told[1], told[2], told[0]]
            assert failures.between(connection, one.account_id, T0 + 1, T0 + 2) == [told[2]]
            assert failures.count(connection, one.account_id) == 3
            assert failures.count(connection, one.account_id, since=T0 + 1) == 2
            assert failures.count(connection, other.account_id, until=T0 + 2) == 0
