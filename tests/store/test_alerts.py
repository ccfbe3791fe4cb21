from collections.abc import Iterator

import pytest
from sqlalchemy.exc import IntegrityError

from usage_tracker.config.accounts import Account, TokenFromEnv
from usage_tracker.errors import DatabaseError
from usage_tracker.store import accounts, alerts
from usage_tracker.store.alerts import Alert, Level
from usage_tracker.store.database import Database

OK, WARNING, UNKNOWN = Level.OK, Level.WARNING, Level.UNKNOWN


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database.open(database_url) as database, database.write() as connection:
        accounts.get_or_create(connection, Account("one", TokenFromEnv("T")))
        accounts.get_or_create(connection, Account("two", TokenFromEnv("T")))
    with Database.open(database_url) as database:
        yield database


def test_an_alert_is_stored_by_account_and_rule(database: Database) -> None:
    first = Alert(OK, 1, OK)
    second = Alert(Level.CRITICAL, 1_800_000_000_000, WARNING, 5, "urls[1] failed", OK, 7)
    with database.write() as connection:
        alerts.upsert(connection, 1, "days", first)
        alerts.upsert(connection, 1, "balance", second)
        alerts.upsert(connection, 2, "days", second)
    with database.write() as connection:
        alerts.upsert(connection, 1, "days", second)
    with database.read() as connection:
        assert alerts.load(connection, 1) == {"days": second, "balance": second}
        assert alerts.load(connection, 2) == {"days": second}
        assert alerts.load(connection, 3) == {}


def test_removing_an_account_removes_its_alerts(database: Database) -> None:
    with database.write() as connection:
        alerts.upsert(connection, 1, "days", Alert(OK, 1, OK))
        alerts.upsert(connection, 2, "days", Alert(OK, 1, OK))
        accounts.remove(connection, "one")
    with database.read() as connection:
        assert alerts.load(connection, 1) == {}
        assert len(alerts.load(connection, 2)) == 1


@pytest.mark.parametrize(
    "invalid", [Alert(UNKNOWN, 1, OK), Alert(OK, -1, OK), Alert(OK, 1, UNKNOWN, 1)]
)
def test_an_invalid_alert_is_refused(database: Database, invalid: Alert) -> None:
    with pytest.raises(DatabaseError) as caught, database.write() as connection:
        alerts.upsert(connection, 1, "days", invalid)
    assert isinstance(caught.value.__cause__, IntegrityError)
